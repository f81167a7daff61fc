"""Working time: how much of an interval an office is open, and when an amount of open time will be over.

Pure arithmetic on instants, exact to the microsecond. Inputs are aware datetimes of any zone, results are UTC.
An instant is open when the clock on the office's wall, at that instant, shows a time inside an opening span of
a day that is not closed. Everything else (DST, midnight, lunch, holidays) follows from this sentence: a UTC year
is cut into stretches of constant offset, and the week is laid over each. The years are cached, see `_open_year`.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contracts.vocabulary import holiday_calendar

_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_DAY = 24 * 60 * _MINUTE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()

# Nobody plans further; without a limit a wrong year in an e-mail header would cost seconds.
_LONGEST_YEARS = 100

Pause = tuple[datetime, datetime | None]
"""Start and end of a time that does not count; None while it lasts."""


class Span(NamedTuple):
    """One opening of a day in minutes after midnight, the end excluded; 1440 is the midnight that ends the day."""

    opens: int
    closes: int

    @classmethod
    def parse(cls, text: str) -> "Span":
        """`09:00-13:00`, up to `24:00`. ValueError otherwise; an opening over midnight is two spans."""
        minutes = []
        for part in text.split("-"):
            hour, colon, minute = part.strip().partition(":")
            if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2 and int(minute) < 60):
                raise ValueError(f"{text!r} is not an opening such as 09:00-13:00")
            minutes.append(int(hour) * 60 + int(minute))
        if len(minutes) != 2 or not 0 <= minutes[0] < minutes[1] <= 1440:
            raise ValueError(f"{text!r} must open before it closes, on one day, 24:00 at the latest")
        return cls(*minutes)


Week = tuple[tuple[Span, ...], ...]


@dataclass(frozen=True)
class Calendar:
    """When an office is open.

    week: the spans of each day in order, Monday first; an empty day is closed.
    closed: local dates on which it does not open at all.
    """

    time_zone: str
    week: Week
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """Refuse, with ValueError, what would count wrongly in silence."""
        if len(self.week) != 7:
            raise ValueError(f"a week has seven days, Monday first; this one has {len(self.week)}")
        for spans in self.week:
            edges = [minute for span in spans for minute in span]
            if edges != sorted(edges) or any(span.opens >= span.closes for span in spans):
                raise ValueError(f"the openings of a day must follow each other: {spans}")
            if edges and not 0 <= edges[0] <= edges[-1] <= 1440:
                raise ValueError(f"an opening lies between 00:00 and 24:00: {spans}")
        if any(isinstance(day, datetime) for day in self.closed):
            raise ValueError("closed days are dates without a time")
        _zone(self.time_zone)


@cache
def office_calendar(province: str | None = None) -> Calendar:
    """Monday to Friday 9-13 and 14-18 in Italy, less the holidays of the province (sigla; None: national only).

    ValueError for an unknown province. Holidays are known for the years of `vocabulary.holidays()`.
    """
    day = (Span.parse("09:00-13:00"), Span.parse("14:00-18:00"))
    return Calendar("Europe/Rome", (day,) * 5 + ((),) * 2, holiday_calendar(province))


@cache
def always_open() -> Calendar:
    """Day and night, holidays too."""
    return Calendar("Europe/Rome", ((Span.parse("00:00-24:00"),),) * 7)
