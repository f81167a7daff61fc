"""Speaking about a request: messages, the expert's question, and the requester's answer to it."""

from contracts.envelope import new_id
from contracts.requests import (
    AuthorRole,
    Channel,
    MessageData,
    RequestEvent,
    RequestInformationAsked,
    RequestInformationProvided,
    RequestMessagePosted,
    Visibility,
)
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import forbidden
from services.chassis.work import Work
from services.intake.domain.transitions import Action
from services.intake.handlers.aggregate import advance, begin, record, role_of, say, tell
from services.intake.store.conversation import MESSAGES
from services.intake.store.requests import REQUESTS


def post_message(
    work: Work,
    id: str,
    caller: Caller,
    text: str,
    visibility: Visibility = "shared",
    *,
    message: str | None = None,
    automatic: bool = False,
    channel: Channel | None = None,
    folded: str = "",
) -> Document:
    """Lets both sides talk; what the requester says while a question is open answers it.

    message: the id to use, when it derives from what caused it. automatic: written by a machine, changes nothing.
    folded: what a mail quotes and is signed with.
    """
    request = begin(work, id, "message", caller)
    role = role_of(caller, request)
    if visibility == "internal" and role == "requester":
        raise forbidden(N_("Internal messages are for experts and coordinators."))
    answers = request["base"] == "waiting" and role == "requester" and not automatic
    action: Action = "provide" if answers else "message"
    model: type[RequestEvent] = RequestInformationProvided if answers else RequestMessagePosted
    kind = "answer" if answers else "message"
    return _spoken(
        work, request, caller, role, text, action, model, message, kind, visibility, automatic, channel, folded
    )


def ask(work: Work, id: str, caller: Caller, text: str) -> Document:
    """Asks the requester for information; until the answer the request waits for them."""
    request = begin(work, id, "ask", caller)
    role = role_of(caller, request, "expert", "coordinator")
    return _spoken(
        work, request, caller, role, text, "ask", RequestInformationAsked, None, "question", "shared", False, None
    )


def _spoken(
    work: Work,
    request: Document,
    caller: Caller,
    role: AuthorRole,
    text: str,
    action: Action,
    model: type[RequestEvent],
    message: str | None,
    kind: str,
    visibility: Visibility,
    automatic: bool,
    channel: Channel | None,
    folded: str = "",
) -> Document:
    moment = advance(request, action, work.now)
    id = message or new_id(moment)
    event = tell(
        work, request, model, MessageData,
        message=id, author=caller.id, author_role=role, visibility=visibility, automatic=automatic,
    )  # fmt: skip
    say(
        work, request, id, role, caller, text,
        kind=kind, visibility=visibility, automatic=automatic, channel=channel, folded=folded,
    )  # fmt: skip
    record(work, request, event, kind, caller, {"message": id, "visibility": visibility, "automatic": automatic})
    work.put(REQUESTS, request)
    spoken = work.get(MESSAGES, id)
    assert spoken is not None
    return spoken
