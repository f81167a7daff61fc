"""Mails as they came in: one document for each (Message-ID, recipient), with the original bytes.

A document exists if and only if the mail was answered 250; that is what makes a second delivery a no-op.
"""

from collections.abc import Iterable

from services.chassis.mongo import Database, Document, Index
from services.intake.store.files import FileStore

MAILS = "mails"
INDEXES = (
    Index(MAILS, (("sender", 1),)),
    Index(MAILS, (("message_id", 1),)),
)
INLINE = 1_000_000
"""Originals up to this size are kept in the document, larger ones in GridFS."""


class MailStore:
    """Reads mails; they are written by handlers through their Work."""

    def __init__(self, database: Database, files: FileStore) -> None:
        self._database = database
        self._files = files

    async def known(self, id: str) -> bool:
        """Whether this mail was taken before."""
        return await self._database[MAILS].find_one({"_id": id}, {"_id": 1}) is not None

    async def request_of(self, message_ids: Iterable[str]) -> str | None:
        """The request that one of these earlier mails made or joined."""
        where = {"message_id": {"$in": list(message_ids)}, "request": {"$ne": None}}
        row = await self._database[MAILS].find_one(where, {"request": 1})
        return str(row["request"]) if row else None

    async def original(self, row: Document) -> bytes:
        """The bytes as they came in."""
        if row["file"] is None:
            return bytes(row["raw"])
        return b"".join([piece async for piece in self._files.read(row["file"])])

    async def forget(self, person: str) -> int:
        """Removes the originals that an erased person sent; the ids stay, so that nothing is taken twice."""
        where = {"sender": person, "erased": {"$ne": True}}
        rows = [row async for row in self._database[MAILS].find(where, {"file": 1})]
        for row in rows:
            if row["file"]:
                await self._files.remove(row["file"])
            emptied = {"raw": b"", "file": None, "erased": True, "sender": None}
            await self._database[MAILS].update_one({"_id": row["_id"]}, {"$set": emptied})
        return len(rows)
