"""Children are waited for, stopped, and do not outlive their parent; their logs stay bounded."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from deploy.local import leftovers
from deploy.local.broker import start_broker
from deploy.local.mongod import Mongod, start_mongod
from deploy.local.places import ROOT
from deploy.local.processes import Child, bound_log


def wait_until(happened: Callable[[], bool], seconds: float = 15.0) -> None:
    limit = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether no such process runs (a zombie has ended)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def stored(server: Mongod) -> int:
    client: MongoClient[dict[str, Any]] = MongoClient(server.url, serverSelectionTimeoutMS=5_000)
    with client:
        client.things.things.insert_one({})
        return client.things.things.count_documents({})


def test_a_database_keeps_its_data_when_killed_and_when_moved_to_another_port(tmp_path: Path) -> None:
    server = start_mongod(tmp_path / "data")
    counts = [stored(server)]
    server.kill()
    server.restart()
    counts.append(stored(server))
    server.stop()

    moved = start_mongod(tmp_path / "data")

    assert moved.port != server.port
    assert [*counts, stored(moved)] == [1, 2, 3]
    moved.stop()


def test_a_broker_comes_back_on_its_port(tmp_path: Path) -> None:
    broker = start_broker(tmp_path)
    port = broker.port
    broker.kill()

    broker.restart()

    assert broker.alive
    assert broker.bootstrap == f"127.0.0.1:{port}"
    broker.stop()
    assert not broker.alive


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_no_child_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom deploy.local.processes import Child\n"
        f"print(Child('x', ['sleep', '300'], Path({str(tmp_path / 'x.log')!r})).pid, flush=True)\ntime.sleep(300)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout
        child = int(parent.stdout.readline())

        parent.kill()

    wait_until(lambda: gone(child))


def test_a_child_left_behind_is_found_by_its_folder_and_stopped(tmp_path: Path) -> None:
    code = "import time; print('up', flush=True); time.sleep(300)"
    child = Child("left", [sys.executable, "-c", code, str(tmp_path)], tmp_path / "x.log")
    child.wait_until(lambda: "up" in child.output())
    leftovers.remember(tmp_path, child.pid)

    stopped = leftovers.stop_leftover(tmp_path)

    assert stopped
    assert not child.alive
    assert not leftovers.stop_leftover(tmp_path)


def test_a_pid_that_belongs_to_another_program_now_is_left_alone(tmp_path: Path) -> None:
    other = Child(
        "other", [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(300)"], tmp_path / "x.log"
    )
    other.wait_until(lambda: "up" in other.output())
    leftovers.remember(tmp_path, other.pid)

    stopped = leftovers.stop_leftover(tmp_path)

    assert not stopped
    assert other.alive
    other.kill()


def test_a_child_that_ignores_the_request_to_end_is_ended(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(300)"
    )
    child = Child("stubborn", [sys.executable, "-c", code], tmp_path / "x.log")
    child.wait_until(lambda: "up" in child.output())

    child.stop(0.2)

    assert not child.alive


def test_a_log_is_cut_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    writer = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(writer, b"a" * 500 + b"b" * 1_000)

    bound_log(log, 1_000)
    os.write(writer, b"later")
    os.close(writer)

    assert log.read_bytes() == b"later"
    assert (tmp_path / "x.log.1").read_bytes() == b"b" * 1_000
