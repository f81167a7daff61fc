"""Rate limits: how much one caller may ask of one process; every answer says what is left.

Front-ends with a key serve many people and have their own limit. Counting is per process and in memory: the
limit protects the process; quotas of a contract are another matter.
"""

import time
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

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
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._people: RateLimitItem = parse(settings.rate_limit)
        self._front_ends: RateLimitItem = parse(settings.rate_limit_front_end)

    def take(self, caller: Caller, address: str) -> Allowance:
        """Counts one request."""
        item = self._front_ends if caller.door == "key" else self._people
        who = caller.id or address
        allowed = self._limiter.hit(item, who)
        reset, remaining = self._limiter.get_window_stats(item, who)
        return Allowance(allowed, item.amount, remaining, max(0, round(reset - time.time())))
