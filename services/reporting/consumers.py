"""The table of events in: each becomes a state and perhaps a moment of the timeline.

Repetition is kept out by event id, order by (epoch, sequence); see `handlers/facts.py`. Wire types stop here.
"""

from collections.abc import Mapping
from typing import Any

from contracts import requests
from contracts.assignments import (
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentEvent,
    AssignmentExpired,
    AssignmentOffered,
    AssignmentReleased,
    AssignmentReminded,
    RequestUnroutable,
)
from contracts.requests import RequestEvent, RequestMessagePosted
from contracts.working_time import Moment, What
from services.chassis import access
from services.chassis.decoding import On
from services.chassis.work import Keys, Work
from services.reporting.handlers import facts
from services.reporting.store import DEADLINES, FACTS

WHAT: Mapping[type[RequestEvent], What] = {
    requests.RequestInformationAsked: "asked",
    requests.RequestInformationProvided: "provided",
    requests.RequestResolved: "resolved",
    requests.RequestReopened: "reopened",
    requests.RequestClosed: "closed",
    requests.RequestWithdrawn: "withdrawn",
    requests.RequestMerged: "merged",
}
_STATE = {
    "number", "body", "province", "kind", "theme", "procedure", "urgency", "channel", "status", "lead", "received_at",
    "synthetic",
}  # fmt: skip


def request_changed(work: Work, event: RequestEvent) -> None:
    """An event of intake."""
    what = _answer(event) if isinstance(event, RequestMessagePosted) else WHAT.get(type(event))
    moment = Moment(event.time, what, event.order, event.id) if what else None
    state = event.data.state.model_dump(include=_STATE)
    facts.record_request(work, event.subject, event.order, state, moment)


def assignment_changed(work: Work, event: AssignmentEvent) -> None:
    """An event of routing."""
    state = event.data.state
    moment = None
    if isinstance(event, AssignmentAccepted):
        moment = Moment(state.accepted_at or event.time, "accepted", event.order, event.id)
    kept: dict[str, Any] = state.model_dump(include={"status", "task_force", "round", "expert"})
    facts.record_assignment(work, event.subject, event.order, kept, moment)


def _answer(event: RequestMessagePosted) -> What | None:
    data = event.data
    return "answered" if data.author_role == "expert" and data.visibility == "shared" and not data.automatic else None


def _fact(event: RequestEvent | AssignmentEvent) -> Keys:
    return {FACTS: [event.subject], DEADLINES: [event.subject]}


ASSIGNMENTS = (
    AssignmentOffered,
    AssignmentReminded,
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentExpired,
    AssignmentReleased,
    RequestUnroutable,
)

EVENTS: tuple[On[Any], ...] = (
    *(On(model, request_changed, _fact) for model in requests.EVENTS),
    *(On(model, assignment_changed, _fact) for model in ASSIGNMENTS),
    *access.EVENTS,
)
