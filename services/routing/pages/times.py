"""Times as people say them: a slot with its weekday, the time that is left."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date

from services.chassis.i18n import ROME, Translator

_LOCALE = {"it": "it_IT", "en": "en_GB"}


def span(slot: Mapping[str, Any], language: str) -> str:
    """`martedì 1 dicembre 2026, 10:00–10:30`."""
    start, end = slot["start"].astimezone(ROME), slot["end"].astimezone(ROME)
    day = format_date(start.date(), "EEEE d MMMM y", locale=_LOCALE[language])
    return f"{day}, {start:%H:%M}–{end:%H:%M}"


def left(until: datetime, now: datetime, words: Translator) -> str:
    """How long until then, in days and hours; minutes in the last hours. Empty when it has passed."""
    minutes = (until - now) // timedelta(minutes=1)
    if minutes < 0:
        return ""
    if minutes >= 6 * 60:
        return words.duration(timedelta(hours=minutes // 60))
    return words.duration(timedelta(minutes=max(minutes, 1)))


def spent(minutes: int, words: Translator) -> str:
    """Hours and minutes of work: `26 ore 30 minuti`, never days, which would be read as working days."""
    hours, rest = divmod(minutes, 60)
    parts = [words.ngettext("{n} hour", "{n} hours", hours)] if hours else []
    parts += [words.ngettext("{n} minute", "{n} minutes", rest)] if rest or not hours else []
    return " ".join(parts)


def month_name(month: str, language: str) -> str:
    """`novembre 2026` of `2026-11`."""
    return format_date(date.fromisoformat(f"{month}-01"), "LLLL y", locale=_LOCALE[language])
