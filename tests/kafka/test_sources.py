"""Without a real broker these tests are skipped on a user's machine, and a CI run fails."""

from typing import Any

import pytest

from tests.kafka import apache, sources


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with neither an address nor Docker nor Java."""
    monkeypatch.delenv("AFFIANCA_TEST_KAFKA", raising=False)
    monkeypatch.setattr(sources, "start_kafka_container", lambda: None)
    monkeypatch.setattr(apache, "missing", lambda: "Apache Kafka needs java")


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
async def test_a_ci_run_fails_where_a_users_run_is_skipped(bare, monkeypatch, tmp_path, ci: str, outcome: Any) -> None:
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match="needs java"):
        async with sources.open_broker(tmp_path):
            pass


async def test_an_address_comes_first_and_is_never_killed(bare, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("AFFIANCA_TEST_KAFKA", "somewhere:9092")

    async with sources.open_broker(tmp_path) as broker:
        assert (broker.bootstrap, broker.mortal) == ("somewhere:9092", False)
