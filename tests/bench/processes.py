"""Processes that are measured: started with an environment of their own, their CPU time and memory read from /proc."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def memory_mb(pid: int) -> float:
    """What a process holds in memory now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def load_average() -> float:
    """How busy the machine was in the last minute, whoever made it so."""
    return float(Path("/proc/loadavg").read_text().split()[0])


class Process:
    """`python -m <module> <arguments>`; what it says goes to a log, or to us when `talks`."""

    def __init__(
        self, module: str, *arguments: str, environment: dict[str, str], log: Path, talks: bool = False, nice: int = 0,
        root: Path = ROOT,
    ) -> None:  # fmt: skip
        self.log = log
        plain = {name: value for name, value in os.environ.items() if not name.startswith("AFFIANCA_")}
        pipe = subprocess.PIPE if talks else None
        with log.open("ab") as file:
            self._child = subprocess.Popen(
                ["nice", "-n", str(nice), sys.executable, "-m", module, *arguments],
                stdin=pipe, stdout=pipe or file, stderr=file, cwd=root, env=plain | environment,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._child.pid

    def say(self, line: str) -> None:
        """Sends one line to a process that talks."""
        assert self._child.stdin
        self._child.stdin.write(line.encode() + b"\n")
        self._child.stdin.flush()

    def hear(self) -> str:
        """Its next line; blocks. Raises when the process has ended."""
        assert self._child.stdout
        line = self._child.stdout.readline().decode()
        if not line:
            raise RuntimeError(f"{self.log.stem} has ended: {self.log.read_text()[-2000:]}")
        return line

    def check(self) -> None:
        """Raises when it has ended."""
        if self._child.poll() is not None:
            raise RuntimeError(f"{self.log.stem} has ended: {self.log.read_text()[-2000:]}")

    def stop(self, seconds: float = 25.0) -> None:
        """SIGTERM, then SIGKILL."""
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe:
                pipe.close()


class Usage:
    """CPU time of named processes from now on."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self._before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        self._began = time.monotonic()

    def per(self, count: int) -> dict[str, float]:
        """Milliseconds each process has used since, for each of `count` things done."""
        return {name: (cpu_seconds(pid) - self._before[name]) * 1000 / count for name, pid in self._pids.items()}

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began
