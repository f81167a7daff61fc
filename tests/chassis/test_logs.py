import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from services.chassis.logs import configure_logs


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in ("aiokafka", "pymongo", "faststream")}
    yield
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)
    for name, value in levels.items():
        logging.getLogger(name).setLevel(value)


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_log_line_is_json_with_its_event_name_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()

    structlog.get_logger().info("request_assigned", request_id="r1")

    (line,) = _lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "request_assigned", "request_id": "r1", "level": "info"}


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("WARNING")

    structlog.get_logger().info("request_assigned")

    assert _lines(capsys) == []


def test_context_that_was_bound_once_is_in_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()

    with structlog.contextvars.bound_contextvars(service="intake"):
        structlog.get_logger().info("request_assigned")

    assert _lines(capsys)[0]["service"] == "intake"


def test_a_library_that_repeats_itself_is_heard_once_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()

    for _ in range(4000):
        logging.getLogger("aiokafka.conn").error("Unable connect to node")
    logging.getLogger("aiokafka.consumer.fetcher").error("Failed fetch")

    assert [line["logger"] for line in _lines(capsys)] == ["aiokafka.conn", "aiokafka.consumer.fetcher"]


def test_a_library_is_heard_again_after_a_second(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logs()
    now = [100.0]
    monkeypatch.setattr("services.chassis.logs.time.monotonic", lambda: now[0])

    for now[0] in (100.0, 100.9, 101.1):
        logging.getLogger("aiokafka.conn").error("Unable connect to node")

    assert len(_lines(capsys)) == 2


def test_what_a_library_says_is_left_out_because_it_may_hold_personal_data(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()

    try:
        raise ValueError("duplicate key: mario.rossi@example.org")
    except ValueError:
        logging.getLogger("pymongo.client").exception("failed for mario.rossi@example.org")

    (line,) = _lines(capsys)
    assert "rossi" not in json.dumps(line)
    assert (line["logger"], line["error"]) == ("pymongo.client", "ValueError")
