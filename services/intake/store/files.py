"""Files in GridFS: stored completely before the record that names them, so no record names a missing file.

They are written and read here and not by the driver, which collects up to 48 MB of chunks before it sends any, and
fetches 16 MB at once. What is written is what the specification of GridFS says: whoever knows GridFS reads it.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

from gridfs.errors import CorruptGridFile, NoFile
from motor.motor_asyncio import AsyncIOMotorGridFSBucket

from services.chassis.mongo import Database, Index

FILES = "files"
"""The bucket of uploaded files and large originals."""
_CHUNK = 255 * 1024
_AT_ONCE = 4
"""Chunks that are sent together."""
INDEXES = (Index(f"{FILES}.chunks", (("files_id", 1), ("n", 1)), unique=True),)


class FileStore:
    """Uploaded files and large originals, by id; other kinds of files have a bucket of their own."""

    def __init__(self, database: Database, bucket: str = FILES) -> None:
        self._database = database
        self.bucket = bucket

    @property
    def _bucket(self) -> AsyncIOMotorGridFSBucket:
        return AsyncIOMotorGridFSBucket(self._database.raw, self.bucket, _CHUNK)

    async def keep(self, id: str, name: str, content: AsyncIterator[bytes], kind: str = "") -> tuple[int, str]:
        """Stores a file and returns its size and SHA-256. A file that could not be stored whole is removed.

        kind: whose record names it, by which `store.orphans` finds one whose record never came.
        """
        size, number, checksum = 0, 0, hashlib.sha256()
        files = self._database[f"{self.bucket}.files"]
        try:
            # First of all, so that what a killed process leaves behind can be found.
            facts = {"filename": name, "length": 0, "chunkSize": _CHUNK, "uploadDate": datetime.now(UTC)}
            await files.insert_one({"_id": id, **facts, "metadata": {"kind": kind}})
            async for chunks in _in_chunks(content):
                for chunk in chunks:
                    size += len(chunk)
                    checksum.update(chunk)
                rows = [{"files_id": id, "n": number + n, "data": chunk} for n, chunk in enumerate(chunks)]
                await self._database[f"{self.bucket}.chunks"].insert_many(rows)
                number += len(chunks)
            await files.update_one({"_id": id}, {"$set": {"length": size}})
        except BaseException:
            await self.remove(id)
            raise
        return size, checksum.hexdigest()

    async def read(self, id: str) -> AsyncIterator[bytes]:
        """The content in pieces. Raises gridfs.NoFile when there is none."""
        facts = await self._database[f"{self.bucket}.files"].find_one({"_id": id})
        if facts is None:
            raise NoFile(id)
        # The driver would fetch 16 MB at a time.
        chunks = self._database[f"{self.bucket}.chunks"].find({"files_id": id}, sort=[("n", 1)], batch_size=_AT_ONCE)
        left = facts["length"]
        async for chunk in chunks:
            left -= len(chunk["data"])
            yield bytes(chunk["data"])
        if left:
            raise CorruptGridFile(id)

    async def remove(self, id: str) -> None:
        """Deletes a file, if there is one."""
        with suppress(NoFile):
            await self._bucket.delete(id)


async def _in_chunks(content: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """The content in chunks of one size, a few at a time; the last one is shorter."""
    waiting = bytearray()
    async for piece in content:
        waiting += piece
        while len(waiting) >= _CHUNK * _AT_ONCE:
            yield [bytes(waiting[n * _CHUNK : (n + 1) * _CHUNK]) for n in range(_AT_ONCE)]
            del waiting[: _CHUNK * _AT_ONCE]
    if waiting:
        yield [bytes(waiting[at : at + _CHUNK]) for at in range(0, len(waiting), _CHUNK)]
