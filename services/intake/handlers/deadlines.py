"""The deadlines of one request, read from its timeline by the clocks of `contracts.working_time`, as reporting counts.

So they are known from the first minute. What reporting told of them (near, missed, corrected) stands beside.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.working_time import Moment, Reading, What, read_life, readings, verdict
from services.chassis.mongo import Document

Standing = Literal["running", "paused", "at_risk", "met", "breached", "void"]
"""How a deadline stands at an instant; `void`: the request left before it was kept or missed."""

_WHAT: Mapping[str, What] = {
    "accepted": "accepted",
    "question": "asked",
    "answer": "provided",
    "resolved": "resolved",
    "reopened": "reopened",
    "closed": "closed",
    "withdrawn": "withdrawn",
    "merged": "merged",
}
"""Action of a line of the timeline -> what it is for the clocks."""
CLOCKED = frozenset(_WHAT)


@dataclass(frozen=True)
class Deadline:
    """One target. due_at, warn_at: None while a pause lasts that began before them. told: what reporting published.

    reached_at: when the thing happened; a breached one without it is still to be done.
    """

    metric: str
    state: Standing
    target_minutes: int
    due_at: datetime | None
    warn_at: datetime | None
    reached_at: datetime | None
    told: Document | None


def deadlines_of(
    request: Document, messages: Iterable[Document], timeline: Iterable[Document], now: datetime
) -> tuple[Deadline, ...]:
    """Every deadline of a request. messages, timeline: whole, before anything is left out for a reader."""
    life = read_life(request["received_at"], moments_of(request["_id"], messages, timeline))
    try:
        clocks = readings(life, request["urgency"], request["province"])
    except ValueError:
        return ()  # In a year whose holidays nobody knows yet; the request is read all the same.
    return tuple(_deadline(clock, request["deadlines"].get(clock.metric), now) for clock in clocks)


def moments_of(id: str, messages: Iterable[Document], timeline: Iterable[Document]) -> list[Moment]:
    """What happened to this request; what was read with it of requests merged into it moves no clock of its."""
    lines = [line for line in timeline if line["request"] == id and line["action"] in _WHAT]
    said = [message for message in messages if message["request"] == id and _is_answer(message)]
    return [
        *(Moment(line["at"], _WHAT[line["action"]], (line["rank"],), line["_id"]) for line in lines),
        *(Moment(message["at"], "answered", (message["rank"],), message["_id"]) for message in said),
    ]


def _is_answer(message: Document) -> bool:
    """Whether an expert wrote to the requester; an action's own message (a question, a resolution) is its line."""
    plain = message["kind"] == "message" and message["visibility"] == "shared" and not message["automatic"]
    return plain and message["author_role"] == "expert"


def _deadline(clock: Reading, told: Document | None, now: datetime) -> Deadline:
    return Deadline(
        metric=clock.metric,
        state=_standing(clock, now),
        target_minutes=clock.target_minutes,
        due_at=clock.due_at,
        warn_at=clock.warn_at,
        reached_at=clock.ended_at,
        told={"state": told["state"], "due_at": told["due_at"]} if told else None,
    )


def _standing(clock: Reading, now: datetime) -> Standing:
    """A deadline that passed is breached, whether or not the thing has happened since."""
    match verdict(clock.state, clock.due_at, clock.warn_at, now):
        case "in_time":
            return "paused" if clock.state == "paused" else "running"
        case "overdue":
            return "breached"
        case told:
            return told
