"""Questions behind the warnings: whose contract, conflicts or absences may speak against what they follow."""

from collections.abc import Collection, Iterable
from datetime import datetime

from services.chassis.mongo import Database, Document
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, TALKS


class Suspects:
    """The questions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def profiles(self, now: datetime) -> list[Document]:
        """Experts about whom something may have to be told."""
        return await self._database.find(EXPERTS, suspects_query(now))

    async def by_ids(self, experts: Iterable[str]) -> list[Document]:
        """Those of these experts who exist."""
        return await self._database.by_ids(EXPERTS, experts)

    async def followed(self, experts: Collection[str]) -> list[Document]:
        """The accepted assignments in which these experts take part."""
        return await self._database.find(ASSIGNMENTS, followed_query(experts)) if experts else []

    async def cases(self, ids: Iterable[str]) -> list[Document]:
        """The requests with these ids."""
        return await self._database.by_ids(CASES, ids)

    async def talks(self, experts: Collection[str], now: datetime) -> list[Document]:
        """The talks of these experts that are booked and to come."""
        found = await self._database.find(TALKS, talks_query(experts, now)) if experts else []
        return [row for row in found if row["active"]]


def suspects_query(now: datetime) -> Document:
    """Experts about whom something may have to be told."""
    return {
        "$or": [
            {"contract_end": {"$lte": now}},
            {"role_end": {"$lte": now}},
            {"entitled": False},
            {"conflicts.bodies": {"$gt": ""}},
            {"conflicts.companies": {"$gt": ""}},
            {"absences.end": {"$gt": now}},
        ]
    }


def followed_query(experts: Iterable[str]) -> Document:
    """What these experts follow or help with."""
    return {"people": {"$in": sorted(experts)}, "status": "accepted"}


def talks_query(experts: Iterable[str], now: datetime) -> Document:
    """The talks of these experts that are to come."""
    return {"expert": {"$in": sorted(experts)}, "start": {"$gt": now}}
