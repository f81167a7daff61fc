"""Files in GridFS: stored completely before the record that names them, so no record names a missing file."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress

from gridfs.errors import NoFile
from motor.motor_asyncio import AsyncIOMotorGridFSBucket

from services.chassis.mongo import Database

_CHUNK = 255 * 1024


class FileStore:
    """Uploaded files and large originals, by id; other kinds of files have a bucket of their own."""

    def __init__(self, database: Database, bucket: str = "files") -> None:
        self._database = database
        self._name = bucket

    @property
    def _bucket(self) -> AsyncIOMotorGridFSBucket:
        return AsyncIOMotorGridFSBucket(self._database.raw, self._name, _CHUNK)

    async def keep(self, id: str, name: str, content: AsyncIterator[bytes]) -> tuple[int, str]:
        """Stores a file and returns its size and SHA-256. A file that could not be stored whole is removed."""
        size, checksum = 0, hashlib.sha256()
        stream = self._bucket.open_upload_stream_with_id(id, name)
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
