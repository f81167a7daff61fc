"""What the pages and the API of an expert's day ask: requests in hand, talks, and what was done."""

from collections.abc import Iterable
from datetime import datetime

from services.chassis.mongo import Database, Document
from services.routing.store import AGENDAS, ASSIGNMENTS, CASES, EXPERTS, LOOSE, TALKS

_MOST = 500
"""More than one person can hold, or do in a month."""


class Days:
    """Questions, and the queue of talks to be freed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def in_hand(self, person: str, status: str) -> list[Document]:
        """Every assignment of this status in which the person is asked or takes part, newest first."""
        rows = self._database[ASSIGNMENTS].find({"people": person, "status": status}).sort("_id", -1).limit(_MOST)
        return [row async for row in rows]

    async def cases(self, ids: Iterable[str]) -> dict[str, Document]:
        """The requests with these ids."""
        return {row["_id"]: row for row in await self._database.by_ids(CASES, set(ids))}

    async def siblings(self, case: Document, limit: int = 20) -> list[Document]:
        """The body's other requests on the same procedure, newest first."""
        if not case["procedure"]:
            return []
        query = {"body": case["body"], "procedure": case["procedure"], "_id": {"$ne": case["_id"]}}
        return [row async for row in self._database[CASES].find(query).sort("_id", -1).limit(limit)]

    async def expert(self, id: str) -> Document | None:
        """A profile."""
        return await self._database[EXPERTS].find_one({"_id": id})

    async def agenda(self, expert: str) -> list[Document]:
        """The slots of an expert, past ones too."""
        found = await self._database[AGENDAS].find_one({"_id": expert})
        return list(found["slots"]) if found else []

    async def talk(self, id: str) -> Document | None:
        """A talk."""
        return await self._database[TALKS].find_one({"_id": id})

    async def talks_about(self, request: str) -> list[Document]:
        """The talks about a request, the first one first."""
        return [row async for row in self._database[TALKS].find({"request": request}).sort("start", 1).limit(_MOST)]

    async def talks_of(self, expert: str, after: datetime) -> list[Document]:
        """The talks of an expert from a moment on."""
        query = {"expert": expert, "start": {"$gt": after}}
        return [row async for row in self._database[TALKS].find(query).sort("start", 1).limit(_MOST) if row["active"]]

    async def loose(self, now: datetime, limit: int) -> list[Document]:
        """The talks whose assignment has ended."""
        return await self._database.find(LOOSE, {"at": {"$lte": now}}, sort=[("at", 1)], limit=limit)

    async def settled(self, ids: list[str]) -> None:
        """Loose talks that have been looked at. Losing this costs a second look."""
        await self._database[LOOSE].delete_many({"_id": {"$in": ids}})
