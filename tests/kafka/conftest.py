"""One installation of eight processes on a real Apache Kafka for all tests here, and the ledger of its requests."""

import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.envelope import new_id
from tests.kafka.installation import Installation, opened
from tests.kafka.ledger import Ledger
from tests.kafka.sources import Broker, open_broker
from tests.servers import MongoServer

SEED = 20261124
SESSION_MS = 6_000
"""The shortest that Apache Kafka accepts as it is delivered (`group.min.session.timeout.ms`)."""
FACTS: list[str] = []
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.kafka)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(300))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if FACTS:
        terminalreporter.section(f"Apache Kafka (seed {SEED})")
        for line in FACTS:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def measured() -> Callable[..., None]:
    """`measured("broker killed", converged=1.2)`: a line of the summary at the end of the run."""

    def note(what: str, **figures: Any) -> None:
        shown = (f"{name} {round(value, 2) if isinstance(value, float) else value}" for name, value in figures.items())
        FACTS.append(f"{what}: {', '.join(shown)}")

    return note


@pytest.fixture(scope="session")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    async with open_broker(tmp_path_factory.mktemp("kafka") / "one") as broker:
        yield broker


@pytest.fixture(scope="session")
async def installation(
    kafka: Broker, mongod: MongoServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    prefix = f"k{new_id().replace('-', '')[4:20]}"
    folder = tmp_path_factory.mktemp("services")
    session = {"AFFIANCA_KAFKA_SESSION_TIMEOUT_MS": str(SESSION_MS)}
    async with opened(Installation(folder, prefix, mongod.url, kafka.bootstrap, **session), 2) as started:
        yield started


@pytest.fixture(scope="session")
def promises_of_all(installation: Installation) -> Ledger:
    return Ledger(installation, random.Random(SEED))


@pytest.fixture
async def ledger(installation: Installation, promises_of_all: Ledger) -> AsyncIterator[Ledger]:
    """The ledger of the whole run; every process lives when a test begins, whatever the last one did."""
    yield promises_of_all
    promises_of_all.refused.clear()
    await installation.heal()
