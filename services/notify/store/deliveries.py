"""Queries about deliveries and their attempts."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.chassis.mongo import Database, Document
from services.chassis.transactions import Plain
from services.notify.store import ATTEMPTS, DELIVERIES, UNREACHABLE

STATUSES = ("due", "sending", "sent", "failed", "unwanted", "late")
"""due: to be sent. sending: one process has it in hand. unwanted: switched off by the person. late: too old to send."""


async def due_deliveries(database: Database, now: datetime, limit: int) -> list[Document]:
    """What is to be sent now, and what a process that died had in hand, longest waiting first."""

    def steps(plain: Plain) -> list[Document]:
        # One query for each status: with both in one, the server would sort everything that is due.
        wanted = ({"status": status, "due_at": {"$lte": now}} for status in ("sending", "due"))
        rows = (plain[DELIVERIES].find(query, sort=[("due_at", 1)], limit=limit) for query in wanted)
        return [row for some in rows for row in some]

    return (await database.at_once(steps))[:limit]


async def unreachable(database: Database, people: Iterable[str]) -> set[str]:
    """Those to whose address a mail once came back for good; whether it still is that address, intake knows."""
    found = await database.find(UNREACHABLE, {"person": {"$in": sorted(set(people))}}, {"person": 1})
    return {row["person"] for row in found}


async def threads_of(database: Database, requests: Iterable[str]) -> dict[tuple[str, str, str], str]:
    """(request, recipient, channel) -> the first delivery that was sent."""
    query = {"request": {"$in": list(set(requests))}, "status": "sent"}
    fields = {"request": 1, "recipient": 1, "channel": 1, "sent_at": 1, "position": 1}
    rows = [row async for row in database[DELIVERIES].find(query, fields)]
    threads: dict[tuple[str, str, str], str] = {}
    # Letters that were recorded together have one moment in common; they left in the order of their positions.
    for row in sorted(rows, key=lambda row: (row["sent_at"], row["position"])):
        threads.setdefault((row["request"], row["recipient"], row["channel"]), row["_id"])
    return threads


async def find_deliveries(
    database: Database, request: str | None, status: str | None, before: str | None, limit: int
) -> list[Document]:
    """Deliveries, newest first; `request` is an id or a number, `before` a position."""
    query: Document = {}
    if request:
        query["number" if len(request) < 36 else "request"] = request
    if status:
        query["status"] = status
    if before:
        query["position"] = {"$lt": before}
    return await database[DELIVERIES].find(query).sort("position", -1).limit(limit).to_list(limit)


async def attempts_of(database: Database, deliveries: Sequence[str]) -> dict[str, list[Document]]:
    """The recorded attempts of each delivery, in order."""
    found: dict[str, list[Document]] = {id: [] for id in deliveries}
    async for row in database[ATTEMPTS].find({"delivery": {"$in": list(deliveries)}}).sort("number", 1):
        found[row["delivery"]].append(row)
    return found


async def queue_depth(database: Database) -> dict[str, int]:
    """How many deliveries wait, are in hand, and have failed."""
    return {
        status: await database[DELIVERIES].count_documents({"status": status})
        for status in ("due", "sending", "failed")
    }


async def hurry(database: Database, now: datetime) -> int:
    """Makes everything that waits due at once; returns how much that was."""
    later = {"status": "due", "due_at": {"$gt": now}}
    result = await database[DELIVERIES].update_many(later, {"$set": {"due_at": now}, "$inc": {"version": 1}})
    return int(result.modified_count)
