"""Counting open time: between two instants, until an amount is over, until the next opening.

A call costs microseconds once the years that it touches are laid out. No call looks further than a century.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from contracts.working_time.calendars import Calendar
from contracts.working_time.openings import DAY, EPOCH, SECOND, open_year

# Nobody plans further; without a limit a wrong year in an e-mail header would cost seconds.
_LONGEST_YEARS = 100

Pause = tuple[datetime, datetime | None]
"""Start and end of a time that does not count; None while it lasts."""


class NeverReached(ValueError):
    """The office does not open, or the clock does not run, for so long that there is no such instant."""


def working_time(calendar: Calendar, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> timedelta:
    """The open time from `start` to `end`, less the pauses, which may overlap and come in any order.

    Zero when `end` is not after `start`: the clocks of two servers may disagree.
    ValueError beyond a century, or in a year whose holidays the calendar does not know.
    """
    first, last = _microseconds(start), _microseconds(end)
    if last <= first:
        return timedelta(0)
    paused = sum(_between(calendar, pause, back) for pause, back in _merged(pauses, first, last))
    return timedelta(microseconds=_between(calendar, first, last) - paused)


def add_working_time(calendar: Calendar, start: datetime, amount: timedelta, pauses: Iterable[Pause] = ()) -> datetime:
    """The first instant at which `amount` of open time, pauses not counted, has passed since `start`.

    At 18:00, not at the next opening, when the last hour ends with the office's day. `start` itself for zero.
    NeverReached while a pause lasts, if the office never opens, or beyond a century; ValueError if `amount` is
    negative or the calendar does not know the holidays of a year that is needed.
    """
    left = amount // timedelta(microseconds=1)
    if left < 0:
        raise ValueError("an amount of working time is not negative")
    cursor = _microseconds(start)
    horizon = cursor + _LONGEST_YEARS * 366 * DAY
    for pause, back in _merged(pauses, cursor, horizon):
        available = _between(calendar, cursor, pause)
        if left <= available:
            break
        left -= available
        cursor = back
    if left and cursor >= horizon:
        raise NeverReached("the clock stands still in a pause that has not ended")
    return _instant(_after(calendar, cursor, left))


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """`at` itself if the office is open then, else the moment at which it opens next; NeverReached if it never does."""
    instant = _microseconds(at)
    for year in _years(calendar, instant):
        opening = open_year(calendar, year).opening(instant)
        if opening is not None:
            return _instant(opening)
    raise NeverReached(f"the office does not open within {_LONGEST_YEARS} years")


def _after(calendar: Calendar, start: int, amount: int) -> int:
    if not amount:
        return start
    done = -open_year(calendar, _year(start)).until(start)
    for year in _years(calendar, start):
        open_time = open_year(calendar, year)
        if amount <= done + open_time.total:
            return open_time.reached(amount - done)
        done += open_time.total
    raise NeverReached(f"so much working time does not pass within {_LONGEST_YEARS} years")


def _between(calendar: Calendar, start: int, end: int) -> int:
    first, last = _year(start), _year(end)
    if last - first > _LONGEST_YEARS:
        raise ValueError(f"from {first} to {last} are more than {_LONGEST_YEARS} years")
    whole = sum(open_year(calendar, year).total for year in range(first, last))
    return whole + open_year(calendar, last).until(end) - open_year(calendar, first).until(start)


def _merged(pauses: Iterable[Pause], start: int, end: int) -> Iterator[tuple[int, int]]:
    """The pauses cut to the interval, in order, overlaps joined; one that lasts ends with the interval."""
    cut = [
        (max(start, _microseconds(begin)), end if back is None else min(end, _microseconds(back)))
        for begin, back in pauses
    ]
    cursor = start
    for begin, back in sorted(cut):
        begin = max(begin, cursor)
        if begin < back:
            yield begin, back
            cursor = back


def _years(calendar: Calendar, instant: int) -> range:
    first = _year(instant)
    # An office without hours would be sought for a century.
    return range(first, first + _LONGEST_YEARS + 1) if any(calendar.week) else range(0)


def _microseconds(instant: datetime) -> int:
    if instant.utcoffset() is None:
        raise ValueError(f"{instant} has no time zone")
    since = instant - EPOCH  # takes any zone, also where the date in UTC could not be written
    return since.days * DAY + since.seconds * SECOND + since.microseconds


def _instant(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _year(microseconds: int) -> int:
    try:
        return _instant(microseconds).year
    except OverflowError as error:
        raise ValueError("no calendar covers the first and the last hours that a date can name") from error
