"""What the matcher and the deadlines ask for: bounded, by index, in the order of service."""

from datetime import datetime

from contracts.vocabulary import procedure
from services.chassis.mongo import Database, Document
from services.routing.criteria import near, served
from services.routing.store import ASSIGNMENTS, CASES, CHECKS, EXPERTS, LOADS

_ORDER = [("precedence", 1), ("_id", 1)]
_LEAD = {"lead": 1}


class Waiting:
    """Questions about work to be done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ready(self, limit: int) -> list[Document]:
        """Requests to be decided about, those to be served first ahead."""
        return await self._database.find(CASES, {"queue": "ready"}, None, _ORDER, limit)

    async def stuck(self, limit: int, after: datetime | None) -> list[Document]:
        """Requests for which nobody was found, in the order of service from a moment on."""
        query: Document = {"queue": "stuck"} | ({"precedence": {"$gt": after}} if after else {})
        return await self._database.find(CASES, query, None, _ORDER, limit)

    async def eligible(self, expert: Document, limit: int) -> list[Document]:
        """The requests that nobody could be asked for and that this expert could take, first served ahead."""
        conflicts = expert.get("conflicts", {})
        query: Document = {
            "queue": "stuck",
            "theme": {"$in": [theme["code"] for theme in expert["themes"]]},
            "kind": {"$in": expert["kinds"]},
            "declined_by": {"$ne": expert["_id"]},
            "pinned.expert": {"$in": [None, expert["_id"]]},
        }
        if expert["provinces"]:
            own = served(frozenset(expert["provinces"]), expert.get("home"))
            query["province"] = {"$in": sorted(own | near(own))}
        if conflicts.get("bodies"):
            query["body"] = {"$nin": conflicts["bodies"]}
        if conflicts.get("companies"):
            query["companies"] = {"$nin": conflicts["companies"]}
        if named := _procedures_by_theme(expert):
            query["$nor"] = [
                {"theme": code, "procedure": {"$nin": [None, *procedures]}} for code, procedures in named.items()
            ]
        return await self._database.find(CASES, query, None, _ORDER, limit)

    async def to_release(self, limit: int) -> list[tuple[str, str, str]]:
        """Requests whose assignment is to end: request, assignment and expert."""
        rows = await self._database.find(CASES, {"queue": "release"}, _LEAD, _ORDER, limit)
        return [(row["_id"], row["lead"]["assignment"], row["lead"]["expert"]) for row in rows]

    async def experts(self) -> list[Document]:
        """All profiles."""
        return await self._database.find(EXPERTS, {})

    async def loads(self) -> list[Document]:
        """The places taken of all experts."""
        return await self._database.find(LOADS, {})

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


def _procedures_by_theme(expert: Document) -> dict[str, list[str]]:
    """Theme of the expert -> the procedures of it that they name: of such a theme they take no other."""
    themes = {theme["code"] for theme in expert["themes"]}
    named: dict[str, list[str]] = {}
    for code in (item["code"] for item in expert["procedures"]):
        about = procedure(code)
        if about and about.theme in themes:
            named.setdefault(about.theme, []).append(code)
    return named
