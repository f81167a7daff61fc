"""What the matcher and the deadlines ask for: bounded, by index, in the order of service."""

from datetime import datetime

from services.chassis.mongo import Database, Document
from services.routing.criteria import near
from services.routing.store import ASSIGNMENTS, CASES, CHECKS, EXPERTS

_ORDER = [("precedence", 1), ("_id", 1)]
_LEAD = {"lead": 1}


class Waiting:
    """Questions about work to be done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ready(self, limit: int) -> list[Document]:
        """Requests to be decided about, those to be served first ahead: id and theme."""
        return await self._database.find(CASES, {"queue": "ready"}, {"theme": 1}, _ORDER, limit)

    async def eligible(self, expert: Document, limit: int) -> list[Document]:
        """The requests that nobody could be asked for and that this expert could take, first served ahead."""
        query: Document = {
            "queue": "stuck",
            "theme": {"$in": [theme["code"] for theme in expert["themes"]]},
            "kind": {"$in": expert["kinds"]},
            "declined_by": {"$ne": expert["_id"]},
        }
        if expert["provinces"]:
            own = frozenset(expert["provinces"])
            query["province"] = {"$in": sorted(own | near(own))}
        return await self._database.find(CASES, query, {"theme": 1}, _ORDER, limit)

    async def to_release(self, limit: int) -> list[tuple[str, str, str]]:
        """Requests whose assignment is to end: request, assignment and expert."""
        rows = await self._database.find(CASES, {"queue": "release"}, _LEAD, _ORDER, limit)
        return [(row["_id"], row["lead"]["assignment"], row["lead"]["expert"]) for row in rows]

    async def candidates(self, themes: set[str]) -> list[str]:
        """The experts who work on one of the themes."""
        rows = await self._database.find(EXPERTS, {"themes.code": {"$in": sorted(themes)}}, {"_id": 1})
        return [row["_id"] for row in rows]

    async def checks(self, now: datetime, limit: int) -> dict[str, list[str]]:
        """Experts to look at -> the checks that say so, oldest first."""
        found: dict[str, list[str]] = {}
        for row in await self._database.find(CHECKS, {"at": {"$lte": now}}, sort=[("at", 1)], limit=limit):
            found.setdefault(row["expert"], []).append(row["_id"])
        return found

    async def forget(self, checks: list[str]) -> None:
        """Checks that have been done. Losing this costs a second look."""
        await self._database[CHECKS].delete_many({"_id": {"$in": checks}})

    async def offers_of(self, experts: list[str]) -> list[Document]:
        """Offers that these experts have not answered."""
        query = {"people": {"$in": experts}, "status": "offered", "active": True}
        return await self._database.find(ASSIGNMENTS, query)

    async def lapsed(self, now: datetime, limit: int) -> list[Document]:
        """Offers whose time is over."""
        query = {"status": "offered", "expires_at": {"$lte": now}}
        return await self._database.find(ASSIGNMENTS, query, sort=[("expires_at", 1)], limit=limit)

    async def to_remind(self, now: datetime, limit: int) -> list[Document]:
        """Offers of whose deadline the expert is to be reminded."""
        query = {"status": "offered", "remind_at": {"$lte": now}}
        return await self._database.find(ASSIGNMENTS, query, sort=[("remind_at", 1)], limit=limit)
