"""Callers in waves: one transaction for a wave, no waiting for who does not come; a wrong hint costs a look only."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from services.chassis import group_commit
from services.chassis.execution import Executor, InStep
from services.chassis.group_commit import GroupCommit
from services.chassis.mongo import Database
from services.chassis.together import Wave
from services.chassis.work import Work

COUNTERS = "counters"


@pytest.fixture
def wave() -> Wave:
    return Wave()


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many units of work each transaction took."""
    found: list[int] = []
    save = group_commit.save

    async def counted(database: Database, works: Sequence[Work]) -> None:
        found.append(len(works))
        await save(database, works)

    monkeypatch.setattr(group_commit, "save", counted)
    return found


@pytest.fixture
def no_end_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for more callers than there are fails by its own limit."""
    monkeypatch.setattr("services.chassis.execution._WAVE", 3600.0)
    monkeypatch.setattr("services.chassis.group_commit._PACE", 3600.0)


@pytest.fixture
async def executor(database: Database, clock: Any, wave: Wave, no_end_of_waiting: None) -> AsyncIterator[InStep]:
    commit = GroupCommit(database)
    await commit.start()
    yield InStep(Executor(database, commit, clock), wave)
    await commit.stop()


async def count(executor: InStep, wave: Wave, id: str) -> int:
    def decide(work: Work) -> int:
        counter = work.get(COUNTERS, id) or {"_id": id, "value": 0}
        work.put(COUNTERS, {**counter, "value": counter["value"] + 1})
        return int(counter["value"]) + 1

    with wave.setting_out():
        return await executor.run({COUNTERS: [id]}, decide)


async def test_a_wave_is_one_transaction(executor: InStep, wave: Wave, sizes: list[int]) -> None:
    async with asyncio.timeout(10):
        results = await asyncio.gather(*(count(executor, wave, f"n{n}") for n in range(6)))

    assert results == [1] * 6
    assert sizes == [6]


async def test_a_lone_caller_waits_for_nobody(executor: InStep, wave: Wave) -> None:
    async with asyncio.timeout(10):
        assert [await count(executor, wave, "one") for _ in range(3)] == [1, 2, 3]


async def test_what_is_said_to_be_new_is_not_looked_for_and_a_wrong_word_loses_nothing(
    executor: InStep, wave: Wave, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database[COUNTERS].insert_one({"_id": "known", "value": 7, "version": 1})
    looked: list[Any] = []
    find = executor._together.of

    async def noted(keys: Any) -> Any:
        looked.append(list(keys))
        return await find(keys)

    monkeypatch.setattr(executor._together, "of", noted)

    with executor.expecting_new(COUNTERS, "new"):
        new = await count(executor, wave, "new")
    before = len(looked)
    with executor.expecting_new(COUNTERS, "known"):
        known = await count(executor, wave, "known")

    assert (new, before) == (1, 0)
    assert (known, looked) == (8, [[(COUNTERS, "known")]])
