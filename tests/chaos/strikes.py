"""The strikes of a run, each right after the request that the schedule names; what was killed when is kept."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.chaos.pace import Pace
from tests.chaos.schedule import Strike
from tests.chaos.victims import Victim


@dataclass
class Kill:
    """A process that was killed. `open`: requests begun that had no answer yet. Times in seconds of the run."""

    victim: str
    after: int
    open: int
    at: float
    back_after: float | None = None


class Strikes:
    """Kills and waits for the victims' return; the submission waits only until each kill has happened."""

    def __init__(self, victims: Iterable[Victim], strikes: Iterable[Strike], pace: Pace) -> None:
        self.kills: list[Kill] = []
        self._victims = {victim.name: victim for victim in victims}
        self._strikes = list(strikes)
        self._pace = pace
        self._returning: dict[str, asyncio.Task[None]] = {}
        self._began = time.monotonic()

    async def follow(self, begun: int, unanswered: Callable[[], int]) -> None:
        """Carries out the strikes that come after this request."""
        due = [strike for strike in self._strikes if strike.after == begun]
        waited = 0.0
        for strike in due:
            await asyncio.sleep(strike.wait - waited)
            waited = strike.wait
            await self._strike(strike, unanswered)

    async def ended(self) -> None:
        """Returns when every victim is back."""
        await asyncio.gather(*self._returning.values())

    async def _strike(self, strike: Strike, unanswered: Callable[[], int]) -> None:
        if earlier := self._returning.get(strike.victim):
            await earlier
        victim = self._victims[strike.victim]
        name = await victim.kill()
        kill = Kill(name, strike.after, unanswered(), self._passed())
        self.kills.append(kill)
        self._pace.down.add(victim.name)
        self._returning[victim.name] = asyncio.create_task(self._return(victim, strike.down, kill))

    async def _return(self, victim: Victim, down: float, kill: Kill) -> None:
        await victim.revive(down)
        kill.back_after = round(self._passed() - kill.at, 1)
        self._pace.down.discard(victim.name)

    def _passed(self) -> float:
        return round(time.monotonic() - self._began, 2)
