"""Requests that nobody sent: from a rate a day, or copies of real ones when more are to come than came."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache

from contracts.vocabulary import Body, bodies, province, provinces, theme
from contracts.working_time import office_calendar
from services.routing.domain import ROME, Case, precedence
from services.routing.simulation.asked import Extra, Rate
from services.routing.simulation.chance import count, uniform
from services.routing.simulation.scenario import Arrival, Spell

_OPENS, _CLOSES = 8 * 60, 18 * 60
_URGENT = 0.1
_NAMES_PROCEDURE = 0.6
_ASIDE = timedelta(days=6)


def synthetic(rates: Sequence[Rate], first: date, last: date, seed: int, head_start: timedelta) -> list[Arrival]:
    """The requests of a period, on working days in office hours, from bodies of the provinces named."""
    found: list[Arrival] = []
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for number, rate in enumerate(rates):
        for day in filter(_is_working_day, days):
            for nth in range(count(rate.per_day, uniform(seed, "day", number, day))):
                found.append(_made(rate, day, f"made-up-{number:03}-{day.isoformat()}-{nth:03}", seed, head_start))
    return sorted(found, key=lambda one: (one.at, one.case.id))


def _is_working_day(day: date) -> bool:
    calendar = office_calendar(None)
    return bool(calendar.week[day.weekday()]) and day not in calendar.closed


def _made(rate: Rate, day: date, id: str, seed: int, head_start: timedelta) -> Arrival:
    chance = random.Random(f"{seed}|{id}")
    sigla = rate.province or chance.choices(*_weighted())[0]
    about = theme(rate.theme)
    known = about.procedures if about else ()
    at = datetime.combine(day, time(), ROME) + timedelta(seconds=chance.randrange(_OPENS * 60, _CLOSES * 60))
    urgent = chance.random() < _URGENT
    case = Case(
        id=id,
        theme=rate.theme,
        procedure=chance.choice(known) if known and chance.random() < _NAMES_PROCEDURE else None,
        kind="legal" if chance.random() < rate.legal_share else "technical",
        province=sigla,
        precedence=precedence(at, urgent, head_start),
        body=chance.choice(_bodies_of(sigla)).code,
        urgent=urgent,
        received_at=at,
    )
    return Arrival(case, at)


@cache
def _weighted() -> tuple[tuple[str, ...], tuple[int, ...]]:
    return tuple(one.sigla for one in provinces()), tuple(one.population for one in provinces())


@cache
def _bodies_of(sigla: str) -> tuple[Body, ...]:
    about = province(sigla)
    own = tuple(one for one in bodies() if one.province == sigla and one.valid_to is None)
    return own or tuple(one for one in bodies() if about and one.code == about.code) or bodies()


def with_extra(arrivals: Sequence[Arrival], extra: Sequence[Extra], seed: int, end: datetime) -> list[Arrival]:
    """The same requests and copies of some of them, a few days earlier or later, answered and worked on by chance."""
    found = list(arrivals)
    for number, more in enumerate(extra):
        for one in arrivals:
            if one.measured and more.theme in (None, one.case.theme) and more.province in (None, one.case.province):
                found += _copies(one, more.percent / 100, number, seed, end)
    return sorted(found, key=lambda one: (one.at, one.case.id))


def _copies(one: Arrival, share: float, number: int, seed: int, end: datetime) -> Iterator[Arrival]:
    wanted = int(share) + (uniform(seed, one.case.id, "extra", number) < share % 1)
    for nth in range(wanted):
        aside = _ASIDE * (uniform(seed, one.case.id, "aside", number, nth) - 0.5)
        at = one.at + aside if one.at + aside < end else one.at - abs(aside)
        ahead = (one.case.received_at or one.at) - one.case.precedence
        case = replace(
            one.case, id=f"{one.case.id}+{number}.{nth}", received_at=at, precedence=at - ahead,
            declined_by=frozenset(), former=None,
        )  # fmt: skip
        yield Arrival(case, at, (Spell(),))
