"""Queries about what a person sees on their own page and stream."""

from collections.abc import Iterable

from services.chassis.mongo import Database, Document
from services.notify.store import NOTIFICATIONS, PREFERENCES


async def notifications_of(database: Database, person: str, before: str | None, limit: int) -> list[Document]:
    """A person's notifications, newest first, from behind a position."""
    query: Document = {"person": person}
    if before:
        query["position"] = {"$lt": before}
    return await database[NOTIFICATIONS].find(query).sort("position", -1).limit(limit).to_list(limit)


async def notifications_after(database: Database, people: Iterable[str], after: str, limit: int) -> list[Document]:
    """What several people were told since a position, oldest first."""
    query = {"person": {"$in": list(people)}, "position": {"$gt": after}}
    return await database[NOTIFICATIONS].find(query).sort("position", 1).limit(limit).to_list(limit)


async def unread_count(database: Database, person: str) -> int:
    """How many notifications a person has not read; stops counting at 1,000."""
    return int(await database[NOTIFICATIONS].count_documents({"person": person, "read_at": None}, limit=1_000))


async def wishes_of_one(database: Database, person: str) -> Document:
    """What a person wants by e-mail; version 0 when never stated."""
    found = await database[PREFERENCES].find_one({"_id": person})
    return found or {"_id": person, "version": 0, "email": {}}
