"""The clock of a run: it stands still while more than one victim is down.

So a slow machine, on which a restart takes long, lives through the same mixture of work and outages as a fast one.
"""

import asyncio
import time

_TICK = 0.02
_DOWN_AT_ONCE = 1


class Pace:
    """Seconds of the schedule: `now`, `until(at)`. `down` names who is down, `begun` is the last request begun."""

    def __init__(self) -> None:
        self.now = 0.0
        self.begun = 0
        self.down: set[str] = set()
        self._awaited = 0.0
        self._reached = asyncio.Event()

    async def run(self) -> None:
        """Keeps the time until cancelled."""
        last = time.monotonic()
        while True:
            await asyncio.sleep(_TICK)
            moment = time.monotonic()
            if len(self.down) <= _DOWN_AT_ONCE:
                self.now += moment - last
            if self.now >= self._awaited:
                self._reached.set()
            last = moment

    async def until(self, at: float) -> None:
        """Returns at that second of the schedule; one waits at a time."""
        if self.now < at:
            self._awaited = at
            self._reached.clear()
            await self._reached.wait()
