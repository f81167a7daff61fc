"""The openings of one calendar in one UTC year, as sorted arrays: a count is then two look-ups.

The year is cut into stretches of constant offset and the week is laid over each, so that an hour which the wall
skips is not open and one which it repeats is open twice. All times are microseconds since 1970 in UTC.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from contracts.working_time.calendars import Calendar, zone

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class OpenYear:
    """Openings `opens[i]` to `closes[i]`, disjoint and in order; `before[i]` is the open time ahead of the i-th.

    `before` has one entry more than the others: the open time of the whole year.
    """

    opens: "array[int]"
    closes: "array[int]"
    before: "array[int]"

    @property
    def total(self) -> int:
        """The open time of the year."""
        return self.before[-1]

    def until(self, instant: int) -> int:
        """The open time from the start of the year until `instant`, which lies in it."""
        i = bisect_right(self.opens, instant) - 1
        return self.before[i] + min(instant, self.closes[i]) - self.opens[i] if i >= 0 else 0

    def reached(self, amount: int) -> int:
        """The first instant at which `amount` of the year's open time is over; 0 < amount <= total."""
        i = bisect_left(self.before, amount) - 1
        return self.opens[i] + amount - self.before[i]

    def opening(self, instant: int) -> int | None:
        """The first open instant of the year that is not before `instant`."""
        i = bisect_right(self.closes, instant)
        return max(instant, self.opens[i]) if i < len(self.opens) else None


# A year of office hours takes 12 kB; a region's provinces and some comuni of their own fit for several years.
@lru_cache(maxsize=512)
def open_year(calendar: Calendar, year: int) -> OpenYear:
    """The openings of a UTC year. ValueError for a year whose holidays the calendar does not know."""
    if calendar.known_years and not calendar.known_years[0] <= year <= calendar.known_years[1]:
        first, last = calendar.known_years
        raise ValueError(f"holidays are known for {first} to {last}, not for {year}: generate the vocabulary again")
    result = OpenYear(array("q"), array("q"), array("q", [0]))
    for opens, closes in _openings(calendar, year):
        if result.closes and result.closes[-1] == opens:  # open over midnight: one opening
            result.closes[-1] = closes
            result.before[-1] += closes - opens
        else:
            result.opens.append(opens)
            result.closes.append(closes)
            result.before.append(result.before[-1] + closes - opens)
    return result


def _openings(calendar: Calendar, year: int) -> Iterator[tuple[int, int]]:
    for start, end, offset in _stretches(calendar.time_zone, year):
        for day in range((start + offset) // DAY, (end + offset - 1) // DAY + 1):
            on = date.fromordinal(_EPOCH_DAY + day)
            if on in calendar.closed:
                continue
            for span in calendar.week[on.weekday()]:
                midnight = day * DAY - offset
                opens, closes = max(start, midnight + span.opens * MINUTE), min(end, midnight + span.closes * MINUTE)
                if opens < closes:
                    yield opens, closes


@lru_cache(maxsize=512)
def _stretches(time_zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """Start, end and offset of the parts of a UTC year in which the wall clock runs evenly."""
    if not 1 < year < 9999:  # local dates beside the first and the last year cannot be written
        raise ValueError(f"no calendar covers the year {year}")
    first, last = (int((datetime(y, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()) * SECOND for y in (year, year + 1))
    stretches = []
    start, offset = first, _offset(time_zone, first)
    for midnight in range(first + DAY, last + 1, DAY):
        after = _offset(time_zone, midnight)
        if after != offset:
            change = _change(time_zone, midnight - DAY, midnight)
            stretches.append((start, change, offset))
            start, offset = change, after
    return (*stretches, (start, last, offset))


def _change(time_zone: str, before: int, after: int) -> int:
    """The instant between two at which the offset changes; zones change at most once a day, on a full second."""
    old = _offset(time_zone, before)
    low, high = before // SECOND, after // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(time_zone, middle * SECOND) == old else (low, middle)
    return high * SECOND


def _offset(time_zone: str, instant: int) -> int:
    local = (EPOCH + timedelta(microseconds=instant)).astimezone(zone(time_zone))
    return (local.utcoffset() or timedelta()) // timedelta(microseconds=1)
