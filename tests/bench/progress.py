"""How far requests have come: cheap counts of what each service has written, the same for pipeline and floor.

A request is done when its assignment is in intake's store, both people were told (with `mail`: both mails are
recorded as sent), and reporting has counted request and assignment.
"""

import asyncio
import time
from collections.abc import Callable

from services.chassis.mongo import Database

SERVICES = ("intake", "routing", "notify", "reporting")
WRITTEN = (
    ("intake", "timeline", 2),
    ("routing", "decisions", 1),
    ("notify", "notifications", 2),
    ("reporting", "inbox", 2),
)
"""(service, collection, documents for each request)."""


class Progress:
    """Counts from `begin` on; `databases` by service."""

    def __init__(self, databases: dict[str, Database], mail: bool) -> None:
        self._databases = databases
        self._written = (*WRITTEN, ("notify", "attempts", 2), ("notify", "outbox", 2)) if mail else WRITTEN
        self._before: dict[tuple[str, str], int] = {}

    async def begin(self) -> "Progress":
        self._before = await self._counts()
        return self

    async def done(self) -> dict[str, float]:
        """Collection -> how many requests have passed it."""
        counts = await self._counts()
        return {
            f"{name}.{collection}": (counts[name, collection] - self._before[name, collection]) / each
            for name, collection, each in self._written
        }

    async def reached(self, count: int, seconds: float, check: Callable[[], None] = lambda: None) -> float:
        """Waits until so many requests are done; returns when that was (monotonic). Raises TimeoutError."""
        limit = time.monotonic() + seconds
        while True:
            done = await self.done()
            if min(done.values()) >= count:
                return time.monotonic()
            check()
            if time.monotonic() > limit:
                raise TimeoutError(f"of {count} requests only {done} were done in {seconds:.0f} s")
            await asyncio.sleep(0.05)

    async def _counts(self) -> dict[tuple[str, str], int]:
        """From the collections' metadata: no document is read."""
        return {
            (name, collection): int(await self._databases[name][collection].estimated_document_count())
            for name, collection, _ in self._written
        }
