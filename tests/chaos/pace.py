"""The clock of a run: it stands still while more than one victim is down.

So a slow machine, on which a restart takes long, lives through the same mixture of work and outages as a fast one.
"""

import asyncio
import heapq
import itertools
import time

_TICK = 0.05
_DOWN_AT_ONCE = 1


class Pace:
    """Seconds of the schedule: `now`, `until(at)`. `down` names who is down."""

    def __init__(self) -> None:
        self.now = 0.0
        self.down: set[str] = set()
        self._waiting: list[tuple[float, int, asyncio.Event]] = []
        self._number = itertools.count()

    async def run(self) -> None:
        """Keeps the time until cancelled."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(_TICK)
            moment = time.monotonic()
            if len(self.down) <= _DOWN_AT_ONCE:
                self.now += moment - last
                while self._waiting and self._waiting[0][0] <= self.now:
                    heapq.heappop(self._waiting)[2].set()
            last = moment

    async def until(self, at: float) -> None:
        """Returns at that second of the schedule."""
        if at > self.now:
            reached = asyncio.Event()
            heapq.heappush(self._waiting, (at, next(self._number), reached))
            await reached.wait()
