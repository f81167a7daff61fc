"""The broker that is killed, and the summary of each run at the end of the tests."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.run import Result
from tests.chaos.schedule import Options
from tests.chaos.victims import Apache, Embedded
from tests.kafka import apache

_HERE = Path(__file__).parent
_SUMMARIES: list[tuple[str, Result]] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    options = Options()
    longest = 400 + 60 * options.kills + options.requests
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.chaos)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(longest))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for what, result in _SUMMARIES:
        terminalreporter.section(f"Ledger: {what}")
        for line in result.lines():
            terminalreporter.write_line(line)


@pytest.fixture
def printed() -> Callable[[str, Result], None]:
    """`printed(what, result)`: the result is shown at the end, also when the test fails later."""
    return lambda what, result: _SUMMARIES.append((what, result))


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
