"""Child processes that do not outlive their parent: started, waited for, stopped, killed.

On Linux the kernel ends a child when the *thread* that started it ends, so start children from the main thread.
Their output is appended to a log file that `bound_log` may cut at any moment.
"""

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local.problems import explain

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
LOG_LIMIT = 10_000_000
_NEVER_GIVEN = range(15_000, 32_000)
"""Below what Linux and macOS give to connections."""
_CHANCE = random.SystemRandom()
"""Others who are told the same seed must not choose the same ports."""


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """As many different ones; none that the system gives to a connection, which could be quicker than the listener."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", _CHANCE.choice(_NEVER_GIVEN)))
                ports.append(int(probe.getsockname()[1]))
    return ports


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def bound_log(path: Path, limit: int = LOG_LIMIT) -> None:
    """Moves what `path` holds to `<path>.1` once it exceeds the limit; writers that append go on undisturbed."""
    if not path.exists() or path.stat().st_size <= limit:
        return
    with path.open("rb") as log, path.with_name(path.name + ".1").open("wb") as kept:
        log.seek(-limit, os.SEEK_END)
        while block := log.read(1 << 20):
            kept.write(block)
    os.truncate(path, 0)


class Child:
    """One started process: `pid`, `alive`, `stop()`, `kill()`."""

    def __init__(self, name: str, command: Sequence[str], log: Path) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        bound_log(log)
        self._began = log.stat().st_size if log.exists() else 0
        with log.open("ab") as out:
            # Its own group: a Ctrl-C at the terminal reaches the parent alone, which stops everything in order.
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float = 30.0) -> None:
        """Polls `ready`; raises a `Problem` that explains why if the process ends or the time passes."""
        limit = time.monotonic() + seconds
        while not ready():
            if not self.alive or time.monotonic() > limit:
                code = self._process.poll()
                self.kill()
                raise explain(self.name, self.output(), code, self.log)
            time.sleep(0.01)

    def output(self) -> str:
        """What this process has written so far (at most the last 64 kB)."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(min(self._began, size), size - 65_536))
            return log.read().decode(errors="replace")
        return ""

    def stop(self, seconds: float = 15.0) -> None:
        """Asks it to end, and makes it end when it has not after the given time."""
        if self.alive:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        if self.alive:
            self._process.kill()
        self._process.wait()
