"""Scenarios for the tests of simulations, made from a seed."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.vocabulary import provinces, themes
from services.chassis.mongo import Document
from services.routing.domain import Case
from services.routing.simulation.scenario import Arrival, Behaviour, Scenario
from tests.routing.material import RULES

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
THEMES = tuple(one.code for one in themes())[:4]
PROVINCES = tuple(one.sigla for one in provinces())[:5]


def crew_of(chance: random.Random, count: int) -> list[Document]:
    """Profiles as they are stored; some are away for a while, some work on single days."""
    return [_profile(chance, number) for number in range(count)]


def _profile(chance: random.Random, number: int) -> Document:
    away = START + timedelta(days=chance.randint(0, 15))
    absence = {"from": "x", "to": "y", "start": away, "end": away + timedelta(days=4)}
    days = {"working_days": sorted(chance.sample(range(5), 2))} if chance.random() < 0.3 else {}
    return {
        "_id": f"expert-{number:02}", "task_forces": [], "procedures": [], "active": chance.random() < 0.9,
        "themes": [{"code": code, "level": chance.randint(1, 5)} for code in chance.sample(THEMES, 2)],
        "kinds": chance.choice((["legal"], ["technical"], ["legal", "technical"])), "entitled": True,
        "provinces": chance.sample(PROVINCES, chance.choice((0, 2))), "home": chance.choice((None, *PROVINCES)),
        "capacity": chance.randint(0, 3), "absences": [absence] if chance.random() < 0.4 else [],
        "conflicts": {"bodies": ["b1"] if chance.random() < 0.3 else [], "companies": []}, **days,
    }  # fmt: skip


def scenario_of(seed: int, requests: int = 40, experts: int = 6, **changes: Any) -> Scenario:
    """Some weeks of a small programme."""
    chance = random.Random(seed)
    profiles = crew_of(chance, experts)
    found = []
    for number in range(requests):
        at = START + timedelta(minutes=chance.randrange(20 * 24 * 60))
        case = Case(
            id=f"request-{number:03}", theme=chance.choice((None, *THEMES)), procedure=None,
            kind=chance.choice(("legal", "technical")), province=chance.choice(PROVINCES), precedence=at,
            body=chance.choice(("b1", "b2")), received_at=at,
        )  # fmt: skip
        found.append(Arrival(case, at))
    whole: dict[str, Any] = {
        "start": START, "end": START + timedelta(days=40), "rules": RULES, "profiles": profiles, "loads": {},
        "arrivals": sorted(found, key=lambda one: one.at), "carried": [], "seed": seed,
        "behaviour": Behaviour(accepts=0.7, stated_days=(2.0, 6.0)),
    }  # fmt: skip
    return Scenario(**(whole | changes))
