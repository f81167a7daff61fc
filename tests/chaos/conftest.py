"""The broker that is killed, and the record of each run: a file, and a summary at the end of the tests."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.record import Record, written
from tests.chaos.schedule import Options, Schedule
from tests.chaos.victims import Apache, Embedded
from tests.kafka import apache

_HERE = Path(__file__).parent
_RECORDS: list[tuple[Path, Record]] = []
Recorded = Callable[[str, Options, Schedule], AbstractContextManager[Record]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    options = Options()
    longest = 600 + 60 * options.kills + options.requests
    for item in items:
        if item.path.is_relative_to(_HERE) and "mortal_broker" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.chaos)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(longest))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for path, record in _RECORDS:
        terminalreporter.section(f"Kills: {record.run}, {record.broker}: {'failed' if record.failure else 'passed'}")
        for line in (*record.lines(), f"written to {path}"):
            terminalreporter.write_line(line)


@pytest.fixture
def recorded(mortal_broker: Apache | Embedded) -> Recorded:
    """`with recorded(run, options, schedule) as record`: kept and shown, whatever the end."""

    @contextmanager
    def recording(run: str, options: Options, schedule: Schedule) -> Iterator[Record]:
        record = Record(run, mortal_broker.kind, options, schedule)
        with written(record) as path:
            _RECORDS.append((path, record))
            yield record

    return recording


@pytest.fixture(scope="session")
async def mortal_broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Apache | Embedded]:
    """Apache Kafka when it can be run here, else (or when CHAOS_BROKER=embedded) the embedded broker."""
    home = tmp_path_factory.mktemp("broker") / "node"
    broker = Embedded(home) if apache.missing() or os.environ.get("CHAOS_BROKER") == "embedded" else Apache(home)
    try:
        await broker.ready()
        yield broker
    finally:
        broker.stop()
