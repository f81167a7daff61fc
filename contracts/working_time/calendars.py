"""When an office is open: its week, its zone and the days on which it stays closed.

A calendar that takes holidays from the vocabulary knows them for some years only. Counting in any other year is
refused with ValueError: a deadline that ignores holidays looks like every other deadline, and nobody would notice.
Extend `YEARS` in `deploy/tools/vocabulary.py` and generate the vocabulary again, well before the last year.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from contracts.vocabulary import holiday_calendar, holidays


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
    known_years: first and last UTC year in which `closed` is complete; None where it needs no completing.
    """

    time_zone: str
    week: Week
    closed: frozenset[date] = frozenset()
    known_years: tuple[int, int] | None = None

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
        zone(self.time_zone)

    def also_closed(self, days: Iterable[date]) -> "Calendar":
        """The same office with further closed days, for instance the patron's day of one comune."""
        return replace(self, closed=self.closed.union(days))


@cache
def office_calendar(province: str | None = None) -> Calendar:
    """Monday to Friday 9-13 and 14-18 in Italy, less the holidays of the province (sigla; None: national only).

    ValueError for an unknown province.
    """
    day = (Span.parse("09:00-13:00"), Span.parse("14:00-18:00"))
    years = [holiday.date.year for holiday in holidays()]
    known = (min(years), max(years))
    return Calendar("Europe/Rome", (day,) * 5 + ((),) * 2, holiday_calendar(province), known)


@cache
def always_open() -> Calendar:
    """Day and night, holidays too, in every year."""
    return Calendar("Europe/Rome", ((Span.parse("00:00-24:00"),),) * 7)


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of this name; ValueError where the system does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no time zone is named {name!r}") from error
