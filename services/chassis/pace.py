"""Pace: the first turn after a rest is taken at once, later ones wait, so that work gathers and is done together.

A batch has a price of its own, whatever its size: several commands, a transaction, an `fsync`. Without a pace a
steady load is served in batches of a few, and that price takes the whole machine long before the work itself does.
"""

import asyncio
import time


class Pace:
    """At most one turn in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    async def turn(self, at_once: bool = False) -> None:
        """Returns when the next turn may begin, which it then does. at_once: there is a full batch to do already."""
        wait = self._next - time.monotonic()
        if wait > 0 and not at_once:
            await asyncio.sleep(wait)
        self._next = time.monotonic() + self._seconds
