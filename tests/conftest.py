"""Real servers and small tools for every test; `tests/servers.py` decides where the servers come from.

Each test has a prefix of its own, so databases, topics and consumer groups are never shared between tests.
"""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from contracts.envelope import new_id
from deploy.local.broker import Broker, start_broker
from services.chassis.clock import Clock
from services.chassis.mongo import Database
from services.chassis.settings import Settings
from tests import resting
from tests.servers import KafkaServer, MongoServer, leave_shared_servers, shared_kafka, shared_mongo

Probe = Callable[[], Any]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folder by folder, each in its random order: the services that a folder shares end before the next one begins.

    They would idle beside the tests of all others, at the price of half of those. The files of no folder come last:
    they are short, and whichever worker is free takes them.
    """
    rank: dict[Path, int] = {}
    for item in items:
        rank.setdefault(item.path.parent, len(rank))
    rank[Path(__file__).parent] = len(rank)
    items.sort(key=lambda item: rank[item.path.parent])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """The worker that started a server for all leaves last."""
    leave_shared_servers()


@pytest.fixture(autouse=True)
async def processors(request: pytest.FixtureRequest) -> None:
    """Services that this test does not use leave it the processors."""
    resting.only_for(request.node)


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongoServer]:
    """A MongoDB replica set that all tests of the run share: `.url`. Do not stop it."""
    with shared_mongo(tmp_path_factory.getbasetemp()) as server:
        yield server


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that the test may kill."""
    server = start_broker(tmp_path / "broker")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """A broker that all tests of the run share: `.bootstrap`, `.settings`. Do not stop it."""
    with shared_kafka(tmp_path_factory.getbasetemp()) as server:
        yield server


@pytest.fixture
def prefix() -> str:
    """A name that no other test has."""
    return f"t{new_id().replace('-', '')[4:24]}"


@pytest.fixture
def settings(prefix: str, mongod: MongoServer, broker: KafkaServer) -> Settings:
    """One installation for one test."""
    return Settings(prefix=prefix, mongo_url=mongod.url, source=f"urn:affianca:{prefix}", **broker.settings)


@pytest.fixture
async def database(prefix: str, mongod: MongoServer) -> AsyncIterator[Database]:
    """An empty database, dropped afterwards."""
    database = Database(mongod.url, f"{prefix}_chassis")
    yield database
    await database.drop()
    database.close()


@pytest.fixture
def clock() -> Clock:
    """Real time until the test moves it."""
    return Clock()


@pytest.fixture
async def producer(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer with the durability that services use."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka, acks="all", enable_idempotence=settings.kafka_idempotence
    )
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture
async def admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """An administrator's client of the shared broker."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await admin.start()
    yield admin
    await admin.close()


@pytest.fixture
def reading(settings: Settings) -> Callable[..., Any]:
    """`async with reading(topic) as consumer`: every message from the beginning, without a consumer group."""

    @asynccontextmanager
    async def read(*topics: str, kafka: str = settings.kafka) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            *topics,
            bootstrap_servers=kafka,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=settings.kafka_fetch_wait_ms,
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    return read


@pytest.fixture
def eventually() -> Callable[..., Awaitable[Any]]:
    """`await eventually(probe, seconds=10)`: asks until the answer is true, returns it, or fails with the last one.

    A probe is a function, plain or async. An AssertionError that it raises counts as "not yet".
    """
    return _eventually


async def _eventually(probe: Probe, seconds: float = 10.0, every: float = 0.02) -> Any:
    limit = time.monotonic() + seconds
    while True:
        try:
            last = probe()
            if inspect.isawaitable(last):
                last = await last
        except AssertionError as error:
            last = error
        if last and not isinstance(last, AssertionError):
            return last
        if time.monotonic() > limit:
            pytest.fail(f"not within {seconds} s; the last answer was {last!r}")
        await asyncio.sleep(every)
