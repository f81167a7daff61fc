"""What a person wants to be told by e-mail, as it is read and replaced."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.preconditions import Seen
from services.chassis.problems import Problem, invalid
from services.chassis.service import Service
from services.chassis.validation import pointer
from services.notify import handlers
from services.notify.messages import MESSAGES, messages_for
from services.notify.store import PREFERENCES

When = Literal["at_once", "off"]


class Preferences(BaseModel):
    """Kind of message -> when it is sent by e-mail. Kinds that are not named are sent at once."""

    model_config = ConfigDict(extra="forbid")
    email: dict[str, When] = Field(max_length=len(MESSAGES))


def stated(row: Document, caller: Caller) -> Preferences:
    """Every kind that the caller may get, with what was stated or the default."""
    kinds = [message.code for message in messages_for(frozenset(caller.roles))] + list(row["email"])
    return Preferences(email={kind: row["email"].get(kind, "at_once") for kind in kinds})


async def change(service: Service, person: str, wanted: dict[str, When], seen: Seen) -> Document:
    """Replaces the preferences. Raises 412 when they are no longer those that the caller saw."""
    unknown = sorted(set(wanted) - MESSAGES.keys())
    if unknown:
        detail = N_("There is no such kind of message.")
        raise invalid([{"pointer": pointer(("email", kind)), "detail": detail} for kind in unknown])
    email: dict[str, str] = {kind: when for kind, when in wanted.items()}  # noqa: C416 (a wider type)
    row = await service.executor.run({PREFERENCES: [person]}, lambda work: handlers.prefer(work, person, email, seen))
    if row is None:
        detail = N_("Read the preferences again and repeat your change on them.")
        raise Problem(412, N_("Somebody changed it meanwhile"), detail)
    return row
