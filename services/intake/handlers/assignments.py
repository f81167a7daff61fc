"""What other services tell about a request: who works on it, and its deadlines.

Both are kept as the newest known state, so events may come in any order and more than once; each leaves its line
in the timeline at its own time, whatever state it came too late for.
"""

from contracts.assignments import AssignmentEvent, DeclinedData, ReleasedData, UnroutableData
from contracts.envelope import Event, derived_id
from contracts.service_levels import CorrectedData, DeadlineBreached, DeadlineEvent
from services.chassis.errors import PermanentError
from services.chassis.mongo import Document
from services.chassis.work import Keys, Work
from services.intake.handlers.aggregate import refresh
from services.intake.store.conversation import TIMELINE
from services.intake.store.requests import REQUESTS


class UnknownRequest(PermanentError):
    """An event about a request that is not here, although no restore has lost it: park it."""


def needs(event: Event) -> Keys:
    """The request, and the line that this event leaves."""
    return {REQUESTS: [event.subject], TIMELINE: [_line_id(event)]}


def assignment_changed(work: Work, event: AssignmentEvent) -> None:
    """Shows who is asked to help or does; status and lead follow."""
    request = _known(work, event, event.data.state.request_order)
    if request is None:
        return
    state, data = event.data.state, event.data
    reason = data.reason if isinstance(data, DeclinedData | ReleasedData | UnroutableData) else None
    _line(work, event, state.status, {"expert": state.expert, "round": state.round, "reason": reason})
    known = request["assignment"]
    if known and tuple(known["order"]) >= event.order:
        return
    request["assignment"] = {
        **state.model_dump(include={"id", "round", "status", "expert", "task_force"}),
        **state.model_dump(include={"offered_at", "expires_at", "accepted_at"}),
        "co_experts": list(state.co_experts),
        "reason": reason,
        "order": list(event.order),
    }
    refresh(request)
    work.put(REQUESTS, request)


def deadline_changed(work: Work, event: DeadlineEvent) -> None:
    """Shows that a target of this request is at risk, was missed, or was told wrongly before."""
    request = _known(work, event, event.data.request_order)
    if request is None:
        return
    data = event.data
    breached = data.breached if isinstance(data, CorrectedData) else isinstance(event, DeadlineBreached)
    corrected = isinstance(data, CorrectedData)
    state = "breached" if breached else "corrected" if corrected else "at_risk"
    action = "deadline_corrected" if corrected else f"deadline_{state}"
    _line(work, event, action, {"metric": data.metric, "due_at": data.due_at})
    known = request["deadlines"].get(data.metric)
    if known and tuple(known["order"]) >= event.order:
        return
    request["deadlines"][data.metric] = {
        "state": state,
        "due_at": data.due_at,
        "target_minutes": data.target_minutes,
        "order": list(event.order),
    }
    work.put(REQUESTS, request)


def _known(work: Work, event: Event, answered: tuple[int, int] | None) -> Document | None:
    """The request; None for one that was lost with a restore.

    answered: the state of the request that the event answers. One of an epoch before ours that is not here was lost.
    """
    request = work.get(REQUESTS, event.subject)
    if request is None:
        if answered is None or answered[0] >= work.epoch:
            raise UnknownRequest(event.subject)
        work.outdated = True
    return request


def _line_id(event: Event) -> str:
    return derived_id(event.id, TIMELINE, event.subject)


def _line(work: Work, event: Event, action: str, details: Document) -> None:
    if work.get(TIMELINE, _line_id(event)) is not None:
        return
    line = {"_id": _line_id(event), "request": event.subject, "at": event.time, "rank": event.sequence}
    work.put(TIMELINE, line | {"action": action, "actor": None, "status": None, "details": details})
