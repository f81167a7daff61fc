"""Files in GridFS: stored completely before the record that names them, so no record names a missing file."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress

from gridfs.errors import NoFile
from motor.motor_asyncio import AsyncIOMotorGridFSBucket

from services.chassis.mongo import Database

_CHUNK = 255 * 1024


class FileStore:
    """Uploaded files and large originals, by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def _bucket(self) -> AsyncIOMotorGridFSBucket:
        return AsyncIOMotorGridFSBucket(self._database.raw, "files", _CHUNK)

    async def keep(self, id: str, name: str, content: AsyncIterator[bytes], kind: str = "") -> tuple[int, str]:
        """Stores a file and returns its size and SHA-256. A file that could not be stored whole is removed.

        kind: whose record names it, by which `store.orphans` finds one whose record never came.
        """
        size, checksum = 0, hashlib.sha256()
        stream = self._bucket.open_upload_stream_with_id(id, name, metadata={"kind": kind})
        try:
            async for piece in content:
                size += len(piece)
                checksum.update(piece)
                await stream.write(piece)
            await stream.close()
        except BaseException:
            await stream.abort()
            raise
        return size, checksum.hexdigest()

    async def read(self, id: str) -> AsyncIterator[bytes]:
        """The content in pieces. Raises gridfs.NoFile when there is none."""
        stream = await self._bucket.open_download_stream(id)
        while piece := await stream.readchunk():
            yield piece

    async def remove(self, id: str) -> None:
        """Deletes a file, if there is one."""
        with suppress(NoFile):
            await self._bucket.delete(id)
