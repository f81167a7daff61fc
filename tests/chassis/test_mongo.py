"""The door to MongoDB: durable, all or nothing, and honest about whose fault an error is."""

import asyncio
import threading

import pytest
from motor.frameworks import asyncio as driver
from pymongo.errors import (
    AutoReconnect,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from services.chassis.clock import Clock
from services.chassis.mongo import Database, Index, is_infrastructure
from services.chassis.transactions import Plain, Session
from tests.chassis.material import stored
from tests.servers import MongoServer


def _labelled(label: str) -> PyMongoError:
    return OperationFailure("aborted", 251, {"errorLabels": [label]})


@pytest.mark.parametrize(
    ("error", "blameless"),
    [
        (_labelled("TransientTransactionError"), True),
        (_labelled("UnknownTransactionCommitResult"), True),
        (AutoReconnect("reset"), True),
        (ServerSelectionTimeoutError("nobody"), True),
        (WTimeoutError("slow", 64), True),
        (DuplicateKeyError("taken", 11000), False),
        (OperationFailure("document too large", 10334), False),
        (ValueError("a handler's mistake"), False),
    ],
)
def test_only_an_error_that_may_pass_is_the_infrastructures(error: Exception, blameless: bool) -> None:
    assert is_infrastructure(error) is blameless


async def test_two_transactions_that_write_the_same_document_blame_nobody(database: Database) -> None:
    await database["things"].insert_one({"_id": "a"})

    def second(plain: Plain, session: Session) -> None:
        plain["things"].update_one({"_id": "a"}, {"$set": {"by": "second"}}, session=session)

    def first(plain: Plain, session: Session) -> None:
        plain["things"].update_one({"_id": "a"}, {"$set": {"by": "first"}}, session=session)
        running = asyncio.run_coroutine_threadsafe(database.transaction(second), loop)
        lost.append(running.exception(timeout=30))

    loop, lost = asyncio.get_running_loop(), []

    await database.transaction(first)

    assert isinstance(lost[0], OperationFailure)
    assert is_infrastructure(lost[0])
    assert (await stored(database))["a"]["by"] == "first"


async def test_a_transaction_that_is_left_by_an_error_leaves_nothing(database: Database) -> None:
    def left(plain: Plain, session: Session) -> None:
        plain["things"].insert_one({"_id": "a"}, session=session)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.transaction(left)

    assert await stored(database) == {}


async def test_a_commit_of_unknown_outcome_is_asked_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, asked = Session.commit_transaction, []

    def once_unknown(session: Session) -> None:
        commit(session)
        asked.append(1)
        if len(asked) == 1:
            raise _labelled("UnknownTransactionCommitResult")

    monkeypatch.setattr(Session, "commit_transaction", once_unknown)

    def write(plain: Plain, session: Session) -> None:
        plain["things"].insert_one({"_id": "a"}, session=session)

    await database.transaction(write)

    assert len(asked) == 2
    assert list(await stored(database)) == ["a"]


async def test_writes_wait_for_the_majority_and_the_journal(database: Database) -> None:
    concern = database["things"].write_concern.document

    assert concern["w"] == "majority"
    assert concern["j"] is True


async def test_times_come_back_in_utc(database: Database, clock: Clock) -> None:
    now = clock.now()
    await database["things"].insert_one({"_id": "a", "at": now})

    assert (await stored(database))["a"]["at"] == now


async def test_indexes_are_made_once_and_do_what_they_say(database: Database) -> None:
    wanted = [
        Index("things", (("number", 1),), unique=True),
        Index("things", (("waiting", 1),), partial={"waiting": True}),
        Index("things", (("at", 1),), ttl_days=60),
    ]

    await database.ensure(wanted)
    await database.ensure(wanted)

    made = await database["things"].index_information()
    assert made["number_1"]["unique"] is True
    assert made["waiting_1"]["partialFilterExpression"] == {"waiting": True}
    assert made["at_1"]["expireAfterSeconds"] == 60 * 86_400


async def test_documents_are_found_by_their_ids(database: Database) -> None:
    await database["things"].insert_many([{"_id": id} for id in "abc"])

    found = await database.by_ids("things", ["a", "c", "x"])

    assert sorted(row["_id"] for row in found) == ["a", "c"]


async def test_as_many_operations_run_at_once_as_the_settings_say(mongod: MongoServer, prefix: str) -> None:
    threads = 40
    database = Database(mongod.url, f"{prefix}_threads", threads)
    meeting = threading.Barrier(threads)

    loop = asyncio.get_running_loop()
    came = await asyncio.gather(*(driver.run_on_executor(loop, meeting.wait, 10) for _ in range(threads)))

    assert sorted(came) == list(range(threads))
    database.close()
