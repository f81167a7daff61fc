"""Files of an import that were looked at and wait for a yes; kept a day, with their content in GridFS."""

from collections.abc import AsyncIterator
from datetime import datetime

from services.chassis.mongo import Database, Document, Index
from services.intake.store.files import FileStore

IMPORTS = "imports"
FILE = "import"
"""The kind of its files."""
INDEXES = (Index(IMPORTS, (("at", 1),)),)


class ImportStore:
    """Keeps, gives back and forgets."""

    def __init__(self, database: Database, files: FileStore) -> None:
        self._database = database
        self._files = files

    async def keep(self, id: str, person: str, name: str, at: datetime, content: AsyncIterator[bytes]) -> None:
        """Stores a file of this person."""
        await self._files.keep(id, name, content, FILE)
        await self._database[IMPORTS].insert_one({"_id": id, "person": person, "name": name, "at": at})

    async def find(self, id: str, person: str) -> Document | None:
        """A file of this person."""
        return await self._database[IMPORTS].find_one({"_id": id, "person": person})

    def read(self, id: str) -> AsyncIterator[bytes]:
        """Its content in pieces."""
        return self._files.read(id)

    async def forget(self, id: str) -> None:
        """Removes a file."""
        await self._files.remove(id)
        await self._database[IMPORTS].delete_one({"_id": id})

    async def forget_older(self, before: datetime, most: int) -> int:
        """Removes files that nobody said yes to; returns how many."""
        rows = await self._database.find(IMPORTS, {"at": {"$lt": before}}, {"_id": 1}, limit=most)
        for row in rows:
            await self.forget(row["_id"])
        return len(rows)
