"""What was said and what happened about requests: the collections `messages` and `timeline`, oldest first."""

from collections.abc import Iterable
from datetime import datetime

from services.chassis.mongo import Database, Document, Index
from services.chassis.transactions import Plain

MESSAGES = "messages"
TIMELINE = "timeline"
INDEXES = (
    Index(MESSAGES, (("request", 1), ("at", 1), ("rank", 1))),
    Index(TIMELINE, (("request", 1), ("at", 1), ("rank", 1))),
)
_MOST = 2000


class ConversationStore:
    """Reads messages by their ids; both collections are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_ids(self, ids: Iterable[str]) -> list[Document]:
        """Those of these messages that exist."""
        return await self._database.by_ids(MESSAGES, ids)

    async def mailed(self, request: str, author: str, since: datetime, most: int) -> int:
        """How many mails of this person joined the request since then, counted up to `most`."""
        by = {"author": author, "channel": {"$in": ["email", "pec"]}}
        return await self._database[MESSAGES].count_documents(
            {"request": request, "at": {"$gte": since}} | by, limit=most
        )


def story(plain: Plain, requests: Iterable[str], internal: bool) -> tuple[list[Document], list[Document]]:
    """The messages and the timeline of these requests; messages among colleagues only if `internal`."""
    where = {"request": {"$in": list(requests)}}
    said = where if internal else {**where, "visibility": "shared"}
    return _read(plain, MESSAGES, said), _read(plain, TIMELINE, where)


def with_all_of(
    plain: Plain, request: str, messages: list[Document], timeline: list[Document], actions: Iterable[str]
) -> tuple[list[Document], list[Document]]:
    """A `story` in which every line about these actions, and the expert's first messages, of this request are surely.

    A long one ends before its newest lines: then these are read alone.
    """
    if max(len(messages), len(timeline)) < _MOST:
        return messages, timeline
    said = {"request": request, "kind": "message", "visibility": "shared", "author_role": "expert", "automatic": False}
    happened = {"request": request, "action": {"$in": sorted(actions)}}
    lines = plain[TIMELINE].find(happened, {"details": 0}, sort=[("at", 1), ("rank", 1)])
    return _read(plain, MESSAGES, said), list(lines)


def _read(plain: Plain, collection: str, where: Document) -> list[Document]:
    return list(plain[collection].find(where, sort=[("at", 1), ("rank", 1)], limit=_MOST))
