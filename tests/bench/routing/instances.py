"""Instances to match: experts and requests as the programme's vocabulary makes them, from a seed."""

import random
from datetime import UTC, datetime, timedelta

from contracts.vocabulary import bodies, provinces, themes
from services.routing.domain import Case, Expert

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
_THEMES = tuple(theme.code for theme in themes())[:8]
_PROCEDURES = {theme.code: theme.procedures for theme in themes()}
_PROVINCES = tuple(province.sigla for province in provinces())
_BODIES = tuple(body.code for body in bodies())
_KINDS = (("technical",), ("legal",), ("technical", "legal"))


def instance(seed: int, requests: int, experts: int, places: int = 5) -> tuple[list[Case], list[Expert]]:
    """Requests that wait, nearly all of them different for the criteria, and experts with so many places each."""
    chance = random.Random(seed)
    return (
        [_case(chance, number, experts) for number in range(requests)],
        [_expert(chance, number, places) for number in range(experts)],
    )


def _expert(chance: random.Random, number: int, places: int) -> Expert:
    covered = chance.sample(_THEMES, chance.randint(1, 3))
    named = [code for theme in covered for code in chance.sample(_PROCEDURES[theme], chance.choice((0, 0, 3)))]
    served = frozenset(chance.sample(_PROVINCES, chance.choice((0, 2, 4))))
    return Expert(
        id=f"expert-{number:05}",
        levels={theme: chance.randint(1, 5) for theme in covered},
        kinds=frozenset(chance.choice(_KINDS)),
        capacity=places,
        held=0,
        provinces=served,
        home=chance.choice((None, *_PROVINCES)),
        procedures={code: chance.randint(1, 5) for code in named},
        recent=chance.randint(0, 8),
        conflicts=frozenset(chance.sample(_BODIES, 2)),
        worked=frozenset(chance.sample(_BODIES, 10)),
    )


def _case(chance: random.Random, number: int, experts: int) -> Case:
    theme = chance.choice(_THEMES)
    refused = frozenset(f"expert-{chance.randrange(experts):05}" for _ in range(chance.choice((0, 0, 0, 1, 2))))
    return Case(
        id=f"request-{number:06}",
        theme=theme,
        procedure=chance.choice((None, *_PROCEDURES[theme])),
        kind=chance.choice(("technical", "legal")),
        province=chance.choice(_PROVINCES),
        precedence=START - timedelta(seconds=chance.randrange(30 * 86_400)),
        declined_by=refused,
        former=f"expert-{chance.randrange(experts):05}" if chance.random() < 0.02 else None,
        body=chance.choice(_BODIES),
    )
