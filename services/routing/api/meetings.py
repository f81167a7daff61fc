"""Slots and talks as the API takes and answers them."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from contracts.envelope import Id
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.routing.agenda import MOST_WEEKS, Wanted

Way = Literal["in_person", "remote", "phone"]


class NewSlots(BaseModel):
    """When an expert can be met: a day and an hour on the clock of Italy, once or in so many weeks."""

    model_config = ConfigDict(extra="forbid")
    day: Annotated[date, Field(ge=date(2020, 1, 1), le=date(2999, 12, 31))]
    at: Annotated[time, Field(description="On the clock of Italy, without a zone.")]
    minutes: Annotated[int, Field(ge=10, le=480)]
    way: Way
    place: Annotated[
        str,
        Field(
            max_length=300,
            pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$",
            description="Where, or by which link or number.",
        ),
    ] = ""
    weeks: Annotated[int, Field(ge=1, le=MOST_WEEKS)] = 1

    @field_validator("at")
    @classmethod
    def _on_the_wall(cls, value: time) -> time:
        if value.tzinfo:
            raise ValueError(N_("The hour is meant on the clock of Italy: send it without a zone."))
        return value.replace(second=0, microsecond=0)

    @field_validator("place")
    @classmethod
    def _one_line(cls, value: str) -> str:
        return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())

    def wanted(self) -> Wanted:
        """As the agenda takes it."""
        return Wanted(self.day, self.at, self.minutes, self.weeks)


class Slot(BaseModel):
    """A time at which an expert can be met; `talk` once it is booked."""

    id: str
    starts_at: datetime
    ends_at: datetime
    way: Way
    place: str
    series: str
    talk: str | None = None


class Slots(BaseModel):
    """Slots, the next first."""

    items: list[Slot]
    next_cursor: None = None


class Offered(BaseModel):
    """The new slots, and how many were left out, because they have passed, overlap others, or have no such hour."""

    items: list[Slot]
    left_out: int


class Choice(BaseModel):
    """A free slot."""

    model_config = ConfigDict(extra="forbid")
    slot: Id


class Talk(BaseModel):
    """A talk between a body and the expert who follows its request."""

    id: str
    request: str
    number: str
    expert: str
    booked_by: str
    slot: str
    starts_at: datetime
    ends_at: datetime
    way: Way
    place: str
    status: Literal["booked", "cancelled"]
    cancelled_by: Literal["official", "expert", "lead_changed"] | None = None


class TalksOfRequest(BaseModel):
    """The talks about a request, the first one first, and the slots that its body may book now."""

    items: list[Talk]
    free: list[Slot]
    next_cursor: None = None


def slot_document(row: Document) -> dict[str, Any]:
    """A slot as JSON."""
    kept = {name: row[name] for name in ("id", "way", "place", "series", "talk")}
    return {**kept, "starts_at": row["start"], "ends_at": row["end"]}


def talk_document(row: Document) -> dict[str, Any]:
    """A talk as JSON."""
    kept = ("request", "number", "expert", "booked_by", "slot", "way", "place", "status")
    own = {"id": row["_id"], "starts_at": row["start"], "ends_at": row["end"], "cancelled_by": row["ended_by"]}
    return {**{name: row[name] for name in kept}, **own}
