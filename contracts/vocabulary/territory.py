"""Who can ask for help and where: the bodies (comuni, provinces, metropolitan city) and the provinces."""

import csv
import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, cast

BodyKind = Literal["comune", "provincia", "citta_metropolitana"]

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Body:
    """A local authority.

    code: ISTAT code, six digits for a comune, three for a province.
    ipa_code: derived from the cadastral code or the sigla, to be checked in IndicePA before use as an address.
    province: sigla, such as `VA`.
    valid_from, valid_to: first and last day in force, None where no change is known.
    successor: ISTAT code of the comune it merged into, see `succession`.
    """

    code: str
    ipa_code: str
    cadastral_code: str | None
    name: str
    kind: BodyKind
    province: str
    population: int
    lat: float
    lon: float
    valid_from: date | None
    valid_to: date | None
    successor: str | None

    def valid_on(self, day: date) -> bool:
        """Whether the body was in force on that day, as far as changes are known."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Province:
    """A province or metropolitan city; `code` is also the code of its body, `capital` that of a comune.

    neighbours: siglas of the provinces that it touches, inside the region.
    """

    code: str
    sigla: str
    name: str
    kind: BodyKind
    capital: str
    population: int
    lat: float
    lon: float
    neighbours: tuple[str, ...]


@cache
def bodies() -> tuple[Body, ...]:
    """All bodies by code, those that have ended since included."""
    with (_FOLDER / "bodies.csv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return tuple(map(_body, rows))


def body(code: str) -> Body | None:
    """The body with this ISTAT or IPA code, in capitals or not; None if there is none."""
    return _bodies_by_code().get(code.lower())


@cache
def provinces() -> tuple[Province, ...]:
    """All provinces by code."""
    entries = json.loads((_FOLDER / "provinces.json").read_text(encoding="utf-8"))
    return tuple(Province(**{**entry, "neighbours": tuple(entry["neighbours"])}) for entry in entries)


def province(sigla: str) -> Province | None:
    """The province with this sigla, in capitals or not; None if there is none."""
    return _provinces_by_sigla().get(sigla.upper())


def province_borders() -> bytes:
    """The simplified borders of all provinces as GeoJSON (properties `province_code`, `sigla`, `name`)."""
    return (_FOLDER / "provinces.geojson").read_bytes()


@cache
def _bodies_by_code() -> dict[str, Body]:
    return {key: body for body in bodies() for key in (body.code, body.ipa_code)}


@cache
def _provinces_by_sigla() -> dict[str, Province]:
    return {province.sigla: province for province in provinces()}


def _body(row: list[str]) -> Body:
    code, ipa, cadastral, name, kind, sigla, population, lat, lon, valid_from, valid_to, successor = row
    return Body(
        code=code,
        ipa_code=ipa,
        cadastral_code=cadastral or None,
        name=name,
        kind=cast(BodyKind, kind),
        province=sigla,
        population=int(population),
        lat=float(lat),
        lon=float(lon),
        valid_from=_date(valid_from),
        valid_to=_date(valid_to),
        successor=successor or None,
    )


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
