"""Whether the stack runs: a lock that the kernel frees however its holder ends, with the holder's pid inside."""

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path

from deploy.local.leftovers import stop_leftover
from deploy.local.places import LOCAL

_LOCK = "stack.lock"
FOLDERS = ("mongodb", "broker")
"""Folders below `.local` on which a child process may be left behind."""


class Lock:
    """Held by the running stack for its whole life."""

    def __init__(self, folder: Path = LOCAL) -> None:
        self.path = folder / _LOCK
        self._file: int | None = None

    def take(self) -> bool:
        """Takes it; False when somebody else has it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _locked(file):
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        self._file = file
        return True

    def release(self) -> None:
        """Gives it up."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> int | None:
        """The pid of the process that has it; None when nobody has."""
        try:
            file = os.open(self.path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.read(file, 32).decode()
            return int(text) if text.isdecimal() else 0
        finally:
            os.close(file)
        return None


def _locked(file: int) -> bool:
    """Tries a few times: somebody who only looks (`holder`) has it for a moment."""
    for _ in range(5):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.05)
    return False


def stop_running(lock: Lock, seconds: float = 45.0) -> bool:
    """Ends the running stack: asks first, makes it end after the given time. Says whether there was one."""
    pid = lock.holder()
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
            limit = time.monotonic() + seconds
            while lock.holder() == pid and time.monotonic() < limit:
                time.sleep(0.05)
            if lock.holder() == pid:
                os.kill(pid, signal.SIGKILL)
                while lock.holder() == pid:
                    time.sleep(0.05)
    stop_leftovers(lock.path.parent)
    return bool(pid)


def stop_leftovers(folder: Path = LOCAL) -> bool:
    """Ends children of a run that was killed hard. Says whether there were any."""
    stopped = [stop_leftover(folder / name) for name in FOLDERS]
    return any(stopped)
