"""Nothing half, nothing lost: units of work are stored together, and the guilty one is named."""

import asyncio

import pytest
from pymongo.errors import AutoReconnect, OperationFailure

from contracts.envelope import new_id
from services.chassis.mongo import Database, Document, Index
from services.chassis.outbox import OUTBOX
from services.chassis.saving import INBOX, NOBODY, AlreadyExists, SaveFailed, Stale, Unstorable, save
from services.chassis.work import View
from tests.chassis.material import stored, tell, telling, unit

LARGE = 16 * 1024 * 1024


def _kinds(failed: pytest.ExceptionInfo[SaveFailed]) -> dict[int, type[Exception]]:
    return {number: type(error) for number, error in failed.value.failures.items()}


def _nested(levels: int) -> Document:
    document: Document = {}
    for _ in range(levels):
        document = {"inner": document}
    return document


async def test_documents_events_and_claims_are_stored_together(database: Database) -> None:
    work = unit({"_id": "a"}, {"in": "others", "_id": "b"})
    event = tell(work)

    await save(database, [work], [{"_id": "claim"}])

    assert await stored(database) == {"a": {"_id": "a", "version": 1}}
    assert list(await stored(database, "others")) == ["b"]
    assert list(await stored(database, OUTBOX)) == [event.id]
    assert list(await stored(database, INBOX)) == ["claim"]


@pytest.mark.parametrize("guilty", [0, 1, 2])
async def test_one_bad_unit_means_that_nothing_at_all_is_stored(database: Database, guilty: int) -> None:
    await save(database, [unit({"in": "others", "_id": "taken"})])
    works = [unit({"_id": str(number)}) for number in range(3)]
    works[guilty].put("others", {"_id": "taken"})
    tell(works[0])

    with pytest.raises(SaveFailed) as failed:
        await save(database, works, [{"_id": "claim"}])

    assert _kinds(failed) == {guilty: AlreadyExists}
    assert [await stored(database, name) for name in ("things", OUTBOX, INBOX)] == [{}, {}, {}]


async def test_a_unique_value_that_is_taken_blames_its_unit(database: Database) -> None:
    await database.ensure([Index("things", (("number", 1),), unique=True)])
    await save(database, [unit({"_id": "a", "number": 7})])

    with pytest.raises(SaveFailed) as failed:
        await save(database, [unit({"_id": "b", "number": 8}), unit({"_id": "c", "number": 7})])

    assert _kinds(failed) == {1: AlreadyExists}


async def test_a_document_that_changed_since_it_was_read_is_not_overwritten(database: Database) -> None:
    await save(database, [unit({"_id": "a", "colour": "red"})])
    read = (await stored(database))["a"]
    await save(database, [unit({**read, "colour": "green"})])

    with pytest.raises(SaveFailed) as failed:
        await save(database, [unit({"_id": "b"}), unit({**read, "colour": "blue"})])

    assert _kinds(failed) == {1: Stale}
    assert await stored(database) == {"a": {"_id": "a", "colour": "green", "version": 2}}


async def test_two_units_that_read_the_same_version_do_not_overwrite_each_other(database: Database) -> None:
    await save(database, [unit({"_id": "a"})])
    read = (await stored(database))["a"]

    with pytest.raises(SaveFailed) as failed:
        await save(database, [unit({**read, "colour": "red"}), unit({**read, "colour": "blue"})])

    assert _kinds(failed) == {1: Stale}


async def test_a_unit_that_saw_an_earlier_one_is_stored_on_top_of_it(database: Database) -> None:
    await save(database, [unit({"_id": "a", "steps": [0]})])
    view = View({("things", "a"): (await stored(database))["a"], ("things", "b"): None})
    works = []
    for step in (1, 2, 3):
        work = unit(view=view)
        for id in ("a", "b"):
            document = work.get("things", id) or {"_id": id, "steps": []}
            document["steps"].append(step)
            work.put("things", document)
        view.absorb(work)
        works.append(work)

    await save(database, works)

    assert await stored(database) == {
        "a": {"_id": "a", "steps": [0, 1, 2, 3], "version": 4},
        "b": {"_id": "b", "steps": [1, 2, 3], "version": 3},
    }


async def test_a_unit_that_saw_a_failing_one_is_to_decide_again_and_not_to_blame(database: Database) -> None:
    await save(database, [unit({"_id": "a", "by": "a stranger"})])
    view = View({("things", "a"): None})
    first = unit({"_id": "a", "by": "first"}, view=view)
    view.absorb(first)
    second = unit(view=view)
    second.put("things", {**(second.get("things", "a") or {}), "by": "second"})

    with pytest.raises(SaveFailed) as failed:
        await save(database, [first, second, unit({"_id": "b"})])

    # Saved alone, the second one would replace the stranger's document, which has the version it saw.
    assert _kinds(failed) == {0: AlreadyExists, 1: Stale}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"text": "x" * (LARGE + 1)}, id="larger than 16 MB"),
        pytest.param({"text": "x" * (LARGE - 40)}, id="larger than 16 MB with the other fields"),
        pytest.param({"number": 2**63}, id="number out of range"),
        pytest.param({"value": object()}, id="no such type"),
        pytest.param({"nul\0": 1}, id="invalid name"),
        pytest.param({"text": "\ud800"}, id="no valid text"),
        pytest.param(_nested(190), id="too deep for the server"),
        pytest.param(_nested(5000), id="too deep for the driver"),
    ],
)
@pytest.mark.parametrize("replaces", [False, True], ids=["new", "replaced"])
async def test_an_unstorable_document_blames_its_unit(database: Database, content: Document, replaces: bool) -> None:
    await save(database, [unit({"_id": "old"})])
    document = (await stored(database))["old"] if replaces else {"_id": "new"}
    works = [unit({"_id": "a"}), unit({"_id": "b"}), unit({**document, **content}), unit({"_id": "d"})]

    with pytest.raises(SaveFailed) as failed:
        await save(database, works, [{"_id": "claim"}])

    assert _kinds(failed) == {2: Unstorable}
    assert list(await stored(database)) == ["old"]
    assert await stored(database, INBOX) == {}


async def test_an_event_that_cannot_be_stored_blames_its_unit(database: Database) -> None:
    bad = unit()
    event = tell(bad)
    bad.events[0] = event.model_copy(update={"source": "x" * LARGE})

    with pytest.raises(SaveFailed) as failed:
        await save(database, [telling(), bad, telling()])

    assert _kinds(failed) == {1: Unstorable}
    assert await stored(database, OUTBOX) == {}


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("the primary stepped down"),
        OperationFailure("write conflict", 112, {"errorLabels": ["TransientTransactionError"]}),
    ],
)
async def test_when_the_infrastructure_fails_nobody_is_blamed_and_nothing_stored(
    database: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def away(*args: object) -> None:
        raise error

    monkeypatch.setattr("services.chassis.saving._write_documents", away)

    with pytest.raises(type(error)):
        await save(database, [unit({"_id": "a"})], [{"_id": "claim"}])

    assert await stored(database) == {}


async def test_who_loses_the_race_for_a_message_looks_again_and_blames_nobody(database: Database) -> None:
    subject = new_id()
    cause = telling().events[0]

    def handled() -> list[object]:
        work = unit({"_id": "effect"}, cause=cause)
        tell(work, subject)
        return [work]

    outcomes = await asyncio.gather(
        *(save(database, handled(), [{"_id": cause.id}]) for _ in range(5)),  # type: ignore[arg-type]
        return_exceptions=True,
    )
    with pytest.raises(SaveFailed) as failed:
        await save(database, handled(), [{"_id": cause.id}])  # type: ignore[arg-type]

    assert sum(outcome is None for outcome in outcomes) == 1
    assert _kinds(failed) == {NOBODY: Stale}
    assert len(await stored(database)) == len(await stored(database, OUTBOX)) == 1


async def test_a_unit_without_anything_to_store_is_no_transaction(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "transaction", lambda self, write: pytest.fail("a transaction for nothing"))

    await save(database, [unit(), unit()])
