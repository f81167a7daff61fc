"""Where the tests' servers come from: addresses in the environment, else Docker, else processes of our own.

    AFFIANCA_TEST_MONGO_URL, AFFIANCA_TEST_KAFKA               servers that are there already
    AFFIANCA_TEST_MONGO_IMAGE, AFFIANCA_TEST_KAFKA_IMAGE       images, used when an engine has them

With pytest-xdist the workers of a run share one server of each kind. A MongoDB of our own keeps its files in memory
where there is room: each write waits for its journal, and on a disk that wait is most of what an index costs.
AFFIANCA_TEST_ON_DISK=1 keeps them on the disk, for containers with little memory or with /dev/shm of others.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.broker import start_broker
from deploy.local.mongod import start_mongod
from tests.containers import start_kafka_container, start_mongo_container

EMBEDDED_KAFKA: dict[str, Any] = {
    "kafka_idempotence": False,
    "kafka_session_timeout_ms": 1000,
    "kafka_fetch_wait_ms": 10,
}
"""What the embedded broker needs: it has no idempotent producer, slow group joins, and wakes no fetch."""

_MEMORY, _OURS, _ROOM = Path("/dev/shm"), "affianca-tests-", 4 << 30


@dataclass(frozen=True)
class MongoServer:
    """A replica set that takes transactions."""

    url: str


@dataclass(frozen=True)
class KafkaServer:
    """A broker, and the settings that it wants of its clients."""

    bootstrap: str
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Started:
    """A server of ours: what others need to know of it, and how to end it."""

    facts: dict[str, Any]
    stop: Callable[[], None]


_used: list[tuple[Path, _Started | None]] = []
"""The ledgers of the servers that this worker uses, and what it started itself."""


@contextmanager
def shared_mongo(folder: Path) -> Iterator[MongoServer]:
    """The MongoDB of this test run."""
    if url := os.environ.get("AFFIANCA_TEST_MONGO_URL"):
        yield MongoServer(url)
        return
    with _shared(folder, "mongod", _start_mongo) as facts:
        yield MongoServer(**facts)


@contextmanager
def shared_kafka(folder: Path) -> Iterator[KafkaServer]:
    """The broker of this test run. One given by address is configured by the usual AFFIANCA_ variables."""
    if bootstrap := os.environ.get("AFFIANCA_TEST_KAFKA"):
        yield KafkaServer(bootstrap, {"kafka": bootstrap})
        return
    with _shared(folder, "broker", _start_kafka) as facts:
        yield KafkaServer(**facts)


def _start_mongo(folder: Path) -> _Started:
    if container := start_mongo_container():
        return _Started({"url": container.address}, container.stop)
    place = _in_memory() or folder
    shutil.rmtree(place, ignore_errors=True)  # A process of the same number may have left one.
    server = start_mongod(place, log=folder.with_name(folder.name + ".log"))

    def stop() -> None:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)

    return _Started({"url": server.url}, stop)


def _in_memory() -> Path | None:
    """A folder of this process in memory, without those that killed runs left; None where there is little room."""
    if os.environ.get("AFFIANCA_TEST_ON_DISK") or not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < _ROOM:
        return None
    _forget_the_dead()
    return _MEMORY / f"{_OURS}{os.getpid()}"


def _forget_the_dead() -> None:
    """Memory is given back also for a worker that was ended before it could."""
    for left in _MEMORY.glob(f"{_OURS}*"):
        if not Path("/proc", left.name.removeprefix(_OURS)).exists():
            shutil.rmtree(left, ignore_errors=True)


def _start_kafka(folder: Path) -> _Started:
    if container := start_kafka_container():
        known = {"kafka": container.address, "kafka_fetch_wait_ms": 10}
        return _Started({"bootstrap": container.address, "settings": known}, container.stop)
    server = start_broker(folder)
    known = {"kafka": server.bootstrap, **EMBEDDED_KAFKA}
    return _Started({"bootstrap": server.bootstrap, "settings": known}, server.stop)


@contextmanager
def _shared(base: Path, name: str, start: Callable[[Path], _Started]) -> Iterator[dict[str, Any]]:
    """Starts a server once for all workers of a run. `base` is this worker's folder."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        started = start(base / name)
        try:
            yield started.facts
        finally:
            started.stop()
        return
    path, mine = base.parent / f"{name}.json", None
    with _ledger(path) as entry:
        if not entry:
            mine = start(base.parent / name)
            entry.update(facts=mine.facts, users=[])
        entry["users"].append(os.getpid())
        facts = dict(entry["facts"])
    _used.append((path, mine))
    yield facts


def leave_shared_servers() -> None:
    """Ends the servers that this worker started, once no other worker uses them.

    For the end of the session: within a test's own teardown the wait would count as that test's time.
    """
    # All are left before any is waited for: two workers that each started one would wait for each other.
    for path, _ in _used:
        with _ledger(path) as entry:
            entry["users"].remove(os.getpid())
    for path, mine in _used:
        if mine:
            _wait_for_others(path)
            mine.stop()
    _used.clear()
    _forget_the_dead()


def _wait_for_others(path: Path, seconds: float = 600.0) -> None:
    """The kernel ends a child with its parent, so the worker that started a server leaves last."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        with _ledger(path) as entry:
            if not any(Path(f"/proc/{pid}").exists() for pid in entry["users"]):
                return
        time.sleep(0.1)


@contextmanager
def _ledger(path: Path) -> Iterator[dict[str, Any]]:
    """A small JSON file that one worker at a time reads and changes."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entry: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        yield entry
        path.write_text(json.dumps(entry))
