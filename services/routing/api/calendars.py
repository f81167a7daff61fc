"""Absences from an iCalendar file, as calendars export it. Titles and everything else in it are not kept.

An all-day event lasts from its first day to the day before its end, on the wall calendar: no time zone moves it. An
event with times counts for the days that it covers from midnight to midnight in Italy, the last minute of a day left
aside: some calendars write a whole day so. A repeating event counts for
every time it comes within two years (`repeats.py`). The rest is told, not imported: one event that nobody can read
spoils no other.
"""

import time as clock
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from icalendar import Calendar

from services.routing.api.repeats import TooMuch, repeats, single_events
from services.routing.domain import ROME, days_off

Event = Any
"""Its properties may hold nearly anything; what does not fit raises, and the file is refused."""
_MOST = 1_000
_LONGEST = timedelta(days=1100)
_DAY = timedelta(days=1)
_LAST_MINUTE = time(23, 59)
_SECONDS = 2.0
"""How long the repeating events of one file may take."""


class NotACalendar(ValueError):
    """The text is no iCalendar file."""


def absences(text: bytes, today: date) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The absences that are not over, as they are stored, and how many events were left out for which reason."""
    try:
        whole = Calendar.from_ical(text)
        if whole.name != "VCALENDAR":
            raise NotACalendar("no VCALENDAR")
        found, left_out = [], dict[str, int]()
        for number, (why, days) in enumerate(_all_days(whole, today)):
            why, days = ("too_many", None) if number >= _MOST else ("past", None) if over(days, today) else (why, days)
            if days is None:
                left_out[why] = left_out.get(why, 0) + 1
            else:
                start, end = days_off(*days)
                found.append({"from": days[0].isoformat(), "to": days[1].isoformat(), "start": start, "end": end})
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, RecursionError, OverflowError) as error:
        raise NotACalendar(type(error).__name__) from error
    return list({(item["from"], item["to"]): item for item in found}.values()), left_out


def over(days: tuple[date, date] | None, today: date) -> bool:
    """Whether an absence has passed."""
    return days is not None and days[1] < today


def _all_days(whole: Calendar, today: date) -> Iterator[tuple[str, tuple[date, date] | None]]:
    """Why an event is left out, or its days; events that belong together are read together."""
    events: list[Event] = list(whole.walk("VEVENT"))
    series = {str(event.get("UID")) for event in events if repeats(event)}
    for event in events:
        if str(event.get("UID")) not in series:
            yield _readable_days(event)
    until = clock.monotonic() + _SECONDS
    for uid in sorted(series):
        yield from _days_of_series(whole, [event for event in events if str(event.get("UID")) == uid], today, until)


def _days_of_series(
    whole: Calendar, events: list[Event], today: date, until: float
) -> Iterator[tuple[str, tuple[date, date] | None]]:
    """The days of each time that a repeating event comes; what is left out counts once for the whole event."""
    if clock.monotonic() > until:
        yield "too_many", None
        return
    try:
        each = [_days(event) for event in single_events(whole, events, today, until)]
    except TooMuch as error:
        yield error.why, None
        return
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError):
        yield "too_many", None  # What nobody can follow spoils the others of the file not.
        return
    yield from ((why, days) for why, days in each if days)
    yield from ((why, None) for why in sorted({why for why, days in each if days is None}))


def _readable_days(event: Event) -> tuple[str, tuple[date, date] | None]:
    try:
        return _days(event)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError):
        return "unreadable", None


def _days(event: Event) -> tuple[str, tuple[date, date] | None]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return "not_busy", None
    whole = list(_whole_days(event))
    if not whole:
        return "part_of_a_day", None
    first, last = whole[0], whole[-1]
    if last - first > _LONGEST or not 2000 <= first.year <= 2999:
        return "out_of_range", None
    return "", (first, last)


def _whole_days(event: Event) -> Iterator[date]:
    """The first and the last day that the event covers whole; nothing for a part of a day."""
    start = event["DTSTART"].dt
    length = event["DURATION"].dt if event.get("DURATION") else None
    if not isinstance(start, datetime):
        end = event["DTEND"].dt if event.get("DTEND") else start + (length or _DAY)
        last = max(end - _DAY, start)
    else:
        begin, finish = (
            _rome(start),
            _rome(event["DTEND"].dt if event.get("DTEND") else start + (length or timedelta())),
        )
        start = begin.date() if begin.time() == time() else begin.date() + _DAY
        last = finish.date() if finish.time() >= _LAST_MINUTE else finish.date() - _DAY
        if last < start:
            return
    yield start
    yield last


def _rome(moment: datetime) -> datetime:
    """On the wall clock of Italy; a time without zone is meant there."""
    return moment.astimezone(ROME) if moment.tzinfo else moment.replace(tzinfo=ROME)
