"""The schedule of a run, made of its seed alone: what is submitted when, and what is killed when.

The same SEED, KILLS and REQUESTS give the same keys, texts, arrivals and strikes, so that a failure can be replayed.
"""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.envelope import derived_id

Channel = Literal["api", "email"]
_BY_MAIL, _UNROUTABLE, _IMPATIENT = 0.25, 0.05, 0.1
_PER_SECOND, _SECONDS_PER_KILL = 8.0, 12.0


@dataclass(frozen=True)
class Options:
    """How long and how hard; CHAOS_SEED, CHAOS_KILLS (of each victim) and CHAOS_REQUESTS, see `make chaos`."""

    seed: int = int(os.environ.get("CHAOS_SEED") or 20261124)
    kills: int = int(os.environ.get("CHAOS_KILLS") or 3)
    requests: int = int(os.environ.get("CHAOS_REQUESTS") or 200)


@dataclass(frozen=True)
class Arrival:
    """One request of a client: `key` is in its title, and is its Idempotency-Key or in its Message-ID."""

    at: float
    channel: Channel
    key: str
    unroutable: bool
    impatient: bool
    """Its client hangs up before it can have an answer, then asks again."""

    @property
    def title(self) -> str:
        return f"Pratica {self.key}"


@dataclass(frozen=True)
class Strike:
    """SIGKILL; the victim is started again after `down` seconds."""

    at: float
    victim: str
    down: float


@dataclass(frozen=True)
class Schedule:
    """One run."""

    seed: int
    seconds: float
    arrivals: tuple[Arrival, ...]
    strikes: tuple[Strike, ...]


def schedule(
    options: Options, victims: Sequence[str], kills: int, requests: int, down: tuple[float, float] = (0.1, 1.5)
) -> Schedule:
    """Requests and kills at random moments of the same span of time."""
    chance = random.Random(f"{options.seed} {' '.join(victims)}")
    seconds = max(kills * _SECONDS_PER_KILL, requests / _PER_SECOND)
    strikes = [
        Strike(chance.uniform(1.0, seconds), victim, chance.uniform(*down)) for victim in victims for _ in range(kills)
    ]
    arrivals = [_arrival(options.seed, number, chance, seconds) for number in range(requests)]
    by_time = sorted(strikes, key=lambda strike: strike.at)
    return Schedule(options.seed, seconds, tuple(sorted(arrivals, key=lambda arrival: arrival.at)), tuple(by_time))


def _arrival(seed: int, number: int, chance: random.Random, seconds: float) -> Arrival:
    key = derived_id("chaos", str(seed), str(number)).replace("-", "")[-12:]
    channel: Channel = "email" if chance.random() < _BY_MAIL else "api"
    unroutable = channel == "api" and chance.random() < _UNROUTABLE
    impatient = chance.random() < _IMPATIENT
    return Arrival(chance.uniform(0.0, seconds), channel, key, unroutable, impatient)
