"""A database or broker that dies is started again; one that keeps dying ends the stack with a message."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.local.broker import Broker, start_broker
from deploy.local.problems import Problem
from deploy.local.supervisor import Supervisor


class Doomed:
    """A child that is dead whenever one looks."""

    name = "Doomed"
    log = Path("doomed.log")
    alive = False

    def __init__(self) -> None:
        self.spawned = 0

    def spawn(self) -> None:
        self.spawned += 1

    def wait_ready(self) -> None:
        raise Problem("it died again")


@pytest.fixture
async def supervised(tmp_path: Path) -> AsyncIterator[tuple[Broker, list[str]]]:
    broker = start_broker(tmp_path)
    said: list[str] = []
    task = asyncio.create_task(Supervisor([broker], said.append, every=0.01).watch())
    yield broker, said
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    broker.stop()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not happened():  # noqa: ASYNC110  # processes set no event
            await asyncio.sleep(0.01)


async def test_a_killed_broker_is_started_again_on_its_port(supervised: tuple[Broker, list[str]]) -> None:
    broker, said = supervised
    killed, port = broker.pid, broker.port

    broker.kill()
    await until(lambda: broker.alive and broker.pid != killed)

    broker.wait_ready()
    assert broker.port == port
    assert said == ["The broker ended unexpectedly and is started again."]


async def test_one_that_keeps_dying_ends_it_all_with_a_message() -> None:
    doomed = Doomed()
    said: list[str] = []

    with pytest.raises(Problem, match=r"Doomed died 6 times in 60 seconds .* doomed\.log"):
        await Supervisor([doomed], said.append, every=0.001).watch()

    assert doomed.spawned == 5
    assert "it died again" in said


async def test_deaths_long_apart_are_forgiven() -> None:
    doomed = Doomed()
    supervisor = Supervisor([doomed], lambda line: None, restarts=3, within=0.0, every=0.001)

    task = asyncio.create_task(supervisor.watch())
    await until(lambda: doomed.spawned > 10)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_logs_are_bounded_while_it_runs(tmp_path: Path) -> None:
    (tmp_path / "services.log").write_bytes(b"x" * 10_000_001)

    task = asyncio.create_task(Supervisor([], lambda line: None, logs=tmp_path).watch())
    await until(lambda: (tmp_path / "services.log").stat().st_size == 0)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
