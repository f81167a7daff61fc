"""A file that somebody adds to a request, by itself or to a message that they have written."""

from contracts.requests import Channel, Visibility
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import forbidden, invalid
from services.chassis.work import Keys, Work
from services.intake.files.settings import FileSettings
from services.intake.handlers.aggregate import begin, role_of
from services.intake.handlers.attachments.attaching import NONE, attach
from services.intake.handlers.attachments.holder import Held, refused_problem
from services.intake.store.conversation import MESSAGES
from services.intake.store.requests import REQUESTS


def check_room(policy: FileSettings, request: Document, name: str, size: int) -> None:
    """Refuses early what cannot fit in any case; the decision looks again. Raises 413, 422."""
    told = request.get("attached") or NONE
    if size > policy.largest:
        raise refused_problem(policy, "too-large", name, "/file")
    if told["bytes"] + size > policy.most:
        raise refused_problem(policy, "no-room", name, "/file")


def keys_of(request: str, message: str | None) -> Keys:
    """What `upload` needs."""
    return {REQUESTS: [request]} | ({MESSAGES: [message]} if message else {})


def upload(
    work: Work,
    policy: FileSettings,
    request: str,
    caller: Caller,
    held: Held,
    message: str | None,
    visibility: Visibility,
    channel: Channel,
) -> Document:
    """Attaches one file. To a message only its author can add; the file is then read by whoever reads the message.

    Raises 403, 404, 409 as for a message, 422 for a message that is not the caller's, 413 for what has no room.
    """
    begun = begin(work, request, "message", caller)
    if visibility == "internal" and role_of(caller, begun) == "requester":
        raise forbidden(N_("Internal messages are for experts and coordinators."))
    if message:
        said = work.get(MESSAGES, message)
        if said is None or said["request"] != request or said["author"] != caller.id:
            raise invalid([{"pointer": "/message", "detail": N_("Name a message of this request that you wrote.")}])
        visibility = said["visibility"]
    made = attach(
        work, policy, request, caller.id, [held], channel=channel, message=message, visibility=visibility
    )  # fmt: skip
    return made[0]
