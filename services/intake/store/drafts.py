"""Drafts of requests: what somebody has written and not sent. Nobody else reads them, no event tells of them.

A draft that was sent or deleted leaves an empty row for a day, so that what the page still saves late does not bring
it back. MongoDB deletes rows whose time is over.
"""

from datetime import timedelta

from services.chassis.mongo import Database, Document, Index

DRAFTS = "drafts"
MOST_DRAFTS = 20
"""Of one person: each has a place of its own, so two windows cannot make more."""
KEPT = timedelta(days=60)
"""After the last change."""
INDEXES = (
    Index(DRAFTS, (("person", 1), ("place", 1)), unique=True, partial={"place": {"$type": "int"}}),
    Index(DRAFTS, (("expires_at", 1),), ttl_days=0),
)


class DraftStore:
    """Reads drafts; they are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, person: str) -> list[Document]:
        """Everything that a person has begun, the newest change first."""
        where = {"person": person, "place": {"$type": "int", "$gte": 0}}
        rows = await self._database.find(DRAFTS, where, limit=MOST_DRAFTS)
        return sorted(rows, key=lambda row: str(row["updated_at"]), reverse=True)

    async def ids_of(self, person: str) -> list[str]:
        """Their ids."""
        return [row["_id"] for row in await self.of(person)]
