"""Stream `measurements`: the half-yearly table of each body and procedure, owned by reporting.

Fields after D.P.C.M. 12-11-2021, Allegato B, Appendice 2: procedures concluded in the half-year; durations in
calendar days, gross of suspensions. Sums and counts are kept, so that means combine by weight. None is "not
sent", which is not zero.
"""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.envelope import Code, Data, Event, Id, Instant

Count = Field(default=None, ge=0)


class MeasurementState(Data):
    """One row: a body, a procedure, a half-year; `version` counts its corrections."""

    id: Id
    body: Code
    province: Code
    procedure: Code
    half_year: str = Field(pattern=r"^[0-9]{4}-H[12]$")
    version: int = Field(ge=1)
    concluded_by_silence: int | None = Count
    concluded_expressly: int | None = Count
    with_services_conference: int | None = Count
    with_suspension: int | None = Count
    duration_days_sum: int | None = Count
    started: int | None = Count
    backlog: int | None = Count
    submitted_at: Instant


class MeasurementData(Data):
    """Payload of both events."""

    state: MeasurementState


class MeasurementEvent(Event):
    """Base of the stream; `subject` is the row's id."""

    STREAM: ClassVar[str] = "measurements"
    data: MeasurementData


class MeasurementSubmitted(MeasurementEvent):
    """A body sent its figures for the first time."""

    type: Literal["affianca.measurement.submitted.v1"] = "affianca.measurement.submitted.v1"


class MeasurementCorrected(MeasurementEvent):
    """A body corrected its figures: a new version."""

    type: Literal["affianca.measurement.corrected.v1"] = "affianca.measurement.corrected.v1"


EVENTS: tuple[type[MeasurementEvent], ...] = (MeasurementSubmitted, MeasurementCorrected)
