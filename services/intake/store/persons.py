"""Persons: names, addresses and language. What they may do is in `access`, as in every other service."""

from collections.abc import Iterable
from datetime import datetime

from services.chassis.access import ACCESS
from services.chassis.mongo import Database, Document, Index
from services.chassis.transactions import Plain

PERSONS = "persons"
INDEXES = (
    Index(PERSONS, (("email_key", 1),), partial={"email_key": {"$type": "string"}}),
    Index(PERSONS, (("pec_key", 1),), partial={"pec_key": {"$type": "string"}}),
    Index(ACCESS, (("grants.scope", 1), ("grants.role", 1), ("_id", 1))),
)


def email_key(address: str) -> str:
    """How addresses are compared."""
    return address.strip().lower()


def known(plain: Plain, ids: Iterable[str]) -> list[Document]:
    """`PersonStore.by_ids` as a step of several."""
    asked = list(ids)
    found = plain[PERSONS].find({"_id": {"$in": asked}}) if asked else ()
    return [row for row in found if not row.get("erased_at")]


class PersonStore:
    """Reads persons and their access; they are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_ids(self, ids: Iterable[str]) -> list[Document]:
        """Those of these persons that exist and were not erased."""
        return await self._database.at_once(lambda plain: known(plain, ids))

    async def exists(self, id: str) -> bool:
        """Whether there is, or was before they were erased, a person with this id."""
        return bool(await self._database.by_ids(PERSONS, [id]))

    async def by_email(self, address: str) -> list[Document]:
        """The persons who use this address, as ordinary mail or PEC, oldest first; a town hall may share one."""
        key = email_key(address)
        where = {"$or": [{"email_key": key}, {"pec_key": key}]}
        found = self._database[PERSONS].find(where, sort=[("_id", 1)], limit=20)
        return [row async for row in found]

    async def only_theirs(self, id: str) -> list[str]:
        """The addresses, as they are compared, that this person shares with nobody."""
        known = await self.by_ids([id])
        addresses = {row[key] for row in known for key in ("email_key", "pec_key") if row.get(key)}
        return [address for address in sorted(addresses) if len(await self.by_email(address)) == 1]

    async def access(self, ids: Iterable[str]) -> dict[str, Document]:
        """Person id -> what is stored of grants and credentials."""
        return {row["_id"]: row for row in await self._database.by_ids(ACCESS, ids)}

    async def holders(
        self, role: str, scope: str, now: datetime, limit: int, after: str | None = None, ended: bool = False
    ) -> list[Document]:
        """The access documents that hold a role within a scope, now or later; `ended`: or held it.

        By id, after the one with that id; one more than `limit`, to tell whether there are more.
        """
        grant: Document = {"scope": scope, "role": role}
        if not ended:
            grant |= {"$or": [{"end": None}, {"end": {"$gt": now}}]}
        where: Document = {"grants": {"$elemMatch": grant}} | ({"_id": {"$gt": after}} if after else {})
        return await self._database.find(ACCESS, where, sort=[("_id", 1)], limit=limit + 1)

    async def owner_of(self, credentials: Iterable[str], besides: str) -> str | None:
        """Somebody else who holds one of these credentials."""
        where = {"credentials": {"$in": list(credentials)}, "_id": {"$ne": besides}}
        row = await self._database[ACCESS].find_one(where, {"_id": 1})
        return str(row["_id"]) if row else None
