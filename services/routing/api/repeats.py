"""The single events that a repeating event of a calendar stands for: RRULE, RDATE, EXDATE and RECURRENCE-ID.

`recurring_ical_events` reads the rules. Around it stand the bounds that a file of a stranger needs: only what lies
between today and two years from now, only rules that step by days, a number of events, and a span of time, because a
rule that never comes true (30 February) is looked for up to the year 9999.
"""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

import recurring_ical_events
from icalendar import Calendar

Event = Any
HORIZON = timedelta(days=731)
_MOST = 1_000
_STEPS = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WITHIN_A_DAY = {"BYHOUR", "BYMINUTE", "BYSECOND"}
_BY_STEP = {
    "DAILY": {"BYDAY"},
    "WEEKLY": {"BYDAY"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "BYWEEKNO", "BYYEARDAY", "BYEASTER"},
}
"""What may narrow each step: with more, a rule may step through millions of days to find nothing."""
_EARLIEST = 2000


class TooMuch(ValueError):
    """The rule is of a kind that is not followed, or following it took too long; `why` is a code."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def repeats(event: Event) -> bool:
    """Whether the event stands for several, or for one of another's."""
    return any(event.get(name) is not None for name in ("RRULE", "RDATE", "RECURRENCE-ID"))


def single_events(whole: Calendar, events: list[Event], today: date, until: float) -> Iterator[Event]:
    """The events that those of one UID stand for, from today to the horizon. `until`: a monotonic moment.

    Raises TooMuch.
    """
    for event in events:
        _check(event)
    part = Calendar()
    for zone in whole.walk("VTIMEZONE"):
        part.add_component(zone)
    for event in events:
        part.add_component(event)
    end = today + HORIZON
    found = recurring_ical_events.of(part, components=["VEVENT"]).between(today, end)
    if time.monotonic() > until:
        raise TooMuch("too_many")
    yield from islice(found, _MOST)


def _check(event: Event) -> None:
    start = event["DTSTART"].dt
    if start.year < _EARLIEST:
        raise TooMuch("out_of_range")
    rules = event.get("RRULE")
    for rule in rules if isinstance(rules, list) else [rules] if rules is not None else []:
        parts = {str(name).upper() for name in rule}
        step = str(rule["FREQ"][0]).upper()
        if step not in _STEPS or parts & _WITHIN_A_DAY:
            raise TooMuch("repeated")
        if any(int(interval) < 1 for interval in rule.get("INTERVAL", ())):
            raise TooMuch("too_many")  # A rule that never steps is followed for ever.
        if {name for name in parts if name.startswith("BY")} - _BY_STEP[step]:
            raise TooMuch("too_many")
