"""Saving: many units of work in one transaction, each written once, none that contradicts another process.

Every replaced document is guarded by the version it was read at. A unit that cannot be stored is named in
`SaveFailed`, and then nothing at all was stored: the caller drops or repeats that unit and saves the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import bson
from bson.errors import InvalidDocument
from pymongo import InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError, DocumentTooLarge

from services.chassis.errors import PermanentError, TransientError
from services.chassis.mongo import Database, Document, Session
from services.chassis.outbox import OUTBOX, rows
from services.chassis.work import Key, Work, Write

INBOX = "inbox"
_DUPLICATE_KEY = 11000
NOBODY = -1
"""In `SaveFailed.failures`: none of the units is to blame, the whole group is to be tried again."""
_MAX_DOCUMENT = 16 * 1024 * 1024


class Stale(TransientError):
    """Somebody else changed a document since it was read: load again and decide again."""


class AlreadyExists(PermanentError):
    """A document of this identity, or with this unique value, is there already."""

    def __init__(self, collection: str, id: str) -> None:
        super().__init__(f"{collection}: {id} exists already")
        self.collection = collection
        self.id = id


class Unstorable(PermanentError):
    """MongoDB does not take this document as it is."""


class SaveFailed(Exception):
    """Nothing was saved; `failures` names the units to blame and why."""

    def __init__(self, failures: dict[int, Exception]) -> None:
        super().__init__("; ".join(f"{type(error).__name__}" for error in failures.values()))
        self.failures = failures


@dataclass
class _Plan:
    """The writes of all units, one per document; `owner` is the last unit that touched it."""

    writes: dict[Key, Write] = field(default_factory=dict)
    owner: dict[Key, int] = field(default_factory=dict)
    failures: dict[int, Exception] = field(default_factory=dict)


def _plan(works: Sequence[Work]) -> _Plan:
    plan = _Plan()
    for number, work in enumerate(works):
        for key, write in work.writes.items():
            earlier = plan.writes.get(key)
            if earlier is not None and write.base != earlier.document["version"]:
                plan.failures[number] = Stale(f"{key[0]}/{key[1]}")
                continue
            plan.writes[key] = Write(key, write.document, earlier.base if earlier else write.base)
            plan.owner[key] = number
    return plan


async def save(database: Database, works: Sequence[Work], claims: Iterable[Document] = ()) -> None:
    """Stores the documents and events of all `works`, and the inbox claims, in one transaction.

    Raises SaveFailed (nothing stored), or the driver's error when the infrastructure is at fault.
    """
    plan = _plan(works)
    if plan.failures:
        raise SaveFailed(plan.failures)
    events = [row for work in works for row in rows(work.events, work.traceparent)]
    claimed = list(claims)
    if not (plan.writes or events or claimed):
        return
    try:
        async with database.transaction() as session:
            await _write_documents(database, session, plan)
            if events:
                await database[OUTBOX].insert_many(events, session=session)
            if claimed:
                await _claim(database, session, claimed)
    except (InvalidDocument, DocumentTooLarge, OverflowError) as error:
        raise SaveFailed(_unencodable(plan, error)) from error


async def _claim(database: Database, session: Session, claimed: list[Document]) -> None:
    try:
        await database[INBOX].insert_many(claimed, session=session)
    except BulkWriteError as error:
        # Another process handled one of these messages since we looked: look again.
        raise SaveFailed({NOBODY: Stale("claim")}) from error


async def _write_documents(database: Database, session: Session, plan: _Plan) -> None:
    collections: dict[str, list[Write]] = {}
    for key, write in plan.writes.items():
        collections.setdefault(key[0], []).append(write)
    for collection, writes in collections.items():
        try:
            result = await database[collection].bulk_write([_operation(write) for write in writes], session=session)
        except BulkWriteError as error:
            raise _rejection(error, writes, plan) from error
        if result.matched_count < sum(write.base is not None for write in writes):
            raise SaveFailed(await _stale(database, collection, writes, plan))


def _operation(write: Write) -> InsertOne[Document] | ReplaceOne[Document]:
    if write.base is None:
        return InsertOne(write.document)
    return ReplaceOne({"_id": write.key[1], "version": write.base}, write.document)


def _rejection(error: BulkWriteError, writes: list[Write], plan: _Plan) -> Exception:
    """The unit whose document the server refused; an infrastructure error is told as it is."""
    faults = (error.details or {}).get("writeErrors") or []
    if not faults:
        return error
    write = writes[faults[0]["index"]]
    if faults[0].get("code") != _DUPLICATE_KEY:
        return SaveFailed({plan.owner[write.key]: Unstorable(f"{write.key[0]}: code {faults[0].get('code')}")})
    return SaveFailed({plan.owner[write.key]: AlreadyExists(write.key[0], write.key[1])})


async def _stale(database: Database, collection: str, writes: list[Write], plan: _Plan) -> dict[int, Exception]:
    """The units whose documents no longer have the version they were read at."""
    replaced = {write.key[1]: write for write in writes if write.base is not None}
    # Outside the transaction: inside it our own writes would look like somebody else's.
    found = database[collection].find({"_id": {"$in": list(replaced)}}, {"version": 1})
    versions = {row["_id"]: row.get("version") async for row in found}
    return {
        plan.owner[write.key]: Stale(f"{collection}/{id}")
        for id, write in replaced.items()
        if versions.get(id) != write.base
    } or {NOBODY: Stale(collection)}


def _unencodable(plan: _Plan, error: Exception) -> dict[int, Exception]:
    """The driver does not say which document it could not encode: try each."""
    guilty: dict[int, Exception] = {}
    for key, write in plan.writes.items():
        try:
            if len(bson.encode(write.document)) > _MAX_DOCUMENT:
                guilty[plan.owner[key]] = Unstorable(f"{key[0]}: larger than 16 MB")
        except (InvalidDocument, OverflowError) as reason:
            guilty[plan.owner[key]] = Unstorable(f"{key[0]}: {type(reason).__name__}")
    if not guilty:
        raise error
    return guilty
