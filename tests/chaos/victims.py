"""What is killed: each victim is started again, on the same folder and port, by a small supervisor."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Protocol

import httpx

from deploy.local.broker import Broker
from deploy.local.mongod import Mongod
from tests.chaos.pace import Pace
from tests.chaos.ports import lasting_port
from tests.chaos.schedule import Strike
from tests.kafka import apache
from tests.kafka.processes import Process

_AGAIN_AFTER = 0.2
_RESTARTED_WITHIN = 180.0


class Victim(Protocol):
    """Something with a process that can be killed."""

    name: str

    async def strike(self, down: float) -> str:
        """Kills it; returns, with what was killed, when it can do its work again."""
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

    async def strike(self, down: float) -> str:
        while not self.process.alive:
            self._spawned.clear()
            await self._spawned.wait()
        self.process.signal(signal.SIGKILL)
        await self._ready_again()
        return self.name

    async def _ready_again(self, seconds: float = 2 * _RESTARTED_WITHIN) -> None:
        """It may start several times, as long as database or broker are away."""
        async with asyncio.timeout(seconds), httpx.AsyncClient(base_url=self.process.url, timeout=5) as client:
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

    async def strike(self, down: float) -> str:
        self._server.kill()
        await asyncio.sleep(down)
        self._server.spawn()
        await asyncio.to_thread(self._server.wait_ready, _RESTARTED_WITHIN)
        return self.name


class Apache:
    """Apache Kafka of one node: it keeps its data."""

    name = "broker"
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

    async def strike(self, down: float) -> str:
        self._node.kill()
        await asyncio.sleep(down)
        self._node.start()
        await self.ready()
        return self.name


class Embedded:
    """The embedded broker: it comes back empty."""

    name = "broker"
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

    async def strike(self, down: float) -> str:
        self._server.kill()
        await asyncio.sleep(down)
        self._server.spawn()
        await self.ready()
        return self.name


async def strike_all(
    victims: Iterable[Victim], strikes: Iterable[Strike], pace: Pace, told: Callable[[str, float], None]
) -> None:
    """Carries the strikes out, each victim's in order; `told` hears of each what was killed when."""
    own = {victim.name: [strike for strike in strikes if strike.victim == victim.name] for victim in victims}
    began = time.monotonic()

    async def one(victim: Victim) -> None:
        for strike in own[victim.name]:
            await pace.until(strike.at)
            moment = time.monotonic() - began
            pace.down.add(victim.name)
            told(await victim.strike(strike.down), moment)
            pace.down.discard(victim.name)

    await asyncio.gather(*(one(victim) for victim in victims))
