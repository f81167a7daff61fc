"""The agenda of the demonstration: what happens when, with the clock moved to each moment in turn."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from services.chassis.clock import Clock

ROME = ZoneInfo("Europe/Rome")
_TOGETHER = timedelta(hours=4)
_AT_ONCE = 8

Act = Callable[[], Awaitable[None]]


class Agenda:
    """Acts by moment. People act on working days between 8:30 and 17."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[datetime, int, Act]] = []
        self._order = count()
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._begun = False

    def plan(self, moment: datetime, act: Act) -> None:
        """Puts an act on the agenda, at the next office hour from `moment` on."""
        local = moment.astimezone(ROME)
        if local.hour >= 17:
            local = local.replace(hour=8, minute=30) + timedelta(days=1)
        elif local.hour < 8:
            local = local.replace(hour=8, minute=30)
        while local.weekday() >= 5:
            local += timedelta(days=1)
        heapq.heappush(self._due, (local, next(self._order), act))

    async def work_until(self, end: datetime) -> None:
        """Does everything up to `end`. What falls within a few hours overlaps, as it does in offices."""
        while self._due and self._due[0][0] < end:
            limit = min(self._due[0][0] + _TOGETHER, end)
            together = []
            while self._due and self._due[0][0] < limit:
                moment, _, act = heapq.heappop(self._due)
                together.append(self._at(moment, act))
            await asyncio.gather(*together)

    async def _at(self, moment: datetime, act: Act) -> None:
        async with self._gate:
            # Never backwards: what follows something must not be earlier than it.
            self._clock.move_to(max(moment, self._clock.now()) if self._begun else moment)
            self._begun = True
            await act()
