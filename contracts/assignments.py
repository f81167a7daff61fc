"""Stream `assignments`: who is asked to help and who does, owned by routing.

Keyed by the request's id. `state.request_order` is the request's (epoch, sequence) that routing answered;
`state.round` counts the offers of one request: what concerns an ended round is ignored.
"""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.envelope import Code, Data, Event, Id, Instant, Number, nothing

AssignmentStatus = Literal["offered", "accepted", "declined", "expired", "released", "unroutable"]
UnroutableReason = Literal["no_theme", "no_competence", "all_vetoed", "no_capacity"]


class AssignmentState(Data):
    """The whole state of the current round of a request's assignment."""

    id: Id
    request: Id
    number: Number
    request_order: tuple[int, int]
    round: int = Field(ge=0)
    status: AssignmentStatus
    expert: Id | None
    task_force: Code | None = None
    requester: Id | None = None
    offered_at: Instant | None = None
    expires_at: Instant | None = None
    accepted_at: Instant | None = None
    co_experts: tuple[Id, ...] = Field(default=(), exclude_if=nothing)
    """Who helps the lead, for the request's further themes or by a coordinator's decision."""
    rules_version: Code = "1"


class AssignmentData(Data):
    """Payload of most events of the stream."""

    state: AssignmentState


class DeclinedData(AssignmentData):
    """Why the expert declined."""

    reason: Code


class ReleasedData(AssignmentData):
    """Why the assignment ended."""

    reason: Code


class VetoedExpert(Data):
    """An expert who could not be asked, and the code of the reason."""

    expert: Id
    reason: Code


class UnroutableData(AssignmentData):
    """Why nobody could be offered the request. `vetoed` names at most 50; `until`: when the first of them is back."""

    reason: UnroutableReason
    until: Instant | None = Field(default=None, exclude_if=nothing)
    vetoed: tuple[VetoedExpert, ...] = Field(default=(), exclude_if=nothing)


class AssignmentEvent(Event):
    """Base of the stream; `subject` is the request's id."""

    STREAM: ClassVar[str] = "assignments"
    data: AssignmentData


class AssignmentOffered(AssignmentEvent):
    """An expert was chosen and asked."""

    type: Literal["affianca.assignment.offered.v1"] = "affianca.assignment.offered.v1"


class AssignmentReminded(AssignmentEvent):
    """The expert has not answered and was reminded."""

    type: Literal["affianca.assignment.reminded.v1"] = "affianca.assignment.reminded.v1"


class AssignmentAccepted(AssignmentEvent):
    """The expert took the request."""

    type: Literal["affianca.assignment.accepted.v1"] = "affianca.assignment.accepted.v1"


class AssignmentDeclined(AssignmentEvent):
    """The expert did not take the request."""

    type: Literal["affianca.assignment.declined.v1"] = "affianca.assignment.declined.v1"
    data: DeclinedData


class AssignmentExpired(AssignmentEvent):
    """The expert did not answer in time."""

    type: Literal["affianca.assignment.expired.v1"] = "affianca.assignment.expired.v1"


class AssignmentReleased(AssignmentEvent):
    """The assignment ended: handed over, or the request itself ended."""

    type: Literal["affianca.assignment.released.v1"] = "affianca.assignment.released.v1"
    data: ReleasedData


class RequestUnroutable(AssignmentEvent):
    """Nobody can be offered the request now; it waits in the coordinators' queue."""

    type: Literal["affianca.assignment.unroutable.v1"] = "affianca.assignment.unroutable.v1"
    data: UnroutableData


class AvailabilityState(Data):
    """What others may know of an expert's availability. Said when it changes: what time alone brings is not.

    `active`: not taken out by the Segreteria Tecnica, with the role of expert, and not pausing. It says nothing of
    dates: whoever has no contract yet or no more, or is absent, is active all the same. Who can be asked at a moment
    is routing's to decide, and is in no event.
    """

    id: Id
    active: bool
    task_forces: tuple[Code, ...]
    themes: tuple[Code, ...]
    provinces: tuple[Code, ...]
    capacity: int = Field(ge=0)
    absent_from: Instant | None = None
    absent_until: Instant | None = Field(default=None, exclude_if=nothing)


class AvailabilityData(Data):
    """Payload of `ExpertAvailabilityChanged`."""

    state: AvailabilityState


class ExpertAvailabilityChanged(Event):
    """An expert's profile, capacity or absences changed; `subject` is the expert's id."""

    STREAM: ClassVar[str] = "assignments"
    type: Literal["affianca.expert.availability-changed.v1"] = "affianca.expert.availability-changed.v1"
    data: AvailabilityData


EVENTS: tuple[type[Event], ...] = (
    AssignmentOffered,
    AssignmentReminded,
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentExpired,
    AssignmentReleased,
    RequestUnroutable,
    ExpertAvailabilityChanged,
)
