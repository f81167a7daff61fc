"""Use cases from outside: nothing half, lost races decided again; jobs: one at a time, none for ever silent."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.chassis import mongo
from services.chassis.execution import Contended, Executor, load
from services.chassis.group_commit import GroupCommit
from services.chassis.jobs import Bell, Job
from services.chassis.saving import AlreadyExists
from services.chassis.work import Work

COUNTERS = "counters"


@pytest.fixture
async def executor(database, clock) -> AsyncIterator[Executor]:
    commit = GroupCommit(database)
    await commit.start()
    yield Executor(database, commit, clock)
    await commit.stop()


def increment(work: Work) -> int:
    counter = work.get(COUNTERS, "one") or {"_id": "one", "value": 0}
    counter["value"] += 1
    work.put(COUNTERS, counter)
    return int(counter["value"])


async def test_concurrent_decisions_on_one_document_are_all_counted(executor, database) -> None:
    results = await asyncio.gather(*(executor.run({COUNTERS: ["one"]}, increment) for _ in range(15)))

    assert sorted(results) == list(range(1, 16))
    assert (await database[COUNTERS].find_one({"_id": "one"}))["value"] == 15


async def test_a_decision_that_raises_stores_nothing(executor, database) -> None:
    def change_and_raise(work: Work) -> None:
        increment(work)
        raise ValueError("changed our mind")

    with pytest.raises(ValueError, match="mind"):
        await executor.run({COUNTERS: ["one"]}, change_and_raise)

    assert await database[COUNTERS].count_documents({}) == 0


async def test_an_id_that_is_taken_is_told_to_the_caller(executor, database) -> None:
    await database[COUNTERS].insert_one({"_id": "two", "version": 1})

    with pytest.raises(AlreadyExists):
        await executor.run({}, lambda work: work.put(COUNTERS, {"_id": "two"}))


async def test_a_race_that_is_lost_for_ever_ends(executor, database, monkeypatch) -> None:
    monkeypatch.setattr("services.chassis.execution._TRIES", 3)
    await database[COUNTERS].insert_one({"_id": "one", "version": 1, "value": 0})

    def blind(work: Work) -> None:
        work.put(COUNTERS, {"_id": "one", "version": 99, "value": 1})

    with pytest.raises(Contended):
        await executor.run({COUNTERS: ["one"]}, blind)


async def test_a_document_that_another_one_names_is_loaded_when_it_is_reached_for(executor, database) -> None:
    await database[COUNTERS].insert_many([{"_id": "one", "next": "two"}, {"_id": "two", "next": "three"}])

    def chain(work: Work) -> list[object]:
        two = work.reach(COUNTERS, (work.get(COUNTERS, "one") or {})["next"])
        return [two, work.reach(COUNTERS, (two or {})["next"])]

    assert await executor.run({COUNTERS: ["one"]}, chain) == [{"_id": "two", "next": "three"}, None]


async def test_documents_of_a_batch_are_read_with_one_query_a_collection(database, monkeypatch) -> None:
    await database[COUNTERS].insert_many([{"_id": str(number)} for number in range(20)])
    asked = []
    real = mongo._with_ids

    def counting(plain, collection, ids):
        asked.append(collection)
        return real(plain, collection, ids)

    monkeypatch.setattr(mongo, "_with_ids", counting)

    view = await load(database, [{COUNTERS: [str(number)], "others": ["x"]} for number in range(25)])

    assert sorted(asked) == [COUNTERS, "others"]
    assert view.documents[(COUNTERS, "24")] is None
    assert view.documents[(COUNTERS, "3")] == {"_id": "3"}


async def test_two_processes_never_run_a_job_together(database, eventually) -> None:
    running, most, runs = 0, 0, 0

    async def run() -> bool:
        nonlocal running, most, runs
        running, runs = running + 1, runs + 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return False

    jobs = [Job(database, "counting", 0.01, run) for _ in range(3)]
    for job in jobs:
        await job.start()
    await eventually(lambda: runs > 20)
    for job in jobs:
        await job.stop()

    assert most == 1


async def test_a_job_runs_at_once_when_woken_and_again_while_there_is_more(database, eventually) -> None:
    runs = []

    async def run() -> bool:
        runs.append(1)
        return len(runs) % 3 != 0

    job, bell = Job(database, "waking", 60.0, run), Bell()
    bell.waiting.append(job.woken)
    await job.start()
    await eventually(lambda: len(runs) == 3)
    bell.set()
    await eventually(lambda: len(runs) == 6)
    await job.stop()


async def test_a_job_outlives_its_failures(database, eventually) -> None:
    runs = []

    async def run() -> bool:
        runs.append(1)
        if len(runs) < 3:
            raise RuntimeError("not today")
        return False

    job = Job(database, "failing", 0.02, run)
    await job.start()
    await eventually(lambda: len(runs) >= 4)
    await job.stop()


async def test_what_is_known_is_not_looked_for_and_what_is_known_wrongly_is_looked_for_again(
    executor, database, monkeypatch
) -> None:
    await database[COUNTERS].insert_one({"_id": "one", "version": 4, "value": 7})
    looked: list[str] = []
    read = Executor._read

    async def noted(self, keys):
        looked.extend(id for ids in keys.values() for id in ids)
        return await read(self, keys)

    monkeypatch.setattr(Executor, "_read", noted)
    now = {(COUNTERS, "one"): {"_id": "one", "version": 4, "value": 7}}
    before = {(COUNTERS, "one"): {"_id": "one", "version": 3, "value": 2}}
    wrongly_new = {(COUNTERS, "one"): None}

    assert await executor.run({COUNTERS: ["one"]}, increment, known=now) == 8
    assert looked == []
    assert await executor.run({COUNTERS: ["one"]}, increment, known=before) == 9
    assert await executor.run({COUNTERS: ["one"]}, increment, known=wrongly_new) == 10
    assert looked == ["one", "one"]
