"""Made-up people and requests for the demonstration: the same every time, marked synthetic, about nobody.

Shares and figures are plausible, not measured: no real Lombard volumes are known. Names are common Italian ones
put together at random; addresses lie in `.example`, where no mail can arrive.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from contracts.envelope import derived_id
from contracts.vocabulary import Body, Procedure, bodies, procedures, province, provinces, themes
from deploy.local.identities import DEMO_BODY
from deploy.local.phrases import ANSWERS, FIRST_NAMES, LAST_NAMES, PROBLEMS, QUESTIONS, REPLIES, TITLES

SEED = 20261001
EXPERTS = 60
REQUESTS = 300
ACTIVE_BODIES = 70
"""Bodies with an official of their own, from which the requests come."""

_SHARES = {
    "environmental-assessment": 15,
    "renewable-energy": 10,
    "site-remediation": 6,
    "waste-management": 6,
    "building-planning": 9,
    "public-procurement": 7,
    "digital-infrastructure": 4,
    "reporting-monitoring": 3,
}
"""Experts of each task force; together `EXPERTS`."""


@dataclass(frozen=True)
class SyntheticPerson:
    """An expert or an official; `place` is the theme of the one, the body's code of the other."""

    id: str
    name: str
    email: str
    role: Literal["expert", "official"]
    place: str


@dataclass(frozen=True)
class SyntheticExpert:
    """What routing knows of an expert."""

    person: SyntheticPerson
    themes: tuple[tuple[str, int], ...]
    kinds: tuple[str, ...]
    provinces: tuple[str, ...]
    capacity: int


@dataclass(frozen=True)
class SyntheticRequest:
    """A request and how its life goes on: `pace` scales how long people take, `ending` is where it stands at last."""

    key: str
    day: date
    body: Body
    procedure: Procedure
    kind: Literal["technical", "legal"]
    urgency: Literal["normal", "high"]
    title: str
    description: str
    question: str | None
    reply: str
    answer: str
    pace: float
    ending: Literal["offered", "in_progress", "waiting", "resolved", "closed", "withdrawn"]


def _name(chance: random.Random, used: set[str]) -> str:
    while True:
        name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
        if name not in used:
            used.add(name)
            return name


def _address(name: str, host: str) -> str:
    return f"{name.lower().replace(' ', '.').replace(chr(39), '')}@{host}.example"


def experts() -> list[SyntheticExpert]:
    """The experts of all task forces; each serves its home province and the neighbours."""
    chance, used = random.Random(SEED), set[str]()
    siglas = [item.sigla for item in provinces()]
    others = [theme.code for theme in themes()]
    made: list[SyntheticExpert] = []
    for theme, number in _SHARES.items():
        for position in range(number):
            name = _name(chance, used)
            home = siglas[(position + len(made)) % len(siglas)]
            neighbours = province(home).neighbours  # type: ignore[union-attr]
            second = chance.choice([code for code in others if code != theme])
            known = ((theme, chance.choice((3, 4, 4, 5))), *(((second, 2),) if chance.random() < 0.4 else ()))
            person = SyntheticPerson(
                derived_id("demo", "expert", name), name, _address(name, "esperti"), "expert", theme
            )
            kinds = (
                ("technical", "legal") if position % 3 == 0 else (("technical",) if position % 3 == 1 else ("legal",))
            )
            # One in three serves the whole region, so that no request waits for lack of territory alone.
            served = () if position % 3 == 0 else (home, *neighbours)
            made.append(SyntheticExpert(person, known, kinds, served, chance.choice((4, 5, 6, 8))))
    return made


def active_bodies() -> list[Body]:
    """Comuni of all provinces and sizes, and the provinces themselves."""
    chance = random.Random(SEED + 1)
    comuni = [body for body in bodies() if body.kind == "comune" and body.valid_to is None]
    own = [body for body in bodies() if body.kind != "comune" or body.code == DEMO_BODY]
    comuni = [body for body in comuni if body.code != DEMO_BODY]
    return sorted([*own, *chance.sample(comuni, ACTIVE_BODIES - len(own))], key=lambda body: body.code)


def officials() -> list[SyntheticPerson]:
    """One official for each active body; that of `DEMO_BODY` is among those to log in as."""
    chance, used = random.Random(SEED + 2), set[str]()
    made = []
    for body in active_bodies():
        if body.code == DEMO_BODY:
            continue
        name = _name(chance, used)
        address = _address(name, f"comune{body.code}")
        made.append(SyntheticPerson(official_id(body.code), name, address, "official", body.code))
    return made


def official_id(body: str) -> str:
    """The id of a body's official."""
    return derived_id("demo", "official", body)


def requests(days: Sequence[date]) -> list[SyntheticRequest]:
    """The requests of a period, by day; those of the last days are still under way."""
    chance = random.Random(SEED + 3)
    # Whoever logs in as an official of this body finds some requests.
    places, all_procedures = (
        [*active_bodies(), *[body for body in bodies() if body.code == DEMO_BODY] * 6],
        procedures(),
    )
    weights = [_SHARES[procedure.theme] * (2 if procedure.listed else 1) for procedure in all_procedures]
    made = []
    for number in range(REQUESTS):
        day = days[min(len(days) - 1, int(number * len(days) / REQUESTS))]
        procedure = chance.choices(all_procedures, weights)[0]
        age = (days[-1] - day) / timedelta(days=1)
        made.append(_request(chance, number, day, age, chance.choice(places), procedure))
    return made


def _request(
    chance: random.Random, number: int, day: date, age: float, body: Body, procedure: Procedure
) -> SyntheticRequest:
    facts = {"procedure": procedure.name_it, "body": body.name, "number": chance.randint(2, 60)}
    sentences = [sentence.format(**facts) for sentence in chance.sample(PROBLEMS, 3)]
    return SyntheticRequest(
        key=f"demo-{number:04d}",
        day=day,
        body=body,
        procedure=procedure,
        kind="legal" if chance.random() < 0.35 else "technical",
        urgency="high" if chance.random() < 0.15 else "normal",
        title=chance.choice(TITLES).format(**facts)[:200],
        description=" ".join(sentences),
        question=chance.choice(QUESTIONS) if chance.random() < 0.3 else None,
        reply=chance.choice(REPLIES),
        answer=chance.choice(ANSWERS).format(**facts),
        pace=chance.lognormvariate(0, 0.6),
        ending=_ending(chance, age),
    )


def _ending(
    chance: random.Random, age: float
) -> Literal["offered", "in_progress", "waiting", "resolved", "closed", "withdrawn"]:
    """Older requests are over more often."""
    if chance.random() < 0.04:
        return "withdrawn"
    if chance.random() < min(0.97, age / 14):
        return "closed" if chance.random() < 0.7 else "resolved"
    return chance.choices(("offered", "in_progress", "waiting"), (1, 5, 2))[0]
