"""Persons: names, addresses and language. What they may do is in `access`, as in every other service."""

from collections.abc import Iterable
from datetime import datetime

from services.chassis.access import ACCESS
from services.chassis.mongo import Database, Document, Index
from services.chassis.together import Together
from services.chassis.transactions import Plain

PERSONS = "persons"
# The planner sees of a text that it is greater than "", and not its type.
INDEXES = (
    Index(PERSONS, (("email_key", 1),), partial={"email_key": {"$gt": ""}}),
    Index(PERSONS, (("pec_key", 1),), partial={"pec_key": {"$gt": ""}}),
    Index(ACCESS, (("grants.scope", 1), ("grants.role", 1), ("_id", 1))),
)

_MOST_OF_AN_ADDRESS = 20


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
        self._senders: Together[str, list[Document]] = Together(self._access_of_addresses)

    async def by_ids(self, ids: Iterable[str]) -> list[Document]:
        """Those of these persons that exist and were not erased."""
        return await self._database.at_once(lambda plain: known(plain, ids))

    async def exists(self, id: str) -> bool:
        """Whether there is, or was before they were erased, a person with this id."""
        return bool(await self._database.by_ids(PERSONS, [id]))

    async def by_email(self, address: str) -> list[Document]:
        """The persons who use this address, as ordinary mail or PEC, oldest first; a town hall may share one."""
        key = email_key(address)
        return (await self._with_emails([key]))[key]

    async def _with_emails(self, keys: list[str]) -> dict[str, list[Document]]:
        # With the type, or the partial indexes do not apply.
        among = {"$in": keys, "$type": "string"}
        where = {"$or": [{"email_key": among}, {"pec_key": among}]}
        found: dict[str, list[Document]] = {key: [] for key in keys}
        for row in await self._database.find(PERSONS, where, sort=[("_id", 1)], limit=_MOST_OF_AN_ADDRESS * len(keys)):
            for key in {row.get("email_key"), row.get("pec_key")}:
                if key in found:
                    found[key].append(row)
        return {key: rows[:_MOST_OF_AN_ADDRESS] for key, rows in found.items()}

    async def only_theirs(self, id: str) -> list[str]:
        """The addresses, as they are compared, that this person shares with nobody; also while they are erased."""
        known = await self._database.by_ids(PERSONS, [id])
        addresses = {row[key] for row in known for key in ("email_key", "pec_key") if row.get(key)}
        addresses |= {address for row in known for address in row.get("forgetting", ())}
        users = {address: await self.by_email(address) for address in sorted(addresses)}
        return [address for address, rows in users.items() if all(row["_id"] == id for row in rows)]

    async def access(self, ids: Iterable[str]) -> dict[str, Document]:
        """Person id -> what is stored of grants and credentials."""
        return {row["_id"]: row for row in await self._database.by_ids(ACCESS, ids)}

    async def access_of_address(self, address: str) -> list[Document]:
        """The same of all who use this address; many that are asked for at once are read together."""
        key = email_key(address)
        return (await self._senders.of((key,))).get(key, [])

    async def _access_of_addresses(self, keys: list[str]) -> dict[str, list[Document]]:
        people = await self._with_emails(keys)
        access = await self.access({person["_id"] for each in people.values() for person in each})
        return {
            key: [access[person["_id"]] for person in each if person["_id"] in access] for key, each in people.items()
        }

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
