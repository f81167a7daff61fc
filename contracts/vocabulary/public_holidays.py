"""The days on which offices close: national holidays, and the patron's day of each province's capital."""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from contracts.vocabulary.territory import province, provinces


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day with its names; `province` is a sigla, None for the whole country."""

    date: date
    name_it: str
    name_en: str
    province: str | None


@cache
def holidays(year: int | None = None) -> tuple[Holiday, ...]:
    """National and provincial holidays of a year, or of all known years, by date.

    ValueError for a year that the data does not cover, which would otherwise look like one without holidays.
    """
    document = _document()
    if year is None:
        return _all_holidays()
    first, last = document["first_year"], document["last_year"]
    if not first <= year <= last:
        raise ValueError(f"holidays are known for {first} to {last}, not for {year}: generate the vocabulary again")
    return tuple(holiday for holiday in _all_holidays() if holiday.date.year == year)


@cache
def holiday_calendar(province_sigla: str | None = None) -> frozenset[date]:
    """The closed days of offices in a province; the national ones alone for None.

    ValueError for an unknown sigla. Covers the years of the data only.
    """
    found = province(province_sigla) if province_sigla is not None else None
    if province_sigla is not None and found is None:
        known = " ".join(item.sigla for item in provinces())
        raise ValueError(f"no province has the sigla {province_sigla!r}; known: {known}")
    wanted = {None, found.sigla if found else None}
    return frozenset(holiday.date for holiday in _all_holidays() if holiday.province in wanted)


@cache
def _all_holidays() -> tuple[Holiday, ...]:
    document = _document()
    groups = [(None, document["national"]), *document["provinces"].items()]
    days = [
        Holiday(date.fromisoformat(entry["date"]), entry["name_it"], entry["name_en"], sigla)
        for sigla, entries in groups
        for entry in entries
    ]
    return tuple(sorted(days, key=lambda day: (day.date, day.province or "")))


@cache
def _document() -> dict[str, Any]:
    text = Path(__file__).with_name("holidays.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
