"""Attachments of requests: one document each; the content is in GridFS, in a bucket of its own (`attached.*`).

`file` names the content; it is None for what was refused or erased. A content that no document names was left by an
upload that came to nothing: `store.orphans` finds it after a day.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime

from gridfs.errors import CorruptGridFile, NoFile

from services.chassis.errors import PermanentError
from services.chassis.mongo import Database, Document, Index
from services.chassis.transactions import Plain
from services.intake.store.files import FileStore

ATTACHMENTS = "attachments"
BUCKET = "attached"
UNCHECKED = ("unscanned", "pending")
"""States in which nobody has looked for viruses yet."""
INDEXES = (
    Index(ATTACHMENTS, (("request", 1), ("at", 1), ("rank", 1), ("_id", 1))),
    Index(ATTACHMENTS, (("file", 1),), partial={"file": {"$type": "string"}}),
    Index(ATTACHMENTS, (("state", 1), ("due_at", 1))),
    Index(ATTACHMENTS, (("uploaded_by", 1),)),
    Index(f"{BUCKET}.chunks", (("files_id", 1), ("n", 1)), unique=True),
)
_MOST = 2000


class ContentMissing(PermanentError):
    """The content of an attachment is not where its record says."""


def of_requests(plain: Plain, requests: Iterable[str], internal: bool) -> list[Document]:
    """`AttachmentStore.of` as a step of several."""
    where: Document = {"request": {"$in": list(requests)}} | ({} if internal else {"visibility": "shared"})
    order = [("at", 1), ("rank", 1), ("_id", 1)]
    return list(plain[ATTACHMENTS].find(where, sort=order, limit=_MOST))


class AttachmentStore:
    """Reads attachments and their contents; the documents are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.files = FileStore(database, BUCKET)

    async def of(self, requests: Iterable[str], internal: bool) -> list[Document]:
        """The attachments of these requests, oldest first; those among colleagues only if `internal`."""
        return await self._database.at_once(lambda plain: of_requests(plain, requests, internal))

    async def by_id(self, id: str) -> Document | None:
        """The attachment with this id, whoever may see it."""
        return next(iter(await self._database.by_ids(ATTACHMENTS, [id])), None)

    async def unchecked(self, now: datetime, most: int) -> list[Document]:
        """Attachments to look through now, oldest first."""
        where = {"state": {"$in": list(UNCHECKED)}, "due_at": {"$lte": now}}
        return await self._database.find(ATTACHMENTS, where, sort=[("due_at", 1)], limit=most)

    async def named(self, files: Iterable[str]) -> set[str]:
        """Those of these contents that a document names."""
        where = {"file": {"$in": list(files), "$type": "string"}}
        return {row["file"] for row in await self._database.find(ATTACHMENTS, where, {"file": 1})}

    async def read(self, attachment: Document) -> AsyncIterator[bytes]:
        """The content in pieces. Raises ContentMissing where it is not there, or not whole."""
        try:
            async for piece in self.files.read(attachment["file"] or ""):
                yield piece
        except (NoFile, CorruptGridFile) as error:
            raise ContentMissing(attachment["_id"]) from error

    async def forget(self, person: str) -> int:
        """Of what an erased person attached, takes away names that may tell of them, and the pictures of signatures.

        The files themselves belong to the case, as what the person wrote does.
        """
        rows = await self._database.find(ATTACHMENTS, {"uploaded_by": person, "erased": {"$ne": True}})
        for row in rows:
            ending = row["name"].rpartition(".")[2] if "." in row["name"] else "bin"
            change: Document = {"name": f"file.{ending[:10]}", "erased": True}
            if row["inline"] and row["file"]:
                change |= {"file": None, "state": "erased", "due_at": None}
            await self._database[ATTACHMENTS].update_one({"_id": row["_id"]}, {"$set": change, "$inc": {"version": 1}})
            if "file" in change:
                await self.files.remove(row["file"])
        return len(rows)
