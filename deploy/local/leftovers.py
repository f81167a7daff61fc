"""Child processes that an earlier run left behind (it was killed hard): found by their pid file and stopped.

Standard library only: it is asked before the Python environment exists. A pid file counts only if the process it
names still runs with the pid file's folder on its command line, so that a reused number harms nobody.
"""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

PID_FILE = "affianca.pid"
_PROC = Path("/proc/self/stat").exists()


def remember(folder: Path, pid: int) -> None:
    """Writes down which process works on `folder`."""
    (folder / PID_FILE).write_text(str(pid))


def forget(folder: Path) -> None:
    """The process on `folder` has ended."""
    (folder / PID_FILE).unlink(missing_ok=True)


def stop_leftover(folder: Path, seconds: float = 20.0) -> bool:
    """Ends the process that an earlier run left on `folder`. Says whether there was one."""
    try:
        pid = int((folder / PID_FILE).read_text())
    except (OSError, ValueError):
        return False
    command = _command_line(pid)
    found = str(folder) in command
    if found:
        _end(pid, seconds)
    elif not command:
        # Without memory already, but perhaps not yet without files and port.
        _wait_end(pid, 2.0)
    forget(folder)
    return found


def _end(pid: int, seconds: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        if not _wait_end(pid, seconds):
            os.kill(pid, signal.SIGKILL)
            _wait_end(pid, 5.0)


def _wait_end(pid: int, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while _state(pid) not in ("", "Z") and time.monotonic() < limit:
        time.sleep(0.02)
    return _state(pid) in ("", "Z")


def _state(pid: int) -> str:
    """The state letter of a process; empty when there is none, Z when only its exit code is left."""
    if _PROC:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return ""
    return _ps(pid, "stat")[:1]


def _command_line(pid: int) -> str:
    """The command line of a running process; empty when there is none, or when it is just ending."""
    if _PROC:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    return _ps(pid, "command")


def _ps(pid: int, column: str) -> str:
    command = ["ps", "-o", f"{column}=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
