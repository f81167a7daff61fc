"""Leases: one holder at a time for a job of which there must be only one, such as a relay or the matcher.

The database's own clock decides, so the processes' clocks need not agree. A holder renews well before the end
and counts itself out by its own monotonic clock when it cannot: two never believe that they hold it, as long
as no single step takes longer than the safety margin. What a holder writes must be guarded all the same.
"""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError

from contracts.envelope import new_id
from services.chassis.mongo import Database

LEASES = "leases"
log = structlog.get_logger()


class Lease:
    """A named lease, kept by a background task between `start` and `stop`."""

    def __init__(self, database: Database, name: str, seconds: float = 3.0) -> None:
        self.name = name
        self.holder = new_id()
        self._database = database
        self._seconds = seconds
        self._until = 0.0
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def held(self) -> bool:
        """Whether this process may act now."""
        return time.monotonic() < self._until

    async def start(self) -> None:
        """Begins to try for the lease and to renew it."""
        with suppress(PyMongoError):
            await self._try()
        self._task = asyncio.create_task(self._keep(), name=f"lease-{self.name}")

    async def stop(self) -> None:
        """Gives the lease back at once, so that another process need not wait for its end."""
        if self._task:
            # Not cancelled at once: a renewal under way would go on in the driver and land behind our deletion.
            self._stopping.set()
            await asyncio.wait({self._task}, timeout=self._seconds)
            self._task.cancel()
        if not self.held:
            return  # Nothing to give back, and the database may be away: the end must not wait for it.
        self._until = 0.0
        with suppress(PyMongoError):
            await self._database[LEASES].delete_one({"_id": self.name, "holder": self.holder})

    async def _keep(self) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._seconds / 3)
                return
            try:
                await self._try()
            except PyMongoError as error:
                log.warning("lease_not_renewed", lease=self.name, error=type(error).__name__)

    async def _try(self) -> None:
        asked = time.monotonic()
        ends = {"$add": ["$$NOW", int(self._seconds * 1000)]}
        over = {"$lt": [{"$ifNull": ["$until", datetime.fromtimestamp(0, UTC)]}, "$$NOW"]}
        free = {"$or": [{"$eq": ["$holder", self.holder]}, over]}
        # Decided in the update and not in its filter, where an upsert may not use the server's clock.
        took = {"holder": {"$cond": [free, self.holder, "$holder"]}, "until": {"$cond": [free, ends, "$until"]}}
        # Two that ask at once for a lease that nobody ever held: the server lets one insert and the other update.
        row = await self._database[LEASES].find_one_and_update(
            {"_id": self.name}, [{"$set": took}], upsert=True, return_document=ReturnDocument.AFTER
        )
        if row["holder"] != self.holder:
            self._until = 0.0
            return
        # Counted from before the question, less a margin: we stop before the server lets another in.
        self._until = asked + self._seconds * 0.8
