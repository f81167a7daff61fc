"""Simulations that people asked for, and what one reads of the past: bounded, by index, only the fields needed.

simulations       one document each: what was asked, how far it is, the figures; deleted after 90 days
simulation_queue  one document: the simulations that are not over, which bounds their number
"""

import asyncio
from datetime import datetime, timedelta

from services.chassis.mongo import Database, Document, Index
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS

SIMULATIONS = "simulations"
QUEUE = "simulation_queue"
THE_QUEUE = "queue"
KEPT_DAYS = 90
INDEXES = (
    Index(SIMULATIONS, (("created_at", 1),), ttl_days=KEPT_DAYS),
    Index(CASES, (("received_at", 1),)),
    Index(ASSIGNMENTS, (("offered_at", 1),)),
)

BEFORE = timedelta(days=400)
"""How far back is read for what experts hold, for whom they worked, and how they behave."""
MOST_READ = 300_000
_NEWEST = [("_id", -1)]
_WITHOUT_RESULT = {"result": 0}
_CASE = {
    "number": 1, "theme": 1, "procedure": 1, "kind": 1, "province": 1, "precedence": 1, "body": 1, "companies": 1,
    "further_themes": 1, "urgency": 1, "received_at": 1, "queue": 1,
}  # fmt: skip
_ASSIGNMENT = {
    "request": 1, "round": 1, "expert": 1, "status": 1, "offered_at": 1, "accepted_at": 1, "ended_at": 1,
    "expires_at": 1, "reason": 1, "province": 1, "task_force": 1,
}  # fmt: skip


class Simulations:
    """Questions about simulations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, id: str) -> Document | None:
        """A simulation."""
        return await self._database[SIMULATIONS].find_one({"_id": id})

    async def newest(self, limit: int, before: str | None = None) -> list[Document]:
        """Simulations without their figures, newest first."""
        query: Document = {"_id": {"$lt": before}} if before else {}
        return await self._database.find(SIMULATIONS, query, _WITHOUT_RESULT, _NEWEST, limit)

    async def open(self) -> list[str]:
        """Those that are not over, in the order in which they were asked for."""
        row = await self._database[QUEUE].find_one({"_id": THE_QUEUE})
        return list(row["open"]) if row else []


class Periods:
    """Questions about a period; each answers with plain documents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, start: datetime, end: datetime, most: int) -> int:
        """How many requests came; not counted further than `most`."""
        query = {"received_at": {"$gte": start, "$lt": end}}
        return int(await self._database[CASES].count_documents(query, limit=most))

    async def first_of(self, numbers: list[str]) -> datetime | None:
        """When the first of these requests came."""
        query = {"number": {"$in": numbers}}
        rows = await self._database.find(CASES, query, {"received_at": 1})
        return min((row["received_at"] for row in rows), default=None)

    async def read(self, start: datetime, end: datetime) -> tuple[list[Document], list[Document], list[Document]]:
        """Profiles, cases and assignments: those of the period and of the time before it, as far as it matters."""
        since = {"$gte": start - BEFORE, "$lt": end}
        return await asyncio.gather(
            self._database.find(EXPERTS, {}),
            self._database.find(CASES, {"received_at": since}, _CASE, limit=MOST_READ),
            self._database.find(ASSIGNMENTS, {"offered_at": since}, _ASSIGNMENT, limit=MOST_READ),
        )
