"""Many at once share a transaction, and none suffers for another."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from contracts.envelope import new_id
from deploy.local.mongod import start_mongod
from services.chassis import group_commit
from services.chassis.group_commit import GroupCommit, Unavailable
from services.chassis.mongo import Database
from services.chassis.saving import AlreadyExists, Stale, Unstorable
from services.chassis.work import Work
from tests.chassis.material import stored, tell, unit

Eventually = Callable[..., Awaitable[Any]]


@pytest.fixture
async def commit(database: Database) -> AsyncIterator[GroupCommit]:
    commit = GroupCommit(database)
    await commit.start()
    yield commit
    await commit.stop()


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of units of each transaction that was tried."""
    sizes: list[int] = []
    save = group_commit.save

    async def counted(database: Database, works: list[Work], *more: Any) -> None:
        sizes.append(len(works))
        await save(database, works, *more)

    monkeypatch.setattr(group_commit, "save", counted)
    return sizes


async def _outcomes(commit: GroupCommit, works: list[Work]) -> list[type[BaseException] | None]:
    results = await asyncio.gather(*(commit.commit(work) for work in works), return_exceptions=True)
    return [type(result) if isinstance(result, BaseException) else None for result in results]


async def test_a_hundred_at_once_share_few_transactions(
    database: Database, commit: GroupCommit, transactions: list[int]
) -> None:
    works = [unit({"_id": str(number)}) for number in range(100)]
    for work in works:
        tell(work)

    assert await _outcomes(commit, works) == [None] * 100

    assert len(await stored(database)) == len(await stored(database, "outbox")) == 100
    assert len(transactions) <= 3


async def test_one_alone_does_not_wait_for_company(commit: GroupCommit, transactions: list[int]) -> None:
    await commit.commit(unit({"_id": "a"}))

    assert transactions == [1]


async def test_what_is_confirmed_is_stored(database: Database, commit: GroupCommit) -> None:
    async def check(id: str) -> bool:
        await commit.commit(unit({"_id": id}))
        return await database["things"].find_one({"_id": id}) is not None

    assert all(await asyncio.gather(*(check(str(number)) for number in range(50))))


async def test_a_unit_that_cannot_be_stored_fails_alone(database: Database, commit: GroupCommit) -> None:
    works = [unit({"_id": str(number)}) for number in range(9)]
    works.insert(4, unit({"_id": "bad", "number": 2**70}))

    outcomes = await _outcomes(commit, works)

    assert outcomes == [Unstorable if number == 4 else None for number in range(10)]
    assert len(await stored(database)) == 9


async def test_the_id_that_one_client_repeats_aborts_no_others_request(database: Database, commit: GroupCommit) -> None:
    await commit.commit(unit({"_id": "taken", "by": "first"}))
    works = [unit({"_id": str(number)}) for number in range(40)]
    works[10:10] = [unit({"_id": "taken", "by": "second"}), unit({"_id": "taken", "by": "third"})]

    outcomes = await _outcomes(commit, works)

    assert outcomes[:10] + outcomes[12:] == [None] * 40
    assert set(outcomes[10:12]) <= {AlreadyExists, Stale}
    assert (await stored(database))["taken"]["by"] == "first"


async def test_of_two_who_changed_the_same_document_one_decides_again(database: Database, commit: GroupCommit) -> None:
    await commit.commit(unit({"_id": "a"}))
    read = (await stored(database))["a"]

    outcomes = await _outcomes(commit, [unit({**read, "by": name}) for name in ("first", "second")])

    assert sorted(outcomes, key=str) == [Stale, None]
    assert (await stored(database))["a"]["version"] == 2


async def test_what_was_stored_although_the_answer_was_lost_is_confirmed_and_not_a_conflict(
    database: Database, commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = group_commit.save, []

    async def save_and_lose_the_answer(*arguments: Any) -> None:
        tries.append(1)
        await real(*arguments)
        if len(tries) == 1:
            raise AutoReconnect("the connection broke after the commit")

    monkeypatch.setattr(group_commit, "save", save_and_lose_the_answer)
    work, other = unit(), unit()
    for each in (work, other):
        each.put("things", {"_id": new_id()})
        tell(each)

    outcomes = await _outcomes(commit, [work, other])

    assert outcomes == [None, None]
    assert await database["things"].count_documents({}) == 2


async def test_a_caller_that_goes_away_during_the_save_harms_no_other(
    database: Database, commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, under_way, go_on = group_commit.save, asyncio.Event(), asyncio.Event()

    async def slowly(database: Database, works: list[Work], *more: Any) -> None:
        under_way.set()
        await go_on.wait()
        await save(database, works, *more)

    monkeypatch.setattr(group_commit, "save", slowly)
    impatient, *others = [asyncio.create_task(commit.commit(unit({"_id": str(number)}))) for number in range(10)]
    await asyncio.wait_for(under_way.wait(), 5)

    impatient.cancel()
    await asyncio.wait({impatient})
    go_on.set()

    await asyncio.gather(*others)
    assert {str(number) for number in range(1, 10)} <= set(await stored(database))


async def test_a_mistake_of_ours_fails_the_group_and_not_the_service(
    database: Database, commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object) -> None:
        raise KeyError("a mistake")

    with monkeypatch.context() as patch:
        patch.setattr(group_commit, "save", broken)
        assert await _outcomes(commit, [unit({"_id": "a"})]) == [KeyError]

    await commit.commit(unit({"_id": "b"}))
    assert list(await stored(database)) == ["b"]


async def test_whoever_waits_for_saves_is_woken(database: Database) -> None:
    bell = asyncio.Event()
    commit = GroupCommit(database, bell)
    await commit.start()

    await commit.commit(unit({"_id": "a"}))

    await asyncio.wait_for(bell.wait(), 1)
    await commit.stop()


async def test_stop_saves_what_was_accepted_and_refuses_what_comes_later(database: Database) -> None:
    commit = GroupCommit(database)
    await commit.start()
    accepted = [asyncio.create_task(commit.commit(unit({"_id": str(number)}))) for number in range(1200)]
    await asyncio.sleep(0)

    await commit.stop()

    await asyncio.gather(*accepted)
    assert len(await stored(database)) == 1200
    with pytest.raises(Unavailable):
        await asyncio.wait_for(commit.commit(unit({"_id": "late"})), 1)


async def test_without_a_database_all_are_told_within_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "_GIVE_UP_AFTER", 2.5)
    waiting = 1500  # Three groups: those that queue wait no longer than the first.
    server = start_mongod(tmp_path / "mongod")
    database = Database(server.url, "t")
    commit = GroupCommit(database)
    await commit.start()
    await commit.commit(unit({"_id": "before"}))

    server.kill()
    began = time.monotonic()
    outcomes = await _outcomes(commit, [unit({"_id": new_id()}) for _ in range(waiting)])

    assert outcomes == [Unavailable] * waiting
    assert time.monotonic() - began < 7  # One after the other they would wait 7.5 s.
    await commit.stop()
    database.close()


async def test_a_short_absence_of_the_database_is_not_felt(tmp_path: Path) -> None:
    server = start_mongod(tmp_path / "mongod")
    database = Database(server.url, "t")
    commit = GroupCommit(database)
    await commit.start()
    await commit.commit(unit({"_id": "before"}))

    server.kill()
    works = asyncio.create_task(_outcomes(commit, [unit({"_id": str(number)}) for number in range(50)]))
    server.spawn()  # From this thread: the kernel ends a child with the thread that started it.
    await asyncio.to_thread(server.wait_ready)

    assert await works == [None] * 50
    assert len(await stored(database)) == 51
    await commit.stop()
    database.close()
    server.stop()
