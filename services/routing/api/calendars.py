"""Absences from an iCalendar file, as calendars export it. Titles and everything else in it are not kept.

An all-day event lasts from its first day to the day before its end, on the wall calendar: no time zone moves it. An
event with times counts for the days that it covers from midnight to midnight in Italy. The rest is told, not imported.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from icalendar import Calendar

from services.routing.domain import ROME, days_off

Event = Any
"""Its properties may hold nearly anything; what does not fit raises, and the file is refused."""
_MOST = 1_000
_LONGEST = timedelta(days=1100)
_DAY = timedelta(days=1)


class NotACalendar(ValueError):
    """The text is no iCalendar file."""


def absences(text: bytes) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The absences as they are stored, and how many events were left out for which reason."""
    try:
        whole = Calendar.from_ical(text)
        if whole.name != "VCALENDAR":
            raise NotACalendar("no VCALENDAR")
        events = whole.walk("VEVENT")
        found, left_out = [], dict[str, int]()
        for number, event in enumerate(events):
            why, days = ("too_many", None) if number >= _MOST else _days(event)
            if days is None:
                left_out[why] = left_out.get(why, 0) + 1
            else:
                start, end = days_off(*days)
                found.append({"from": days[0].isoformat(), "to": days[1].isoformat(), "start": start, "end": end})
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, RecursionError, OverflowError) as error:
        raise NotACalendar(type(error).__name__) from error
    return list({(item["from"], item["to"]): item for item in found}.values()), left_out


def _days(event: Event) -> tuple[str, tuple[date, date] | None]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return "not_busy", None
    if event.get("RRULE") is not None or event.get("RDATE") is not None:
        return "repeated", None
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
        last = finish.date() - _DAY
        if last < start:
            return
    yield start
    yield last


def _rome(moment: datetime) -> datetime:
    """On the wall clock of Italy; a time without zone is meant there."""
    return moment.astimezone(ROME) if moment.tzinfo else moment.replace(tzinfo=ROME)
