"""The services as they are deployed: `python -m services.<name>`, one operating system process each."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from deploy.local.processes import free_port
from tests.kafka.apache import ROOT, die_with_parent


class Process:
    """One process of one service, on a port that it keeps over restarts."""

    def __init__(self, name: str, number: int, environment: dict[str, str], folder: Path) -> None:
        self.name = name
        self.port = free_port()
        self.log = folder / f"{name}-{number}.log"
        self._environment = environment | {"AFFIANCA_LISTEN_PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> None:
        """Starts it and returns at once."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("AFFIANCA_")}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"services.{self.name}"],
                stdout=log, stderr=log, cwd=ROOT, env=plain | self._environment, preexec_fn=die_with_parent,
            )  # fmt: skip

    async def ready(self, seconds: float = 120.0) -> None:
        """Returns when it can do its work."""
        limit = time.monotonic() + seconds
        async with httpx.AsyncClient(base_url=self.url, timeout=5) as client:
            while time.monotonic() < limit and self.alive:
                try:
                    if (await client.get("/ready")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        raise TimeoutError(f"{self.name} is not ready:\n{self.output()[-3000:]}")

    def signal(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    async def ended(self, seconds: float = 30.0) -> int:
        """The exit code, once it has ended."""
        assert self._process
        limit = time.monotonic() + seconds
        while self._process.poll() is None:
            if time.monotonic() > limit:
                raise TimeoutError(f"{self.name} did not end:\n{self.output()[-3000:]}")
            await asyncio.sleep(0.02)
        return self._process.returncode

    async def kill(self) -> None:
        """SIGKILL: nothing is finished, nobody is told."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def terminate(self) -> int:
        """SIGTERM; returns the exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    def close(self) -> None:
        """Whatever its state, it is gone afterwards."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
        if self._process:
            self._process.wait()

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def said(self, event: str) -> int:
        """How often the log holds an event."""
        return len(re.findall(rf"\b{event}\b", self.output()))

    async def metric(self, name: str) -> float:
        """The sum of a metric over its labels; 0 while it has none."""
        async with httpx.AsyncClient(base_url=self.url, timeout=5) as client:
            text = (await client.get("/metrics")).raise_for_status().text
        lines = re.findall(rf"^affianca_{self.name}_{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE)
        return sum(map(float, lines))
