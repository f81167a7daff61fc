"""Half a year of a whole programme, to simulate: made-up requests of all themes, experts with ten places each."""

import random
from datetime import UTC, date, datetime

from contracts.vocabulary import provinces, themes
from services.chassis.mongo import Document
from services.routing.rules import load_rules
from services.routing.simulation.asked import Rate
from services.routing.simulation.made_up import synthetic
from services.routing.simulation.scenario import Behaviour, Scenario

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
_WORKING_DAYS = 123.5


def half_year(requests: int, experts: int) -> Scenario:
    """About so many requests."""
    chance, codes, rules = random.Random(3), [one.code for one in themes()], load_rules()
    rates = [Rate(theme=code, per_day=requests / _WORKING_DAYS / len(codes)) for code in codes]
    return Scenario(
        start=datetime(2025, 12, 31, 23, tzinfo=UTC),
        end=datetime(2026, 6, 30, 22, tzinfo=UTC),
        rules=rules,
        profiles=[_expert(chance, number, codes) for number in range(experts)],
        loads={},
        arrivals=synthetic(rates, FIRST, LAST, 1, rules.head_start),
        carried=[],
        behaviour=Behaviour(accepts=0.8, stated_days=(10.0, 30.0)),
    )


def _expert(chance: random.Random, number: int, codes: list[str]) -> Document:
    siglas = [one.sigla for one in provinces()]
    return {
        "_id": f"expert-{number:03}", "task_forces": [], "procedures": [], "active": True, "entitled": True,
        "themes": [{"code": one, "level": chance.randint(1, 5)} for one in chance.sample(codes, chance.randint(1, 3))],
        "kinds": chance.choice((["technical"], ["legal"], ["technical", "legal"])), "absences": [],
        "provinces": chance.sample(siglas, chance.choice((0, 3, 5))), "home": chance.choice(siglas), "capacity": 10,
    }  # fmt: skip
