"""Languages: every text has an English msgid and an Italian translation, read from `.po` files at start.

The msgid is what English readers see. Mark texts with `_("...")` in templates, with `translator.gettext("...")`
where they are shown at once, and with `N_("...")` where they are shown later (constants, problems). Values go in by
name: `_("Request {number}", number=...)`. Italian is in `locale/it.po` beside each package's code; a text without
Italian fails tests/test_translations.py, which prints the entries to add.

Dates, numbers and durations are written as people in Italy write them, in the time of Rome.
"""

import gettext
import io
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from starlette.requests import HTTPConnection

from services.chassis.durations import calendar_units, working_units

Language = Literal["it", "en"]
LANGUAGES: tuple[Language, ...] = ("it", "en")
DEFAULT: Language = "it"
COOKIE = "lang"
ROME = ZoneInfo("Europe/Rome")

_LOCALES = {"it": Locale("it"), "en": Locale("en", "GB")}
_CHASSIS = Path(__file__).parent
_NOTHING = "–"


class Speaker(Protocol):
    """Whoever has a language: the caller."""

    @property
    def language(self) -> str | None: ...


def N_(message: str) -> str:  # noqa: N802 (the name that gettext tools know)
    """Marks a text that is translated when it is shown."""
    return message


class Translator:
    """One language: texts, dates, numbers and durations."""

    def __init__(self, language: Language, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue
        self._locale = _LOCALES[language]

    def gettext(self, message: str, /, **values: object) -> str:
        """The text in this language; without values, braces are left alone."""
        text = self._catalogue.gettext(message) if message else ""
        return text.format(**values) if values else text

    __call__ = gettext

    def ngettext(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        """The form that fits the number, which the text may name as `{n}`."""
        return self._catalogue.ngettext(singular, plural, number).format(**{"n": self.number(number), **values})

    def until(self, end: datetime) -> str:
        """The last day of what ends then, or the moment where it does not end with a day."""
        local = end.astimezone(ROME)
        return self.datetime(end) if local.time() != time() else self.date(local.date() - timedelta(days=1))

    def date(self, value: datetime | date | str | None, style: Literal["long", "short"] = "long") -> str:
        """`24 novembre 2026`, or `24/11/2026` in tables."""
        if value is None:
            return _NOTHING
        day = _moment(value)
        return format_date(day, "d MMMM y" if style == "long" else "dd/MM/y", locale=self._locale)

    def datetime(self, value: datetime | str | None, style: Literal["long", "short"] = "long") -> str:
        """`24 novembre 2026, 19:40` in the time of Rome."""
        if value is None:
            return _NOTHING
        at = _moment(value)
        if not isinstance(at, datetime):
            raise ValueError("a day has no time")
        return f"{self.date(at, style)}, {format_time(at, 'HH:mm', locale=self._locale)}"

    def number(self, value: int | float | Decimal | None) -> str:
        """`1.234,5`: at most three decimals."""
        return _NOTHING if value is None else format_decimal(value, locale=self._locale)

    def duration(self, value: int | str | timedelta | None) -> str:
        """Working minutes, an ISO 8601 duration or a span of calendar time, in words."""
        if value is None:
            return _NOTHING
        units = working_units(abs(value)) if isinstance(value, int) else calendar_units(value)
        words = format_list([self._unit(unit, amount) for unit, amount in units.items()], locale=self._locale)
        return f"-{words}" if isinstance(value, int) and value < 0 else words

    def _unit(self, unit: str, amount: int) -> str:
        """Words of our own, because Babel's Italian lacks days, months and years."""
        return {
            "working day": self.ngettext("{n} working day", "{n} working days", amount),
            "year": self.ngettext("{n} year", "{n} years", amount),
            "month": self.ngettext("{n} month", "{n} months", amount),
            "week": self.ngettext("{n} week", "{n} weeks", amount),
            "day": self.ngettext("{n} day", "{n} days", amount),
            "hour": self.ngettext("{n} hour", "{n} hours", amount),
            "minute": self.ngettext("{n} minute", "{n} minutes", amount),
            "second": self.ngettext("{n} second", "{n} seconds", amount),
        }[unit]


class Translations:
    """The texts of the chassis and of the packages given (folders that hold `locale/it.po`), in every language."""

    def __init__(self, *packages: Path) -> None:
        italian: gettext.NullTranslations = _read(_CHASSIS)
        for package in packages:
            nearer = _read(package)
            nearer.add_fallback(italian)
            italian = nearer
        self._translators = {"it": Translator("it", italian), "en": Translator("en", gettext.NullTranslations())}

    def translator(self, language: Language) -> Translator:
        """The translator into a language."""
        return self._translators[language]


@cache
def _loaded(packages: tuple[Path, ...]) -> Translations:
    return Translations(*packages)


def translator(language: Language, *packages: Path) -> Translator:
    """The translator into a language over the chassis and these packages; the files are read once."""
    return _loaded(packages).translator(language)


def language_of(request: HTTPConnection, caller: Speaker | None = None) -> Language:
    """What the reader chose on this page, before, in the profile or in the browser; else Italian."""
    chosen = (request.query_params.get("lang"), request.cookies.get(COOKIE), caller.language if caller else None)
    for wish in (*chosen, *_accepted(request.headers.get("accept-language", ""))):
        if wish in LANGUAGES:
            return wish
    return DEFAULT


def _accepted(header: str) -> list[str]:
    """Languages of an Accept-Language header, most wanted first; what cannot be read is not wanted."""
    wanted = []
    for part in header[:500].split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((float(weight or 1), name.strip()[:2].lower()))
        except ValueError:
            continue
    return [name for weight, name in sorted(wanted, key=lambda wish: -wish[0]) if weight > 0]


def _read(package: Path) -> gettext.NullTranslations:
    """Compiles a catalogue in memory, so that no compiled file can be older than its source."""
    path = package / "locale" / "it.po"
    if not path.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale="it", abort_invalid=True))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _moment(value: datetime | date | str) -> date:
    """The value on the wall clock of Rome; an instant without zone is refused, because it would be hours wrong."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) > 10 else value
    if isinstance(moment, str):
        return date.fromisoformat(moment)
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return moment.astimezone(ROME)
