"""What was said and what happened about requests: the collections `messages` and `timeline`, oldest first."""

from collections.abc import Iterable

from services.chassis.mongo import Database, Document, Index

MESSAGES = "messages"
TIMELINE = "timeline"
INDEXES = (
    Index(MESSAGES, (("request", 1), ("at", 1), ("rank", 1))),
    Index(TIMELINE, (("request", 1), ("at", 1), ("rank", 1))),
)
_MOST = 2000


class ConversationStore:
    """Reads both; they are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def messages(self, requests: Iterable[str], internal: bool) -> list[Document]:
        """The messages of these requests; those among colleagues only if `internal`."""
        where: Document = {"request": {"$in": list(requests)}}
        if not internal:
            where["visibility"] = "shared"
        return await self._read(MESSAGES, where)

    async def timeline(self, requests: Iterable[str]) -> list[Document]:
        """What happened to these requests."""
        return await self._read(TIMELINE, {"request": {"$in": list(requests)}})

    async def by_ids(self, ids: Iterable[str]) -> list[Document]:
        """Those of these messages that exist."""
        return await self._database.by_ids(MESSAGES, ids)

    async def _read(self, collection: str, where: Document) -> list[Document]:
        found = self._database[collection].find(where, sort=[("at", 1), ("rank", 1)], limit=_MOST)
        return [row async for row in found]
