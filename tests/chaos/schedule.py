"""The schedule of a run, made of its seed alone: who submits what by which door, what is killed when.

The same SEED, KILLS and REQUESTS give the same schedule in every process and on every machine, so that a failure can
be replayed. What the machine adds is how long things take.
"""

import os
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from contracts.envelope import derived_id

Door = Literal["api", "mail"]
Reply = Literal["accept", "decline", "silence"]
_BY_MAIL, _UNROUTABLE, _IMPATIENT = 0.3, 0.05, 0.1
_DECLINED, _UNANSWERED, _ANSWERED, _RESOLVED = 0.05, 0.10, 0.7, 0.5
_PER_SECOND = 8.0
_LONGEST_WAIT = 0.08
"""Seconds between the beginning of a request and the kill after it: some die before the commit, some behind it."""
_OUTAGES = ("mongod", "primary", "broker")
_ABOUT = "Il permesso di costruire è fermo da {days} giorni: chiediamo assistenza tecnica sul titolo edilizio {key}."


@dataclass(frozen=True)
class Options:
    """How long and how hard: CHAOS_SEED, CHAOS_KILLS (of each victim), CHAOS_REQUESTS; `make chaos` sets 3 and 1,000.

    The short run is the one of `make test-all`.
    """

    seed: int = int(os.environ.get("CHAOS_SEED") or 20261124)
    kills: int = int(os.environ.get("CHAOS_KILLS") or 1)
    requests: int = int(os.environ.get("CHAOS_REQUESTS") or 120)


@dataclass(frozen=True)
class Arrival:
    """One request: `key` is in its title, and is its Idempotency-Key or in its Message-ID. `number` counts from 1."""

    number: int
    at: float
    door: Door
    key: str
    text: str
    unroutable: bool
    impatient: bool
    """Its client hangs up before it can have an answer, then asks again."""
    reply: Reply
    """What the first expert says who is asked; the next one accepts."""
    answers: bool
    resolves: bool
    """What the expert does who has accepted."""

    @property
    def title(self) -> str:
        return f"Pratica {self.key}"


@dataclass(frozen=True)
class Strike:
    """SIGKILL `wait` seconds after request number `after` was begun; a server is away for `down` seconds at least.

    A service is started again at once, by its supervisor.
    """

    after: int
    wait: float
    victim: str
    down: float


@dataclass(frozen=True)
class Schedule:
    """One run; `arrivals` in the order of their numbers, `strikes` in theirs."""

    seed: int
    arrivals: tuple[Arrival, ...]
    strikes: tuple[Strike, ...]

    def as_document(self) -> dict[str, Any]:
        """For the report of the run, and to compare two schedules."""
        return asdict(self)


def schedule(
    options: Options, victims: Sequence[str], kills: int, requests: int, down: tuple[float, float] = (0.1, 1.5)
) -> Schedule:
    """Kills while the requests are submitted: each victim once in each of `kills` equal parts of the submission."""
    chance = random.Random(f"{options.seed} {' '.join(victims)}")
    seconds = requests / _PER_SECOND
    moments = sorted(chance.uniform(0.0, seconds) for _ in range(requests))
    arrivals = tuple(_arrival(options.seed, number, at, chance) for number, at in enumerate(moments, start=1))
    strikes = [strike for part in range(kills) for strike in _part(part, requests / kills, victims, down, chance)]
    in_order = sorted(strikes, key=lambda strike: (strike.after, strike.wait, strike.victim))
    return Schedule(options.seed, arrivals, tuple(in_order))


def _arrival(seed: int, number: int, at: float, chance: random.Random) -> Arrival:
    key = derived_id("chaos", str(seed), str(number)).replace("-", "")[-12:]
    text = _ABOUT.format(days=chance.randint(31, 900), key=key)
    door: Door = "mail" if chance.random() < _BY_MAIL else "api"
    unroutable = chance.random() < _UNROUTABLE and door == "api"  # A mail names no theme.
    impatient = chance.random() < _IMPATIENT
    reply = chance.random()
    first: Reply = "decline" if reply < _DECLINED else "silence" if reply < _DECLINED + _UNANSWERED else "accept"
    answers, resolves = chance.random() < _ANSWERED, chance.random() < _RESOLVED
    return Arrival(number, round(at, 3), door, key, text, unroutable, impatient, first, answers, resolves)


def _part(
    part: int, length: float, victims: Sequence[str], down: tuple[float, float], chance: random.Random
) -> list[Strike]:
    """One kill of each. Into the outage of the database and into the broker's falls the kill of a service."""
    services = [victim for victim in victims if victim not in _OUTAGES]
    chance.shuffle(services)
    first, last = int(part * length) + 1, int((part + 1) * length) - 3
    found = []
    for victim in (*(victim for victim in victims if victim in _OUTAGES), *services):
        after, wait = chance.randint(first, max(first, last)), round(chance.uniform(0.0, _LONGEST_WAIT), 3)
        found.append(Strike(after, wait, victim, round(chance.uniform(*down), 3)))
    for outage, service in zip([strike for strike in found if strike.victim in _OUTAGES], services, strict=False):
        place = next(number for number, strike in enumerate(found) if strike.victim == service)
        after = outage.after + chance.randint(0, 2)
        found[place] = Strike(after, round(outage.wait + found[place].wait, 3), service, found[place].down)
    return found
