"""Pace: the first turn after a rest is taken at once, later ones wait, so that work gathers and is done together.

A batch has a price of its own, whatever its size: several commands, a transaction, an `fsync`. Without a pace a
steady load is served in batches of a few, and that price takes the whole machine long before the work itself does.
"""

import asyncio
import time
from contextlib import suppress


class Pace:
    """At most one turn in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    async def turn(self, at_once: bool = False, hurry: asyncio.Event | None = None) -> None:
        """Returns when the next turn may begin, which it then does. at_once: there is a full batch to do already.

        hurry: what ends the wait early.
        """
        wait = self._next - time.monotonic()
        if wait > 0 and not at_once:
            with suppress(TimeoutError):
                await asyncio.wait_for(hurry.wait(), wait) if hurry else await asyncio.sleep(wait)
        self._next = time.monotonic() + self._seconds
