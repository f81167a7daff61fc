"""Rate limits: how much one caller may ask of one process; every answer says what is left.

Front-ends with a key serve many people and have their own limit. Counting is per process and in memory: the
limit protects the process; quotas of a contract are another matter.
"""

import math
import time
from collections import Counter
from dataclasses import dataclass

from limits import RateLimitItem, parse

from services.chassis.auth import Caller
from services.chassis.settings import Settings


@dataclass(frozen=True)
class Allowance:
    """What a caller may still ask; `reset` is in seconds from now."""

    allowed: bool
    limit: int
    remaining: int
    reset: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The RateLimit-* headers, and Retry-After for a refusal."""
        facts = {"ratelimit-limit": self.limit, "ratelimit-remaining": self.remaining, "ratelimit-reset": self.reset}
        if not self.allowed:
            facts["retry-after"] = max(self.reset, 1)
        return [(name.encode(), str(value).encode()) for name, value in facts.items()]


class RateLimits:
    """Counts requests by caller, or by address for the anonymous."""

    def __init__(self, settings: Settings) -> None:
        self._people = Window(parse(settings.rate_limit))
        self._front_ends = Window(parse(settings.rate_limit_front_end))

    def take(self, caller: Caller, address: str) -> Allowance:
        """Counts one request."""
        window = self._front_ends if caller.door == "key" else self._people
        return window.take(caller.id or address)


class Window:
    """A fixed window, the same for everybody: when it ends all counts are forgotten, so memory has a bound.

    The storage of the library whose notation is used here starts a thread every 10 ms to forget one by one.
    """

    def __init__(self, item: RateLimitItem) -> None:
        self._amount = item.amount
        self._seconds = item.get_expiry()
        self._ends = 0.0
        self._counts: Counter[str] = Counter()

    def take(self, who: str) -> Allowance:
        """Counts one request of somebody."""
        now = time.monotonic()
        if now >= self._ends:
            self._ends = now + self._seconds
            self._counts.clear()
        self._counts[who] += 1
        left = self._amount - self._counts[who]
        return Allowance(left >= 0, self._amount, max(left, 0), math.ceil(self._ends - now))
