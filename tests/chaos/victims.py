"""What is killed: each victim is started again, on the same folder and port, by a small supervisor."""

import asyncio
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Protocol

import httpx

from deploy.local.broker import Broker
from deploy.local.mongod import Mongod
from tests.chaos.ports import lasting_port
from tests.kafka import apache
from tests.kafka.processes import Process

_AGAIN_AFTER = 0.2
_RESTARTED_WITHIN = 180.0


class Victim(Protocol):
    """Something with a process that can be killed."""

    name: str

    async def kill(self) -> str:
        """SIGKILL; returns what was killed."""
        ...

    async def revive(self, down: float) -> None:
        """Leaves it away for `down` seconds; returns when it can do its work again."""
        ...


class Supervised:
    """A service process: whenever it has ended, for whatever reason, it is started again."""

    def __init__(self, process: Process) -> None:
        self.name = process.name
        self.process = process
        self.started_at = 0.0
        self._spawned = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._spawn()
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.to_thread(self.process.close)

    async def kill(self) -> str:
        while not self.process.alive:
            self._spawned.clear()
            await self._spawned.wait()
        self.process.signal(signal.SIGKILL)
        return self.name

    async def revive(self, down: float) -> None:
        """The supervisor starts it at once; it may start several times, as long as database or broker are away."""
        async with (
            asyncio.timeout(2 * _RESTARTED_WITHIN),
            httpx.AsyncClient(base_url=self.process.url, timeout=5) as client,
        ):
            while True:
                await asyncio.sleep(_AGAIN_AFTER)
                with suppress(httpx.TransportError):
                    if (await client.get("/ready")).status_code == 200:
                        return

    def _spawn(self) -> None:
        self.started_at = time.time()
        self.process.spawn()
        self._spawned.set()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_AGAIN_AFTER)
            if not self.process.alive:
                self._spawn()


class Database:
    """A MongoDB of one node."""

    name = "mongod"

    def __init__(self, server: Mongod) -> None:
        self._server = server

    async def kill(self) -> str:
        self._server.kill()
        return self.name

    async def revive(self, down: float) -> None:
        await asyncio.sleep(down)
        self._server.spawn()
        await asyncio.to_thread(self._server.wait_ready, _RESTARTED_WITHIN)


class Apache:
    """Apache Kafka of one node: it keeps its data."""

    name, kind = "broker", "apache"
    settings: ClassVar[dict[str, str]] = {"AFFIANCA_KAFKA_SESSION_TIMEOUT_MS": "6000"}

    def __init__(self, folder: Path) -> None:
        apache.install()
        self._node = apache.Node(1, folder)
        self._node.port, self._node.controller = lasting_port(), lasting_port()
        self._node.format(f"1@127.0.0.1:{self._node.controller}", 1)
        self._node.start()
        self.bootstrap = f"127.0.0.1:{self._node.port}"
        self.stop = self._node.stop

    async def ready(self) -> None:
        await apache.answering(self.bootstrap, _RESTARTED_WITHIN)

    async def kill(self) -> str:
        self._node.kill()
        return self.name

    async def revive(self, down: float) -> None:
        await asyncio.sleep(down)
        self._node.start()
        await self.ready()


class Embedded:
    """The embedded broker: it comes back empty."""

    name, kind = "broker", "embedded"
    settings: ClassVar[dict[str, str]] = {
        "AFFIANCA_KAFKA_IDEMPOTENCE": "false", "AFFIANCA_KAFKA_SESSION_TIMEOUT_MS": "1000",
        "AFFIANCA_KAFKA_FETCH_WAIT_MS": "10",
    }  # fmt: skip

    def __init__(self, folder: Path) -> None:
        self._server = Broker(folder, lasting_port())
        self.bootstrap = self._server.bootstrap
        self.stop = self._server.stop

    async def ready(self) -> None:
        await asyncio.to_thread(self._server.wait_ready)

    async def kill(self) -> str:
        self._server.kill()
        return self.name

    async def revive(self, down: float) -> None:
        await asyncio.sleep(down)
        self._server.spawn()
        await self.ready()
