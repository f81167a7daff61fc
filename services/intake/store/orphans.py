"""Files that nothing names: an upload whose record never came, or that was cut off in the middle.

A file says of which kind it is (`FileStore.keep`), a kind says which records name its files. Files of a kind that
is not listed are never touched. To store files of a new kind: one entry in `RECORDS`, with an index on each field.
"""

from collections.abc import Iterable
from datetime import datetime

from services.chassis.mongo import Database, Document
from services.intake.store.bodies import BODIES, PROTOCOL
from services.intake.store.files import FileStore
from services.intake.store.imports import FILE, IMPORTS
from services.intake.store.mails import MAILS, ORIGINAL

RECORDS: dict[str, tuple[tuple[str, str], ...]] = {
    PROTOCOL: ((BODIES, "protocol.id"), (BODIES, "earlier.protocol.id")),
    ORIGINAL: ((MAILS, "file"),),
    FILE: ((IMPORTS, "_id"),),
}
"""Kind of file -> collection and field of the records that may name it."""


class OrphanStore:
    """Finds and removes them, page by page in the order of ids."""

    def __init__(self, database: Database, files: FileStore) -> None:
        self._database = database
        self._files = files

    async def remove_unnamed(self, before: datetime, after: str, most: int) -> tuple[int, str | None]:
        """Removes the unnamed ones of the next `most` files that were stored before then.

        Returns how many were removed, and the id behind which the next page begins, None at the end.
        """
        where: Document = {"_id": {"$gt": after}, "uploadDate": {"$lt": before}}
        fields = {"metadata.kind": 1}
        rows = await self._database.find("files.files", where, fields, sort=[("_id", 1)], limit=most)
        kinds: dict[str, list[str]] = {}
        for row in rows:
            kinds.setdefault((row.get("metadata") or {}).get("kind", ""), []).append(row["_id"])
        orphans = [id for kind, ids in kinds.items() if kind in RECORDS for id in await self._unnamed(kind, ids)]
        for id in orphans:
            await self._files.remove(id)
        return len(orphans), rows[-1]["_id"] if len(rows) == most else None

    async def remove_cut_off(self, before: datetime, after: str, most: int) -> tuple[int, str | None]:
        """The same for uploads that ended half-way: pieces of which no file was ever made."""
        where: Document = {"files_id": {"$gt": after}, "n": 0}
        rows = await self._database.find("files.chunks", where, {"files_id": 1}, sort=[("files_id", 1)], limit=most)
        old = [row["files_id"] for row in rows if row["_id"].generation_time < before]
        whole = {row["_id"] for row in await self._database.by_ids("files.files", old)}
        cut_off = [id for id in old if id not in whole]
        if cut_off:
            await self._database["files.chunks"].delete_many({"files_id": {"$in": cut_off}})
        return len(cut_off), rows[-1]["files_id"] if len(rows) == most else None

    async def _unnamed(self, kind: str, ids: Iterable[str]) -> set[str]:
        unnamed = set(ids)
        for collection, field in RECORDS[kind]:
            unnamed -= set(await self._database[collection].distinct(field, naming(field, sorted(unnamed))))
        return unnamed


def naming(field: str, ids: list[str]) -> Document:
    """The records that name one of these files; the type lets partial indexes answer."""
    return {field: {"$in": ids, "$type": "string"}}
