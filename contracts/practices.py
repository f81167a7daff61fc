"""Good practices, in the stream `requests`: who wrote one, and how far its review is. Owned by intake.

A practice is an article made of a resolved request, of which it tells nothing here: what it says is read from intake.
"""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.envelope import Code, Data, Event, Id

PracticeStatus = Literal["draft", "review", "published", "withdrawn"]


class PracticeState(Data):
    """The whole state of a practice that other services may know.

    themes: of its working copy and of the edition that is read; who coordinates one of them may review it.
    """

    id: Id
    author: Id | None
    themes: tuple[Code, ...]
    status: PracticeStatus
    edition: int = Field(ge=0)


class PracticeData(Data):
    """Payload of every event about practices; by: who did it."""

    state: PracticeState
    by: Id | None = None


class PracticeEvent(Event):
    """Base of the practices' events; `subject` is the practice's id."""

    STREAM: ClassVar[str] = "requests"
    data: PracticeData


class PracticeSentForReview(PracticeEvent):
    """Its author gave the practice to those who review."""

    type: Literal["affianca.practice.sent-for-review.v1"] = "affianca.practice.sent-for-review.v1"


class PracticePublished(PracticeEvent):
    """A second person approved it: it is read by everybody, as a new edition."""

    type: Literal["affianca.practice.published.v1"] = "affianca.practice.published.v1"


class PracticeReturned(PracticeEvent):
    """A second person sent it back to its author; the reason is read from intake."""

    type: Literal["affianca.practice.returned.v1"] = "affianca.practice.returned.v1"


EVENTS: tuple[type[PracticeEvent], ...] = (PracticeSentForReview, PracticePublished, PracticeReturned)
