"""Saving: many units of work in one transaction, each written once, none that contradicts another process.

Every replaced document is guarded by the version it was read at. A unit that cannot be stored is named in
`SaveFailed`, and then nothing at all was stored: the caller drops or repeats that unit and saves the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bson.errors import BSONError
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError, DocumentTooLarge, OperationFailure

from services.chassis.errors import PermanentError, TransientError
from services.chassis.mongo import Database, Document, is_infrastructure
from services.chassis.outbox import OUTBOX, rows
from services.chassis.transactions import Plain, Session
from services.chassis.updates import update_of
from services.chassis.work import Key, Work, Write

INBOX = "inbox"
_DUPLICATE_KEY = 11000
NOBODY = -1
"""In `SaveFailed.failures`: none of the units is to blame, the whole group is to be tried again."""
_REFUSALS = (BSONError, DocumentTooLarge, ValueError, OverflowError, RecursionError, OperationFailure)
"""How driver and server say that they do not take a document: too large or too deep, or no valid text."""


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


class _Undo(Exception):
    """Ends a trial: nothing of it is to stay."""


class SaveFailed(Exception):
    """Nothing was saved; `failures` names the units to blame and why."""

    def __init__(self, failures: dict[int, Exception]) -> None:
        super().__init__("; ".join(f"{type(error).__name__}" for error in failures.values()))
        self.failures = failures


@dataclass
class _Plan:
    """The writes of all units, one per document, and who touched what."""

    writes: dict[Key, Write] = field(default_factory=dict)
    touched: dict[Key, list[tuple[int, Document]]] = field(default_factory=dict)
    """The units that wrote a document, in order, each with what it made of it."""
    built_on: dict[int, set[int]] = field(default_factory=dict)
    failures: dict[int, Exception] = field(default_factory=dict)

    def blamed(self, failures: dict[int, Exception]) -> SaveFailed:
        """With the units that built on a failing one: what they saw will never be, so they decide again."""
        for number, earlier in sorted(self.built_on.items()):
            if earlier & failures.keys():
                failures.setdefault(number, Stale("built on a unit that failed"))
        return SaveFailed(failures)


def _plan(works: Sequence[Work]) -> _Plan:
    plan = _Plan()
    for number, work in enumerate(works):
        for key, write in work.writes.items():
            earlier = plan.writes.get(key)
            if earlier is not None:
                if write.base != earlier.document["version"]:
                    plan.failures[number] = Stale(f"{key[0]}/{key[1]}")
                    continue
                plan.built_on.setdefault(number, set()).add(plan.touched[key][-1][0])
            first = earlier or write
            plan.writes[key] = Write(key, write.document, first.base, first.read)
            plan.touched.setdefault(key, []).append((number, write.document))
    return plan


async def save(database: Database, works: Sequence[Work], claims: Iterable[Document] = ()) -> None:
    """Stores the documents and events of all `works`, and the inbox claims, in one transaction.

    Raises SaveFailed (nothing stored), or the driver's error when the infrastructure is at fault.
    """
    claimed = list(claims)
    plan = _plan(works)
    if plan.failures:
        raise plan.blamed(plan.failures)
    if not (plan.writes or claimed or any(work.events for work in works)):
        return
    try:
        await _store(database, plan, works, claimed)
    except SaveFailed as failed:
        raise plan.blamed(failed.failures) from failed
    except _REFUSALS as error:
        if is_infrastructure(error) or not works:
            raise
        raise plan.blamed({await _guilty(database, works): Unstorable(type(error).__name__)}) from error


async def _store(
    database: Database, plan: _Plan, works: Sequence[Work], claimed: list[Document], trial: bool = False
) -> None:
    def write(plain: Plain, session: Session) -> None:
        if claimed:
            # First of all: who lost the race for a message must not be blamed for what the winner wrote.
            _claim(plain, session, claimed)
        _write_documents(plain, session, plan)
        # Their positions are made here, not before the wait for a thread: see `outbox.settled`.
        events = [row for work in works for row in rows(work.events, work.traceparent)]
        if events:
            plain[OUTBOX].insert_many(events, session=session)
        if trial:
            raise _Undo

    await database.transaction(write)


async def _guilty(database: Database, works: Sequence[Work]) -> int:
    """The first unit that makes the whole unstorable; neither driver nor server names it, so search by halves."""
    good, bad = 0, len(works)
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            await _store(database, _plan(works[:middle]), works[:middle], [], trial=True)
        except _Undo:
            good = middle
        except _REFUSALS as error:
            if is_infrastructure(error):
                raise
            bad = middle
    return good


def _claim(plain: Plain, session: Session, claimed: list[Document]) -> None:
    try:
        plain[INBOX].insert_many(claimed, session=session)
    except BulkWriteError as error:
        # Another process handled one of these messages since we looked: look again.
        raise SaveFailed({NOBODY: Stale("claim")}) from error


def _write_documents(plain: Plain, session: Session, plan: _Plan) -> None:
    collections: dict[str, list[Write]] = {}
    for key, write in plan.writes.items():
        collections.setdefault(key[0], []).append(write)
    for collection, writes in collections.items():
        # The driver makes one command of neighbours of a kind. Changes first: they give unique values free.
        writes.sort(key=lambda write: write.base is None)
        try:
            result = plain[collection].bulk_write([_operation(write) for write in writes], session=session)
        except BulkWriteError as error:
            raise _rejection(error, writes, plan) from error
        if result.matched_count < sum(write.base is not None for write in writes):
            raise SaveFailed(_stale(plain, collection, writes, plan))


def _operation(write: Write) -> InsertOne[Document] | ReplaceOne[Document] | UpdateOne:
    if write.base is None:
        return InsertOne(write.document)
    where, update = {"_id": write.key[1], "version": write.base}, update_of(write)
    return UpdateOne(where, update) if update else ReplaceOne(where, write.document)


def _rejection(error: BulkWriteError, writes: list[Write], plan: _Plan) -> Exception:
    """The unit whose document the server refused; an infrastructure error is told as it is."""
    faults = (error.details or {}).get("writeErrors") or []
    if not faults or faults[0].get("code") != _DUPLICATE_KEY:
        return error
    key = writes[faults[0]["index"]].key
    taken = faults[0].get("keyValue") or {}
    # Of several units that touched the document, the first one that gave it the value in question.
    guilty = [number for number, document in plan.touched[key] if taken.items() <= document.items()]
    return SaveFailed({(guilty or [plan.touched[key][-1][0]])[0]: AlreadyExists(*key)})


def _stale(plain: Plain, collection: str, writes: list[Write], plan: _Plan) -> dict[int, Exception]:
    """The units whose documents no longer have the version they were read at."""
    replaced = {write.key[1]: write for write in writes if write.base is not None}
    # Outside the transaction: inside it our own writes would look like somebody else's.
    found = plain[collection].find({"_id": {"$in": list(replaced)}}, {"version": 1})
    versions = {row["_id"]: row.get("version") for row in found}
    return {
        plan.touched[write.key][0][0]: Stale(f"{collection}/{id}")
        for id, write in replaced.items()
        if versions.get(id) != write.base
    } or {NOBODY: Stale(collection)}
