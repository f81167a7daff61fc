"""Stream `service-levels`: deadlines in working time, owned by reporting. Keyed by the request's id.

A published deadline is never retracted: `DeadlineCorrected` follows, and figures always recompute.
"""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.envelope import Data, Event, Id, Instant, Number

Metric = Literal["acceptance", "first_answer", "resolution"]


class DeadlineData(Data):
    """A target: `target_minutes` of working time, due at `due_at`."""

    request: Id
    number: Number
    metric: Metric
    due_at: Instant
    target_minutes: int = Field(ge=1)
    lead: Id | None = None
    request_order: tuple[int, int] | None = None
    """The (epoch, sequence) of the request's state that was measured."""


class CorrectedData(DeadlineData):
    """The same deadline computed again, after a late or corrected event."""

    breached: bool
    previous_due_at: Instant


class DeadlineEvent(Event):
    """Base of the stream; `subject` is the request's id."""

    STREAM: ClassVar[str] = "service-levels"
    data: DeadlineData


class DeadlineAtRisk(DeadlineEvent):
    """Three quarters of the target have passed."""

    type: Literal["affianca.deadline.at-risk.v1"] = "affianca.deadline.at-risk.v1"


class DeadlineBreached(DeadlineEvent):
    """The target has passed."""

    type: Literal["affianca.deadline.breached.v1"] = "affianca.deadline.breached.v1"


class DeadlineCorrected(DeadlineEvent):
    """A deadline told before was wrong: this is the right one."""

    type: Literal["affianca.deadline.corrected.v1"] = "affianca.deadline.corrected.v1"
    data: CorrectedData


EVENTS: tuple[type[DeadlineEvent], ...] = (DeadlineAtRisk, DeadlineBreached, DeadlineCorrected)
