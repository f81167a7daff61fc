"""Working time: how much of an interval an office is open, and when an amount of open time will be over.

Pure arithmetic on instants, exact to the microsecond. Inputs are aware datetimes of any zone, results are UTC.
An instant is open when the clock on the office's wall, at that instant, shows a time inside an opening span of
a day that is not closed. Everything else (DST, midnight, lunch, holidays) follows from this sentence.

`calendars.py` says when an office is open, `openings.py` lays a calendar over one year, `arithmetic.py` counts;
`targets.py` says within how much of it bodies are to be served, `lives.py` reads from what happened to a request when
its clock stood still and when it ended, `clocks.py` how each of its deadlines stands.
For another office: build a `Calendar`; no code changes.
"""

from contracts.working_time.arithmetic import NeverReached, Pause, add_working_time, next_opening, working_time
from contracts.working_time.calendars import Calendar, Span, Week, always_open, office_calendar
from contracts.working_time.clocks import (
    BROKEN,
    METRICS,
    OPEN,
    Reading,
    State,
    Verdict,
    calendar_of,
    reading,
    readings,
    verdict,
)
from contracts.working_time.lives import NEVER, Life, Moment, What, read_life
from contracts.working_time.targets import SERVICE_TARGETS

__all__ = [
    "BROKEN",
    "METRICS",
    "NEVER",
    "OPEN",
    "SERVICE_TARGETS",
    "Calendar",
    "Life",
    "Moment",
    "NeverReached",
    "Pause",
    "Reading",
    "Span",
    "State",
    "Verdict",
    "Week",
    "What",
    "add_working_time",
    "always_open",
    "calendar_of",
    "next_opening",
    "office_calendar",
    "read_life",
    "reading",
    "readings",
    "verdict",
    "working_time",
]
