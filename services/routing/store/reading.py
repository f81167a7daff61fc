"""What people ask for: lists newest first with a cursor, single documents, counts by task force."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.chassis.mongo import Database, Document
from services.routing.store import ASSIGNMENTS, CASES, DECISIONS, EXPERTS

QUEUES = ("ready", "stuck", "coordinator")


class Reading:
    """Questions of API and pages; what the caller may see is part of the question."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def case(self, number: str) -> Document | None:
        """The case of a request by its number."""
        return await self._database[CASES].find_one({"number": number})

    async def one(self, collection: str, id: str) -> Document | None:
        """A document by id."""
        return await self._database[collection].find_one({"_id": id})

    async def answers(self, decisions: Iterable[Document]) -> dict[str, Document]:
        """Decision -> the assignment that it led to, which has its id."""
        return await self.by_ids(ASSIGNMENTS, [one["_id"] for one in decisions])

    async def by_ids(self, collection: str, ids: Iterable[str]) -> dict[str, Document]:
        """Those of these documents that exist, by id."""
        return {row["_id"]: row for row in await self._database.by_ids(collection, ids)}

    async def decision(self, request: str) -> Document | None:
        """The latest decision about a request."""
        return await self._database[DECISIONS].find_one({"request": request}, sort=[("at", -1)])

    async def decisions(self, request: str, limit: int = 20) -> list[Document]:
        """The latest decisions about a request, newest first."""
        rows = self._database[DECISIONS].find({"request": request}).sort("at", -1).limit(limit)
        return [row async for row in rows]

    async def assignments(
        self, limit: int, before: str | None = None, person: str | None = None, **equal: str | None
    ) -> list[Document]:
        """Assignments, newest first; `person`: only those in which this person is asked or takes part."""
        query: Document = {name: value for name, value in equal.items() if value is not None}
        if person is not None:
            query["people"] = person
        if before is not None:
            query["_id"] = {"$lt": before}
        return [row async for row in self._database[ASSIGNMENTS].find(query).sort("_id", -1).limit(limit)]

    async def queue(self, limit: int, after: tuple[Any, str] | None = None) -> list[Document]:
        """Requests without an expert, those to be served first ahead."""
        query: Document = {"queue": {"$in": list(QUEUES)}}
        if after is not None:
            at, id = after
            query["precedence"] = {"$gte": at}
            query["$or"] = [{"precedence": {"$gt": at}}, {"precedence": at, "_id": {"$gt": id}}]
        served = [("precedence", 1), ("_id", 1)]
        # Named, because the planner may prefer the index by theme and sort the whole queue in memory.
        rows = self._database[CASES].find(query).sort(served).hint([("queue", 1), *served]).limit(limit)
        return [row async for row in rows]

    async def experts(
        self, limit: int, task_force: str | None = None, before: str | None = None, only: str | None = None
    ) -> list[Document]:
        """Profiles, newest first; `only`: that person's own."""
        query: Document = {"task_forces": task_force} if task_force else {}
        bounds = {name: value for name, value in (("$lt", before), ("$eq", only)) if value is not None}
        if bounds:
            query["_id"] = bounds
        return [row async for row in self._database[EXPERTS].find(query).sort("_id", -1).limit(limit)]

    async def counts(self, now: datetime, hours_of_one: float) -> dict[str, dict[str, int]]:
        """Theme -> experts, their places, requests in hand, requests waiting; never of single persons.

        hours_of_one: how many weekly hours an open request takes.
        """
        places = {"$sum": places_of_one(hours_of_one)}
        experts: list[Document] = [
            {"$match": taking_part(now)},
            {"$unwind": "$task_forces"},
            {"$group": {"_id": "$task_forces", "experts": {"$sum": 1}, "places": places}},
        ]
        held: list[Document] = [
            {"$match": {"active": True}},
            {"$group": {"_id": "$task_force", "in_hand": {"$sum": 1}}},
        ]
        waiting: list[Document] = [
            {"$match": {"queue": {"$in": list(QUEUES)}}},
            {"$group": {"_id": "$theme", "waiting": {"$sum": 1}}},
        ]
        found: dict[str, dict[str, int]] = {}
        for collection, stages in ((EXPERTS, experts), (ASSIGNMENTS, held), (CASES, waiting)):
            async for row in self._database[collection].aggregate(stages):
                found.setdefault(row.pop("_id") or "", {}).update(row)
        return found


def places_of_one(hours_of_one: float) -> Document:
    """The places of an expert, as an expression: `handlers.experts.places` (a test compares both).

    Nobody's hours are null, and `$min` passes over what is null.
    """
    hours = {"$min": ["$weekly_hours", "$available_hours"]}
    fit = {"$floor": {"$add": [{"$divide": [hours, hours_of_one]}, 1e-9]}}
    return {"$toInt": {"$min": ["$capacity", fit]}}


def taking_part(now: datetime) -> Document:
    """The experts who take part, as a condition: `handlers.presence.takes_part_at` (a test compares both)."""
    return {
        "active": True,
        "entitled": True,
        "paused": {"$ne": True},
        **{name: {"$not": {"$gt": now}} for name in ("contract_start", "role_start")},
        **{name: {"$not": {"$lte": now}} for name in ("contract_end", "role_end")},
    }
