"""Mails that were answered 250 and wait to be taken, in the order of their ids, which is that in which they came.

What is added at the same time is stored by one command. A mail leaves when its document is among the `mails`.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from services.chassis.mongo import Database, Document, Index
from services.chassis.together import Together
from services.chassis.transactions import Plain

QUEUE = "mail_queue"
INDEXES = (Index(QUEUE, (("file", 1),), partial={"file": {"$type": "string"}}),)
_MOST_BYTES = 32_000_000
_ANY = "~"
"""Greater than every id."""


@dataclass(frozen=True, eq=False)
class QueuedMail:
    """A mail as it came. raw: its bytes, empty when they are in the file, which was kept before."""

    id: str
    came_at: datetime
    return_path: str
    recipient: str
    size: int
    raw: bytes
    file: str | None


class MailQueueStore:
    """Adds and finds waiting mails."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._added: Together[QueuedMail, bool] = Together(self._insert)

    async def add(self, mail: QueuedMail) -> None:
        """Returns when the mail is durable."""
        await self._added.of((mail,))

    async def _insert(self, mails: list[QueuedMail]) -> dict[QueuedMail, bool]:
        rows = [{**asdict(mail), "_id": mail.id, "schema_version": 1} for mail in mails]
        for row in rows:
            del row["id"]
        await self._database.at_once(lambda plain: plain[QUEUE].insert_many(rows, ordered=False))
        return dict.fromkeys(mails, True)

    async def oldest(self) -> datetime | None:
        """When the first of those that wait came; None if none waits."""
        found = await self._database.find(QUEUE, {}, {"came_at": 1}, sort=[("_id", 1)], limit=1)
        return found[0]["came_at"] if found else None

    async def last(self) -> str:
        """The id of the newest of those that wait; empty if none waits."""
        found = await self._database.find(QUEUE, {}, {"_id": 1}, sort=[("_id", -1)], limit=1)
        return str(found[0]["_id"]) if found else ""

    async def first(self, most: int, after: str = "", until: str = _ANY) -> list[Document]:
        """The oldest (behind an id): one at least if any waits, and not more than fits into memory with its file."""

        def read(plain: Plain) -> list[Document]:
            rows: list[Document] = []
            size = 0
            for row in plain[QUEUE].find({"_id": {"$gt": after, "$lte": until}}, sort=[("_id", 1)], limit=most):
                size += row["size"]
                if rows and size > _MOST_BYTES:
                    break
                rows.append(row)
            return rows

        return await self._database.at_once(read)

    async def length(self) -> int:
        """How many wait, as nearly as the database knows without counting."""
        return await self._database[QUEUE].estimated_document_count()

    async def remove(self, ids: Iterable[str]) -> None:
        """Takes these out: they are kept elsewhere."""
        await self._database[QUEUE].delete_many({"_id": {"$in": list(ids)}})
