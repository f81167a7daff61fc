"""Chance from a seed. Each draw depends on the seed and on what it is about, never on how many were drawn before:
so baseline and variant meet the same luck, and what differs between them is what was changed.
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import exp, log, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_P90 = _NORMAL.inv_cdf(0.9)
_LEAST, _MOST = 1e-9, 1 - 1e-9


def uniform(seed: int, *about: object) -> float:
    """A number from 0 to 1."""
    text = "\x1f".join(map(str, (seed, *about)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64


def one_of(values: Sequence[float], chance: float) -> float:
    """One of the values; each has the same chance."""
    return values[min(int(chance * len(values)), len(values) - 1)]


def skewed(median: float, p90: float, chance: float) -> float:
    """A lognormal value, as durations of work are: many short ones, some very long."""
    spread = log(max(p90 / median, 1.0)) / _P90
    return median * exp(spread * _NORMAL.inv_cdf(min(max(chance, _LEAST), _MOST)))


def count(rate: float, chance: float) -> int:
    """How many come when so many come on average (Poisson)."""
    if rate > 50:
        return max(0, round(rate + sqrt(rate) * _NORMAL.inv_cdf(min(max(chance, _LEAST), _MOST))))
    found, share = 0, exp(-rate)
    total = share
    while chance > total and found < 1000:
        found += 1
        share *= rate / found
        total += share
    return found
