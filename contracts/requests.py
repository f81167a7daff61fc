"""Stream `requests`: the life of a request for assistance, owned by intake.

Every event carries the full new state in `data.state`: a consumer takes the one with the highest order.
No names, addresses or free text: those stay with intake.
"""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.envelope import Code, Data, Event, Id, Instant, Number, nothing

RequestStatus = Literal[
    "submitted", "triage", "assigned", "in_progress", "waiting", "resolved", "closed", "withdrawn", "merged"
]
Kind = Literal["technical", "legal"]
Channel = Literal["web", "api", "email", "pec", "phone"]
Urgency = Literal["normal", "high"]
Outcome = Literal["solved", "partly_solved", "not_solved", "redirected"]
ThemeSource = Literal["given", "recognised", "triage"]
AuthorRole = Literal["requester", "expert", "coordinator", "system"]
Visibility = Literal["shared", "internal"]


class RequestState(Data):
    """The whole state of a request that other services may know."""

    id: Id
    number: Number
    body: Code
    province: Code
    kind: Kind
    theme: Code | None
    procedure: Code | None
    theme_source: ThemeSource
    urgency: Urgency
    channel: Channel
    status: RequestStatus
    requester: Id | None
    lead: Id | None
    submitted_at: Instant
    received_at: Instant
    synthetic: bool = False
    further_themes: tuple[Code, ...] = Field(default=(), exclude_if=nothing)
    """Themes beside the first: each wants an expert who helps the lead."""
    companies: tuple[Code, ...] = Field(default=(), exclude_if=nothing)
    """Companies concerned, by tax number: nobody who declared a conflict of interest with one is asked."""


class RequestData(Data):
    """Payload of the events that tell nothing beyond the new state."""

    state: RequestState


class SubmittedData(RequestData):
    """A request as it came in."""

    automatic: bool = Field(default=False, exclude_if=nothing)
    """Perhaps by a machine, because its sender wrote more mails in a row than people do: it is not acknowledged."""


class ClassifiedData(RequestData):
    """Who or what named the theme, and how sure it was (0..1)."""

    confidence: float = Field(ge=0, le=1)
    corrected: bool


class MessageData(RequestData):
    """A message of the conversation; its text is read from intake."""

    message: Id
    author: Id | None
    author_role: AuthorRole
    visibility: Visibility
    automatic: bool = False


class ResolvedData(RequestData):
    """How the request was resolved; the explanation is the message with this id."""

    outcome: Outcome
    message: Id


class ClosedData(RequestData):
    """The requester's rating, 1 to 5, when one was given."""

    rating: int | None = Field(default=None, ge=1, le=5)


class MergedData(RequestData):
    """The surviving request."""

    into: Id
    into_number: Number


class QuarantinedData(RequestData):
    """A file in which a virus was found; neither its name nor the virus. uploader: while they may see the file."""

    attachment: Id
    uploader: Id | None
    visibility: Visibility


class RequestEvent(Event):
    """Base of the stream; `subject` is the request's id."""

    STREAM: ClassVar[str] = "requests"
    data: RequestData


class RequestSubmitted(RequestEvent):
    """A body asked for assistance. The service clock starts at `state.received_at`."""

    type: Literal["affianca.request.submitted.v1"] = "affianca.request.submitted.v1"
    data: SubmittedData


class RequestClassified(RequestEvent):
    """The theme was recognised, or corrected by a person."""

    type: Literal["affianca.request.classified.v1"] = "affianca.request.classified.v1"
    data: ClassifiedData


class RequestMessagePosted(RequestEvent):
    """Somebody wrote in the conversation."""

    type: Literal["affianca.request.message-posted.v1"] = "affianca.request.message-posted.v1"
    data: MessageData


class RequestInformationAsked(RequestEvent):
    """The expert asked the requester for information: the service clock pauses."""

    type: Literal["affianca.request.information-asked.v1"] = "affianca.request.information-asked.v1"
    data: MessageData


class RequestInformationProvided(RequestEvent):
    """The requester answered: the service clock runs again."""

    type: Literal["affianca.request.information-provided.v1"] = "affianca.request.information-provided.v1"
    data: MessageData


class RequestResolved(RequestEvent):
    """The expert declared the request resolved; it frees the assignment."""

    type: Literal["affianca.request.resolved.v1"] = "affianca.request.resolved.v1"
    data: ResolvedData


class RequestReopened(RequestEvent):
    """The requester was not satisfied; the clock goes on from where it stood."""

    type: Literal["affianca.request.reopened.v1"] = "affianca.request.reopened.v1"


class RequestClosed(RequestEvent):
    """The request is over."""

    type: Literal["affianca.request.closed.v1"] = "affianca.request.closed.v1"
    data: ClosedData


class RequestWithdrawn(RequestEvent):
    """The body no longer needs help; it frees the assignment."""

    type: Literal["affianca.request.withdrawn.v1"] = "affianca.request.withdrawn.v1"


class RequestMerged(RequestEvent):
    """The request goes on as another one; it frees the assignment."""

    type: Literal["affianca.request.merged.v1"] = "affianca.request.merged.v1"
    data: MergedData


class RequestFileQuarantined(RequestEvent):
    """A virus was found in a file of the request: it is set aside and given to nobody."""

    type: Literal["affianca.request.file-quarantined.v1"] = "affianca.request.file-quarantined.v1"
    data: QuarantinedData


EVENTS: tuple[type[RequestEvent], ...] = (
    *(RequestSubmitted, RequestClassified, RequestMessagePosted),
    *(RequestInformationAsked, RequestInformationProvided, RequestResolved),
    *(RequestReopened, RequestClosed, RequestWithdrawn),
    *(RequestMerged, RequestFileQuarantined),
)
