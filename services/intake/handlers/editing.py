"""What may be set right about a request that was sent: title, tags, urgency, and the body's own protocol number.

The first three are for whoever works on it. The protocol number is the body's: it is often known only later.
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict

from contracts.requests import ClassifiedData, RequestClassified, Urgency
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid
from services.chassis.work import Work
from services.intake.domain.transitions import Action
from services.intake.domain.words import MOST_TOKENS, tokens
from services.intake.handlers.aggregate import advance, begin, mark, record, tell
from services.intake.handlers.days import check_registered
from services.intake.handlers.fields import Protocol, Tags, Title
from services.intake.store.requests import REQUESTS

_ACTIONS: dict[str, Action] = {"title": "edit", "tags": "edit", "urgency": "edit", "protocol": "register"}


class Changes(BaseModel):
    """The fields to change; what is not sent stays. Null takes the protocol number away."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = None
    tags: Tags | None = None
    urgency: Urgency | None = None
    protocol: Protocol | None = None

    def fields(self) -> dict[str, Any]:
        """What was sent. Raises 422 for a null that is none of the values."""
        sent = self.model_dump(exclude_unset=True)
        empty = [name for name, value in sent.items() if value is None and name != "protocol"]
        if empty:
            raise invalid([{"pointer": f"/{name}", "detail": N_("This field cannot be taken away.")} for name in empty])
        return sent


def edit(
    work: Work, id: str, caller: Caller, changes: dict[str, Any], unchanged: Callable[[Document], bool] | None = None
) -> Document:
    """Sets fields of a request; returns it as stored. Raises 412 when it is not what the caller had seen,
    422 for a protocol number of the future.

    unchanged: whether the request is still that; None for a caller who does not mind.
    """
    request, *_ = [begin(work, id, action, caller) for action in _needed(changes)]
    if unchanged and not unchanged(request):
        detail = N_("Somebody changed the request meanwhile. Load it again, then repeat the change.")
        raise Problem(412, N_("It changed meanwhile"), detail)
    changed = sorted(name for name, value in changes.items() if request[name] != value)
    if not changed:
        return request
    if "protocol" in changed and changes["protocol"]:
        check_registered(changes["protocol"]["date"], work.now)
    request |= {name: changes[name] for name in changed}
    request["edits"] = request.get("edits", 0) + 1
    protocol = request["protocol"]["number"] if request["protocol"] else ""
    found = {*request["tokens"], *tokens(request["number"], request["title"], protocol)}
    request["tokens"] = sorted(found)[: 2 * MOST_TOKENS]
    _told(work, request, caller, changed)
    return work.put(REQUESTS, request)


def _needed(changes: dict[str, Any]) -> list[Action]:
    """What the caller must be allowed to do: also for no change at all something."""
    return sorted({_ACTIONS[name] for name in changes}) or ["edit"]


def _told(work: Work, request: Document, caller: Caller, changed: list[str]) -> None:
    """Others count by urgency, so they hear of it at once; of the rest they know nothing."""
    if "urgency" not in changed:
        mark(work, request, "edited", caller, {"fields": changed})
        return
    advance(request, "edit", work.now)
    event = tell(work, request, RequestClassified, ClassifiedData, confidence=request["confidence"], corrected=False)
    record(work, request, event, "edited", caller, {"fields": changed})
