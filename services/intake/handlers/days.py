"""Days as people name them, in Rome, and the moments at which they begin and end."""

from datetime import date, datetime, time, timedelta

from services.chassis.i18n import N_, ROME
from services.chassis.problems import invalid
from services.intake.handlers.parts import Parts

_FIRST, _LAST = date(1, 1, 3), date(9999, 12, 31)
"""Days beyond count as these: the moments at which they begin have a date in every zone of the world."""


def day_of(moment: datetime) -> date:
    """The day of a moment."""
    return moment.astimezone(ROME).date()


def today(parts: Parts) -> date:
    """The day that it is, on which bodies are in force or not."""
    return day_of(parts.clock.now())


def check_registered(written: str, now: datetime) -> None:
    """Raises 422 for a protocol number of the future; a day ahead may be today where the sender's clock is."""
    if date.fromisoformat(written) > day_of(now) + timedelta(days=1):
        fault = N_("This day is still to come: give the date on which the document was registered.")
        raise invalid([{"pointer": "/protocol/date", "detail": fault}])


def begins(day: date) -> datetime:
    """The moment at which a day begins."""
    return datetime.combine(max(day, _FIRST), time(), ROME)


def ends(day: date) -> datetime:
    """The moment at which a day ends."""
    return begins(min(day, _LAST - timedelta(days=1)) + timedelta(days=1))


def last_day(end: datetime) -> date:
    """The last day of which at least a part lies before the end."""
    return day_of(end - timedelta(microseconds=1))
