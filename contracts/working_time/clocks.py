"""Service levels: how long a request may wait, in working time, and whether it waited longer.

    reading(metric, life, ...)   one clock of one request, from its timeline
    verdict(...)                 the one decision whether a deadline is kept; whoever shows or counts it asks this

A deadline is broken when the thing happened, or has still not happened, after the instant at which it was due.
The clock starts when the request was received, stands still while the requester owes an answer and between
resolution and reopening, and is read on the calendar of the request's province.

To add a metric: its targets, one function (life -> when it was reached), one entry in `METRICS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contracts.working_time.arithmetic import NeverReached, Pause, add_working_time, working_time
from contracts.working_time.calendars import Calendar, office_calendar
from contracts.working_time.lives import Life
from contracts.working_time.targets import SERVICE_TARGETS

State = Literal["met", "breached", "running", "paused", "void"]
"""How a clock stands by itself; `void`: it will never end and counts nowhere."""
Verdict = Literal["met", "breached", "void", "in_time", "at_risk", "overdue"]
"""How a clock stands at an instant."""

OPEN: tuple[Verdict, ...] = ("in_time", "at_risk", "overdue")
BROKEN: tuple[Verdict, ...] = ("breached", "overdue")
WARN_AT = 0.75
"""The share of the target after which people are warned."""


def accepted(life: Life) -> datetime | None:
    """An expert took the request."""
    return life.first("accepted")


def answered(life: Life) -> datetime | None:
    """An expert wrote to the requester, asked something, or declared the request resolved.

    Automatic receipts and internal notes are no answers: they never become moments of the timeline.
    """
    return life.first("answered", "asked", "resolved")


def resolved(life: Life) -> datetime | None:
    """The request came to rest, and nobody has reopened it since."""
    return life.stop.at if life.stop else None


METRICS: Mapping[str, Callable[[Life], datetime | None]] = {
    "acceptance": accepted,
    "first_answer": answered,
    "resolution": resolved,
}
"""Metric -> when it was reached. The targets are `SERVICE_TARGETS`."""


@dataclass(frozen=True)
class Reading:
    """One clock. `due_at` and `warn_at` are None while a pause lasts that began before them; `minutes` of working
    time once it has ended.
    """

    metric: str
    target_minutes: int
    state: State
    ended_at: datetime | None = None
    due_at: datetime | None = None
    warn_at: datetime | None = None
    minutes: int | None = None


def calendar_of(province: str) -> Calendar:
    """The office calendar of a province; of the country where the vocabulary does not know it."""
    try:
        return office_calendar(province)
    except ValueError:
        return office_calendar()


def reading(name: str, life: Life, target_minutes: int, calendar: Calendar) -> Reading:
    """The clock of a metric as the timeline makes it."""
    end = METRICS[name](life)
    last = end or (life.stop.at if life.stop else None) or life.left_at
    pauses = life.pauses
    if last:
        pauses = tuple((start, min(back or last, last)) for start, back in pauses if start < last)
    target = timedelta(minutes=target_minutes)
    due_at = _reached(calendar, life.received_at, target, pauses)
    warn_at = _reached(calendar, life.received_at, target * WARN_AT, pauses)
    if life.left or (last and not end):
        return Reading(name, target_minutes, "void", None, due_at, warn_at)
    if end is None:
        paused = any(back is None for _, back in pauses)
        return Reading(name, target_minutes, "paused" if paused else "running", None, due_at, warn_at)
    minutes = working_time(calendar, life.received_at, end, pauses) // timedelta(minutes=1)
    return Reading(name, target_minutes, "breached" if late(due_at, end) else "met", end, due_at, warn_at, minutes)


def readings(life: Life, urgency: str, province: str) -> tuple[Reading, ...]:
    """Every clock of a request. A change of urgency changes the target alone: time and pauses stay."""
    calendar = calendar_of(province)
    return tuple(reading(name, life, SERVICE_TARGETS[name][urgency], calendar) for name in METRICS)


def late(due_at: datetime | None, at: datetime) -> bool:
    """Whether an instant lies behind a deadline."""
    return due_at is not None and at > due_at


def verdict(state: State, due_at: datetime | None, warn_at: datetime | None, now: datetime) -> Verdict:
    """How a clock stands now. Every place that tells whether a deadline was kept asks this."""
    if state == "met" or state == "breached" or state == "void":
        return state
    if late(due_at, now):
        return "overdue"
    # A clock that stands still for the requester's answer does not run towards a risk.
    return "at_risk" if state == "running" and warn_at is not None and now >= warn_at else "in_time"


def _reached(calendar: Calendar, start: datetime, amount: timedelta, pauses: tuple[Pause, ...]) -> datetime | None:
    try:
        return add_working_time(calendar, start, amount, pauses)
    except NeverReached:
        return None
