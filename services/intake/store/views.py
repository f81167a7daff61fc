"""Saved views: the filters that a person has given names, in one document a person."""

from services.chassis.mongo import Database, Document

VIEWS = "views"
MOST_VIEWS = 20


class ViewStore:
    """Reads views; they are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, person: str) -> list[Document]:
        """What a person has saved, in the order of saving."""
        rows = await self._database.by_ids(VIEWS, [person])
        return list(rows[0]["views"]) if rows else []
