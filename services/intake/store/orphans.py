"""Files that nothing names: an upload whose record never came, or that was cut off in the middle.

A file says of which kind it is (`FileStore.keep`), a kind says which records name its files. Files of a kind that
is not listed are never touched. To store files of a new kind: one entry in `RECORDS`, with an index on each field.
Ids of files begin with the time, so that only those of some days are looked at, page by page.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from contracts.envelope import new_id
from services.chassis.mongo import Database, Document
from services.intake.store.attachments import ATTACHMENTS, BUCKET
from services.intake.store.bodies import BODIES, PROTOCOL
from services.intake.store.files import FILES, FileStore
from services.intake.store.imports import FILE, IMPORTS
from services.intake.store.mail_queue import QUEUE
from services.intake.store.mails import MAILS, ORIGINAL

RECORDS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    (FILES, PROTOCOL): ((BODIES, "protocol.id"), (BODIES, "earlier.protocol.id")),
    (FILES, ORIGINAL): ((MAILS, "file"), (QUEUE, "file")),
    (FILES, FILE): ((IMPORTS, "_id"),),
    (BUCKET, ""): ((ATTACHMENTS, "file"),),
}
"""Bucket and kind of a file -> collection and field of the records that may name it."""
_AFTER, _UNTIL = timedelta(days=1), timedelta(days=30)
"""How long a file may wait for its record, and how long one that has none is looked for."""
Search = Callable[[datetime, str, int], Awaitable[tuple[int, str | None]]]
"""Removes what is found among the next so many behind an id; how many, and the id to go on behind, None at the end."""


class OrphanStore:
    """Finds and removes them, in the order of ids. searches: all that there are."""

    def __init__(self, database: Database, *stores: FileStore) -> None:
        self._database = database
        self.searches: tuple[Search, ...] = tuple(
            partial(search, files) for files in stores for search in (self._remove_unnamed, self._remove_cut_off)
        )

    async def _remove_unnamed(self, files: FileStore, now: datetime, after: str, most: int) -> tuple[int, str | None]:
        where, fields = {"_id": _span(now, after)}, {"metadata.kind": 1}
        rows = await self._database.find(f"{files.bucket}.files", where, fields, sort=[("_id", 1)], limit=most)
        kinds: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            kinds.setdefault((files.bucket, (row.get("metadata") or {}).get("kind", "")), []).append(row["_id"])
        orphans = [id for kind, ids in kinds.items() if kind in RECORDS for id in await self._unnamed(kind, ids)]
        for id in orphans:
            await files.remove(id)
        return len(orphans), rows[-1]["_id"] if len(rows) == most else None

    async def _remove_cut_off(self, files: FileStore, now: datetime, after: str, most: int) -> tuple[int, str | None]:
        """Pieces of which no file was ever made."""
        chunks, where = f"{files.bucket}.chunks", {"files_id": _span(now, after), "n": 0}
        rows = await self._database.find(chunks, where, {"files_id": 1}, sort=[("files_id", 1)], limit=most)
        old = [row["files_id"] for row in rows]
        whole = {row["_id"] for row in await self._database.by_ids(f"{files.bucket}.files", old)}
        cut_off = [id for id in old if id not in whole]
        if cut_off:
            await self._database[chunks].delete_many({"files_id": {"$in": cut_off}})
        return len(cut_off), rows[-1]["files_id"] if len(rows) == most else None

    async def _unnamed(self, kind: tuple[str, str], ids: Iterable[str]) -> set[str]:
        unnamed = set(ids)
        for collection, field in RECORDS[kind]:
            unnamed -= set(await self._database[collection].distinct(field, naming(field, sorted(unnamed))))
        return unnamed


def _span(now: datetime, after: str) -> Document:
    return {"$gt": max(after, new_id(now - _UNTIL)), "$lt": new_id(now - _AFTER)}


def naming(field: str, ids: list[str]) -> Document:
    """The records that name one of these files; the type lets partial indexes answer."""
    return {field: {"$in": ids, "$type": "string"}}
