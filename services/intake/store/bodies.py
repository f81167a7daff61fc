"""The state of bodies. A body without a document is `known`: it is in the register and nothing more."""

from collections.abc import Iterable

from async_lru import alru_cache

from contracts.bodies import body_id
from services.chassis.mongo import Database, Document, Index

BODIES = "bodies"
PROTOCOL = "protocol"
"""The kind of file that a registration names."""
INDEXES = (
    Index(BODIES, (("code", 1),), unique=True),
    Index(BODIES, (("status", 1), ("code", 1))),
    Index(BODIES, (("status", 1), ("admitted_at", 1), ("_id", 1))),
    Index(BODIES, (("protocol.id", 1),)),
    Index(BODIES, (("earlier.protocol.id", 1),)),
)
_REMEMBERED_SECONDS = 2.0


class BodyStore:
    """Reads bodies; they are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # At most as many entries as there are bodies: only codes of the register are asked for.
        self._remembered = alru_cache(maxsize=None, ttl=_REMEMBERED_SECONDS)(self._look_up)

    async def state(self, code: str) -> Document | None:
        """The state of a body, at most two seconds old: enough to judge a new request."""
        return await self._remembered(code)

    async def fresh(self, code: str) -> Document | None:
        """The state of a body now."""
        self._remembered.cache_invalidate(code)
        return await self.state(code)

    async def _look_up(self, code: str) -> Document | None:
        row: Document | None = await self._database[BODIES].find_one({"_id": body_id(code)})
        return row

    async def states(self, codes: Iterable[str]) -> dict[str, Document]:
        """Code -> state of those bodies that have one."""
        rows = await self._database.by_ids(BODIES, [body_id(code) for code in codes])
        return {row["code"]: row for row in rows}

    async def waiting(self, limit: int, after: str | None = None) -> list[Document]:
        """Registrations that wait for a decision, by code; one more than `limit`, to tell whether there are more."""
        where: Document = {"status": "registered"} | ({"code": {"$gt": after}} if after else {})
        return await self._database.find(BODIES, where, sort=[("code", 1)], limit=limit + 1)

    async def not_admitted(self, limit: int, after: str = "") -> list[str]:
        """The codes of approved bodies that are in no phase yet, in a fixed order after the body with that code."""
        behind = {"_id": {"$gt": body_id(after)}} if after else {}
        where: Document = {"status": "approved", "admitted_at": None, **behind}
        rows = await self._database.find(BODIES, where, {"code": 1}, sort=[("_id", 1)], limit=limit)
        return [row["code"] for row in rows]
