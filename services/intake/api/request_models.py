"""What the answers about requests hold, for the API's document; `answers.py` builds them, tests compare both."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.assignments import AssignmentStatus
from contracts.requests import AuthorRole, Channel, Kind, Outcome, RequestStatus, Urgency, Visibility
from contracts.service_levels import Metric
from services.intake.domain.transitions import Action
from services.intake.handlers.deadlines import Standing


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonReference(_Answer):
    """A person; without a name where it is not known."""

    id: str
    name: str | None


class ThemeOfRequest(_Answer):
    """What the request is about, and who or what said so."""

    code: str | None
    confidence: float
    source: Literal["given", "recognised", "triage", "corrected"]


class WhoHandlesIt(_Answer):
    """Who was asked to help, or does. reason: why somebody declined or nobody could be asked."""

    status: AssignmentStatus
    expert: PersonReference | None
    co_experts: list[PersonReference | None]
    task_force: str | None
    reason: str | None
    offered_at: AwareDatetime | None
    expires_at: AwareDatetime | None
    accepted_at: AwareDatetime | None


class ToldOfDeadline(_Answer):
    """What was published of a deadline: that it was near, missed, or told wrongly before."""

    state: Literal["at_risk", "breached", "corrected"]
    due_at: AwareDatetime


class ToldDeadline(ToldOfDeadline):
    """The same with the deadline, as a list shows it. What has happened since is in the request itself."""

    metric: Metric
    target_minutes: int


class DeadlineOfRequest(_Answer):
    """A target in working time, and how it stands now.

    state: `paused` while the clock stands still for the body's answer; `breached` also while the thing is still to be
    done (then without `reached_at`); `void` where no deadline applies any more. due_at and warn_at (three quarters of
    the target) are null while a pause lasts that began before them.
    """

    metric: Metric
    state: Standing
    target_minutes: int
    due_at: AwareDatetime | None
    warn_at: AwareDatetime | None
    reached_at: AwareDatetime | None
    told: ToldOfDeadline | None


class _Request(_Answer):
    id: str
    number: str
    status: RequestStatus
    body: str
    body_name: str
    province: str
    kind: Kind
    title: str
    description: str
    theme: ThemeOfRequest
    further_themes: list[str]
    companies: list[str]
    recognition: dict[str, Any] | None
    procedure: str | None
    urgency: Urgency
    tags: list[str]
    protocol: dict[str, Any] | None
    channel: Channel
    requester: str | None
    assignment: WhoHandlesIt | None
    outcome: Outcome | None
    rating: int | None
    merged_into: str | None
    synthetic: bool
    submitted_at: AwareDatetime
    received_at: AwareDatetime
    updated_at: AwareDatetime
    links: dict[Literal["self", "page"], str]


class SubmittedRequest(_Request):
    """A request as it was accepted."""

    deadlines: list[DeadlineOfRequest]


class ListedRequest(_Request):
    """A request in a list."""

    deadlines: list[ToldDeadline]


class ListedRequests(_Answer):
    """A page of a list."""

    items: list[ListedRequest]
    next_cursor: str | None


class TimelineLine(_Answer):
    """Something that happened; details: codes, ids and times, as the action has them."""

    at: AwareDatetime
    action: str
    actor: PersonReference | None
    details: dict[str, Any]


class MessageOfRequest(_Answer):
    """Something said. folded: what a mail quoted and was signed with."""

    id: str
    at: AwareDatetime
    author: PersonReference | None
    author_role: AuthorRole
    kind: str
    visibility: Visibility
    automatic: bool
    channel: str | None
    text: str
    folded: str


class LinkOfRequest(_Answer):
    """A link to another request that the caller may see."""

    id: str
    kind: str
    number: str
    title: str
    status: RequestStatus
    at: AwareDatetime
    href: str


class RequestWithHistory(SubmittedRequest):
    """A request whole. messages and attachments are absent for who may not read the conversation."""

    timeline: list[TimelineLine]
    messages: list[MessageOfRequest] | None = None
    attachments: list[dict[str, Any]] | None = None
    linked_requests: list[LinkOfRequest]
    allowed: list[Action]
