"""Queries of the planner: notices that are due, the state of their requests, who holds a role."""

from collections.abc import Iterable
from datetime import datetime

from services.chassis.access import ACCESS
from services.chassis.mongo import Database, Document
from services.notify.store import ARRIVALS, NOTICES, PREFERENCES, REQUESTS


async def due_notices(database: Database, now: datetime, limit: int) -> list[Document]:
    """The notices to plan now, those that wait longest first."""
    query = {"status": "waiting", "due_at": {"$lte": now}}
    return await database.find(NOTICES, query, sort=[("due_at", 1)], limit=limit)


async def states_of(database: Database, requests: Iterable[str]) -> dict[str, Document]:
    """The known states of requests by id."""
    return {row["_id"]: row for row in await database.by_ids(REQUESTS, set(requests))}


async def holders(
    database: Database, roles: Iterable[str], scopes: Iterable[str | None], named: Iterable[str] = ()
) -> list[Document]:
    """Everybody who ever held one of the roles in one of the scopes (None: the programme), and who is named."""
    held = {"scope": {"$in": list(scopes)}, "role": {"$in": list(roles)}}
    found = {row["_id"]: row for row in await database.find(ACCESS, {"grants": {"$elemMatch": held}})}
    others = set(named) - found.keys()
    return [*found.values(), *(await database.by_ids(ACCESS, others) if others else ())]


async def wishes_of(database: Database, people: Iterable[str]) -> dict[str, Document]:
    """The preferences of those who have stated any, by person."""
    return {row["_id"]: row for row in await database.by_ids(PREFERENCES, set(people))}


async def reopen_for_arrivals(database: Database, audiences: Iterable[str], now: datetime, limit: int) -> bool:
    """Lets notices be planned again that happened after a grant was told, but were planned before we heard of it.

    audiences: those that depend on who holds which role.
    Returns whether there was anything. Planning again adds only what is missing.
    """
    arrivals = await database.find(ARRIVALS, {}, limit=limit)
    if not arrivals:
        return False
    since = min(row["since"] for row in arrivals)
    await database[NOTICES].update_many(
        {"at": {"$gte": since}, "status": "planned", "audiences": {"$in": list(audiences)}},
        {"$set": {"status": "waiting", "due_at": now}, "$inc": {"version": 1}},
    )
    await database[ARRIVALS].delete_many({"_id": {"$in": [row["_id"] for row in arrivals]}})
    return True
