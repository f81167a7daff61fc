"""Numbers of requests: each process takes blocks of 100, so the database is asked once in a hundred requests."""

import asyncio
from collections.abc import Iterator
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from services.chassis.mongo import Database
from services.intake.domain.numbers import block, year_of

NUMBERS = "numbers"


class NumberStore:
    """Gives numbers that no other process gives; those left over when a process ends are never used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._year = 0
        self._left: Iterator[str] = iter(())

    async def take(self, at: datetime) -> str:
        """The next number of the year at that moment."""
        year = year_of(at)
        async with self._lock:
            if year != self._year:
                self._year, self._left = year, iter(())
            number = next(self._left, None)
            if number is None:
                self._left = block(year, await self._next_block(year))
                number = next(self._left)
            return number

    async def _next_block(self, year: int) -> int:
        for last in (False, True):
            try:
                row = await self._database[NUMBERS].find_one_and_update(
                    {"_id": str(year)}, {"$inc": {"blocks": 1}}, upsert=True, return_document=ReturnDocument.AFTER
                )
                return int(row["blocks"])
            except DuplicateKeyError:
                # Two processes began the year at the same moment; now it has begun.
                if last:
                    raise
        raise AssertionError
