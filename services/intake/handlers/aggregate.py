"""What every change of a request has in common: who may, the new status, its event and its line in the timeline.

Each event raises the request's `sequence` by one and carries its whole state; the line's id derives from the event.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from contracts.envelope import Event, derived_id, new_id
from contracts.requests import AuthorRole, RequestData, RequestEvent, RequestState
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, forbidden, not_found
from services.chassis.work import Work
from services.intake.domain.transitions import (
    Action,
    Assignment,
    Base,
    allowed,
    base_after,
    helpers_of,
    judge,
    lead_of,
    leads_to,
    status_of,
)
from services.intake.store.conversation import MESSAGES, TIMELINE
from services.intake.store.requests import REQUESTS
from services.intake.store.visibility import parties, sees

_STATE_FIELDS = tuple(name for name in RequestState.model_fields if name != "id")
_FREEING: Final[tuple[Action, ...]] = ("resolve", "withdraw", "merge")
"""These end the work of whoever is at it, and the round of the assignment with it."""
_OVER: Final[tuple[Base, ...]] = ("resolved", "closed", "withdrawn", "merged")


def begin(work: Work, id: str, action: Action, caller: Caller) -> Document:
    """The request, if the caller may do this to it now. Raises 404, 403, or 409 with what is possible."""
    request = work.get(REQUESTS, id)
    if request is None or not sees(caller, request):
        raise not_found()
    mine = parties(caller, request)
    verdict = judge(action, request["status"], mine)
    if verdict == "not_you":
        raise forbidden()
    if verdict == "not_now":
        extra = {"request_status": request["status"], "allowed": list(allowed(request["status"], mine))}
        if request["merged_into"]:
            extra["merged_into"] = request["merged_into"]["number"]
        detail = N_("The request is not in a state that allows this; `allowed` names what is possible now.")
        raise Problem(409, N_("Not possible now"), detail, kind="transition-not-allowed", extra=extra)
    return request


def advance(request: Document, action: Action, now: datetime) -> datetime:
    """Applies an action to the request and returns its moment, which is never before the last one."""
    if action in _FREEING:
        request["last_lead"] = request["lead"]
        request["last_helpers"] = request.get("co_experts", [])
        if request["assignment"]:
            request["freed_round"] = request["assignment"]["round"]
    request["base"] = base_after(action, request["base"])
    refresh(request)
    request["updated_at"] = max(now, request["updated_at"])
    if (goal := leads_to(action)) is not None:
        request["ended_at"] = request["updated_at"] if goal in _OVER else None
    moment: datetime = request["updated_at"]
    return moment


def refresh(request: Document) -> None:
    """Derives status and lead again."""
    known = request["assignment"]
    assignment = _assignment(known) if known else None
    request["status"] = status_of(request["base"], assignment, request["freed_round"], request["theme"])
    request["lead"] = lead_of(assignment, request["freed_round"], request["last_lead"])
    helping = helpers_of(assignment, request["freed_round"], tuple(request.get("last_helpers", ())))
    if helping or request.get("co_experts"):
        request["co_experts"] = list(helping)


def _assignment(known: Document) -> Assignment:
    return Assignment(known["status"], known["round"], known["expert"], tuple(known.get("co_experts", ())))


def state_of(request: Document) -> RequestState:
    """What other services may know of a request; what it does not have is as the contract says."""
    return RequestState(id=request["_id"], **{name: request[name] for name in _STATE_FIELDS if name in request})


def tell(work: Work, request: Document, model: type[RequestEvent], payload: type[RequestData], **facts: Any) -> Event:
    """Publishes what happened, with the request's new state."""
    request["sequence"] += 1
    data = payload(state=state_of(request), **facts)
    return work.publish(model, request["_id"], request["sequence"], data, request["updated_at"])


def record(
    work: Work,
    request: Document,
    event: Event,
    action: str,
    caller: Caller | None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Adds a line to the timeline: codes, ids and times; what people wrote is a message."""
    work.put(
        TIMELINE,
        {
            "_id": derived_id(event.id, TIMELINE, request["_id"]),
            "request": request["_id"],
            "at": event.time,
            "rank": event.sequence,
            "action": action,
            "actor": caller.id if caller else None,
            "status": request["status"],
            "details": dict(details or {}),
        },
    )


def say(work: Work, request: Document, id: str, role: AuthorRole, caller: Caller, text: str, **facts: Any) -> None:
    """Adds a message to the conversation. facts: kind, visibility, automatic, channel, where not the usual."""
    usual = {"kind": "message", "visibility": "shared", "automatic": False, "channel": None, "folded": ""}
    message = {
        "_id": id,
        "request": request["_id"],
        "at": request["updated_at"],
        "rank": request["sequence"],
        "author": caller.id,
        "author_role": role,
        "text": text,
    }
    work.put(MESSAGES, message | usual | facts)


def role_of(caller: Caller, request: Document, *preferred: AuthorRole) -> AuthorRole:
    """As what the caller speaks; the first of `preferred` that fits, in their order."""
    mine = parties(caller, request)
    as_role: dict[AuthorRole, bool] = {
        "expert": bool(mine & {"lead", "helper"}),
        "requester": "requester" in mine,
        "coordinator": "coordination" in mine,
    }
    return next((role for role in preferred or tuple(as_role) if as_role.get(role)), "system")


def mark(work: Work, request: Document, action: str, caller: Caller, details: Mapping[str, Any]) -> None:
    """Adds a line about what concerns nobody but intake, so that no event tells it."""
    line = {"_id": new_id(work.now), "request": request["_id"], "at": work.now, "rank": request["sequence"]}
    work.put(TIMELINE, line | {"action": action, "actor": caller.id, "status": request["status"], "details": details})
