"""The slots that an expert offers for talks: pure rules, on the wall clock of Italy.

A slot that repeats weekly keeps its hour on the wall when the clocks change. An hour that does not exist on its day
(the night of a change) gives no slot. Slots of one expert never overlap, so a person is in one place at a time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from services.routing.domain import ROME

Slot = Mapping[str, Any]
MOST_WEEKS = 26
MOST_SLOTS = 400
"""What one expert may offer at once: it is one document."""
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Wanted:
    """What an expert offers: a slot, or the same hour of so many weeks."""

    day: date
    at: time
    minutes: int
    weeks: int = 1


def occurrences(wanted: Wanted) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of each slot, in UTC."""
    for week in range(wanted.weeks):
        on_the_wall = datetime.combine(wanted.day + week * _WEEK, wanted.at, ROME)
        start = on_the_wall.astimezone(UTC)
        if start.astimezone(ROME).replace(tzinfo=None) == on_the_wall.replace(tzinfo=None):
            yield start, start + timedelta(minutes=wanted.minutes)


def overlaps(slots: Iterable[Slot], start: datetime, end: datetime) -> bool:
    """Whether one of the slots takes some of this time."""
    return any(slot["start"] < end and start < slot["end"] for slot in slots)


def ahead(slots: Iterable[Slot], now: datetime) -> list[Slot]:
    """The slots that have not begun, the next first."""
    return sorted((slot for slot in slots if slot["start"] > now), key=lambda slot: slot["start"])


def bookable(slots: Iterable[Slot], absences: Iterable[Mapping[str, Any]], now: datetime) -> list[Slot]:
    """The slots that nobody has taken and on which the expert is there."""
    away = list(absences)
    return [slot for slot in ahead(slots, now) if not slot["talk"] and not overlaps(away, slot["start"], slot["end"])]
