"""What was done for requests: entries of a request, of a person's month, and totals of a task force."""

from typing import Any

from services.chassis.mongo import Database, Document
from services.routing.store import ACTIONS

_MOST = 2_000
_NEWEST = [("day", -1), ("_id", -1)]


class Actions:
    """Questions about entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def one(self, id: str) -> Document | None:
        """An entry."""
        return await self._database[ACTIONS].find_one({"_id": id})

    async def of_assignment(self, assignment: str, expert: str | None) -> list[Document]:
        """The entries about one assignment, newest day first; `expert`: that person's alone."""
        query: Document = {"assignment": assignment} | ({"expert": expert} if expert else {})
        return [row async for row in self._database[ACTIONS].find(query).sort(_NEWEST).limit(_MOST)]

    async def of_person(self, expert: str, months: list[str]) -> list[Document]:
        """A person's entries in some months, newest day first."""
        found: list[Document] = []
        for month in sorted(months, reverse=True):
            rows = self._database[ACTIONS].find({"expert": expert, "month": month}).sort(_NEWEST).limit(_MOST)
            found += [row async for row in rows]
        return found

    async def minutes_on(self, expert: str, day: str, without: str | None = None) -> int:
        """The minutes of a person's entries on a day that stand, but for one."""
        query = {"expert": expert, "month": day[:7], "day": day}
        rows = self._database[ACTIONS].find(query, {"minutes": 1, "withdrawn": 1})
        return sum([row["minutes"] async for row in rows if not row["withdrawn"] and row["_id"] != without])

    async def of_task_force(self, task_force: str, month: str) -> dict[str, Any]:
        """Minutes of a task force in a month: by request and by kind of action; never by person."""
        entries = {"$match": {"task_force": task_force, "month": month, "withdrawn": False}}
        by_request: Document = {"$group": {"_id": "$number", "minutes": {"$sum": "$minutes"}, "actions": {"$sum": 1}}}
        by_kind: Document = {"$group": {"_id": "$kind", "minutes": {"$sum": "$minutes"}, "actions": {"$sum": 1}}}
        found: dict[str, Any] = {}
        for name, group in (("requests", by_request), ("kinds", by_kind)):
            stages = [entries, group, {"$sort": {"minutes": -1, "_id": 1}}, {"$limit": 500}]
            found[name] = [row async for row in self._database[ACTIONS].aggregate(stages)]
        return found
