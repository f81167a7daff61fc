"""Recorded actions and hours as the API takes and answers them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.chassis.mongo import Document

Kind = Literal["call", "meeting", "site_visit", "document", "opinion", "research", "coordination", "other"]
Day = Annotated[date, Field(ge=date(2020, 1, 1), le=date(2999, 12, 31))]
Minutes = Annotated[int, Field(ge=1, le=1440)]
Note = Annotated[
    str,
    Field(
        max_length=4_000,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$",
        description="For the task force alone: the body does not see it.",
    ),
]


class NewAction(BaseModel):
    """What was done, on which day, and how long it took."""

    model_config = ConfigDict(extra="forbid")
    day: Day
    kind: Kind
    minutes: Minutes
    note: Note = ""

    def document(self) -> dict[str, Any]:
        """As it is stored."""
        return self.model_dump() | {"day": self.day.isoformat()}


class Correction(BaseModel):
    """What was wrong; fields that are not sent stay. Withdrawn entries count nowhere, and stay in the list."""

    model_config = ConfigDict(extra="forbid")
    day: Day | None = None
    kind: Kind | None = None
    minutes: Minutes | None = None
    note: Note | None = None
    withdrawn: bool | None = None

    def document(self) -> dict[str, Any]:
        """The fields that were sent."""
        sent = self.model_dump(exclude_none=True)
        return sent | ({"day": self.day.isoformat()} if self.day else {})


class Version(BaseModel):
    """What an entry said before, and since when."""

    day: date
    kind: Kind
    minutes: int
    note: str
    withdrawn: bool
    at: datetime


class Action(BaseModel):
    """An entry. history: what it said before, oldest first."""

    id: str
    assignment: str
    number: str
    expert: str
    day: date
    kind: Kind
    minutes: int
    note: str
    withdrawn: bool
    recorded_at: datetime
    changed_at: datetime
    version: int
    history: list[Version]


class Actions(BaseModel):
    """Entries, newest day first, and the minutes of those that stand."""

    items: list[Action]
    minutes: int
    next_cursor: None = None


class OfRequest(BaseModel):
    """The minutes of one request."""

    number: str
    minutes: int


class Hours(BaseModel):
    """A person's own month."""

    month: str
    minutes: int
    items: list[OfRequest]
    next_cursor: None = None


class Part(BaseModel):
    """Minutes and entries of a request, or of a kind of action."""

    code: str
    minutes: int
    actions: int


class ForceHours(BaseModel):
    """A task force's month, by request and by kind of action."""

    task_force: str
    month: str
    minutes: int
    requests: list[Part]
    kinds: list[Part]


def action_document(row: Document) -> dict[str, Any]:
    """An entry as JSON."""
    kept = (
        "assignment",
        "number",
        "expert",
        "day",
        "kind",
        "minutes",
        "note",
        "withdrawn",
        "recorded_at",
        "changed_at",
    )
    return {"id": row["_id"], "version": row["version"], "history": row["history"], **{n: row[n] for n in kept}}
