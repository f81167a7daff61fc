"""A service that starts while broker or database are away waits; one that is set up wrongly ends and says so."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.errors import GroupCoordinatorNotAvailableError
from faststream.kafka import KafkaBroker

from contracts.bodies import BodyRegistered
from contracts.envelope import new_id
from deploy.local.broker import Broker
from deploy.local.mongod import Mongod
from deploy.local.places import ROOT
from deploy.local.processes import free_port
from services.chassis import topics
from services.chassis.mongo import Database
from services.chassis.outbox import OUTBOX
from services.chassis.settings import Settings
from services.chassis.waiting import until_there
from tests.chassis.material import waiting
from tests.chassis.toy import body_event, client, running, toy
from tests.servers import EMBEDDED_KAFKA, MongoServer

KEY = "an-administrator-key-of-a-test"


class Process:
    """A service as a process of its own; its log is kept in a file."""

    def __init__(self, folder: Path, **variables: Any) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self._log = folder / "service.log"
        given = {"listen_port": port, "secret_key": "cookies", "admin_key": KEY, **EMBEDDED_KAFKA, **variables}
        plain = {name: value for name, value in os.environ.items() if not name.startswith("AFFIANCA_")}
        environment = plain | {f"AFFIANCA_{name.upper()}": str(value) for name, value in given.items()}
        with self._log.open("wb") as log:
            command = [sys.executable, "-m", "services.intake"]
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    async def ask(self, path: str) -> tuple[int, str]:
        """The status and body; 0 while nobody listens."""
        try:
            async with httpx.AsyncClient(base_url=self.url, timeout=10) as asking:
                answer = await asking.get(path)
                return answer.status_code, answer.text
        except httpx.HTTPError:
            return 0, ""

    async def lives(self) -> bool:
        assert self._process.poll() is None, self.log
        return (await self.ask("/live"))[0] == 200

    async def is_ready(self) -> bool:
        return (await self.ask("/ready"))[0] == 200

    async def waits_for_the_broker(self) -> bool:
        """Whether that is all it waits for."""
        status, body = await self.ask("/ready")
        return status == 503 and '"faults":["starting: the broker does not answer yet"]' in body

    async def end(self) -> tuple[int, float]:
        """Ended by a signal: its exit code, and after how many seconds."""
        began = time.monotonic()
        self._process.terminate()
        return await self.ended(30), time.monotonic() - began

    async def ended(self, seconds: float) -> int:
        return await asyncio.to_thread(self._process.wait, seconds)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)


@pytest.fixture
def spawn(tmp_path: Path, prefix: str, mongod: MongoServer) -> Any:
    """Starts intake with these settings; killed at the end."""
    started: list[Process] = []

    def start(**variables: Any) -> Process:
        started.append(Process(tmp_path, **{"prefix": prefix, "mongo_url": mongod.url, **variables}))
        return started[-1]

    yield start
    for process in started:
        process.close()


@pytest.fixture
async def home(prefix: str, mongod: MongoServer) -> AsyncIterator[Database]:
    """The database of the process."""
    database = Database(mongod.url, f"{prefix}_intake")
    yield database
    await database.drop()
    database.close()


async def register(process: Process) -> None:
    """Stores something that is to be told to others."""
    person = {
        "name": "Ada Prova",
        "email": "ada@comune.example",
        "grants": [{"role": "monitor", "scope_kind": "programme"}],
    }
    async with httpx.AsyncClient(base_url=process.url, timeout=10, headers={"X-API-Key": KEY}) as asking:
        answer = await asking.post("/api/persons", json=person)
        assert answer.status_code == 201, answer.text


async def test_without_a_broker_a_service_accepts_and_joins_when_the_broker_comes(
    spawn: Callable[..., Process], home: Database, tmp_path: Path, eventually: Any
) -> None:
    port = free_port()
    process = spawn(kafka=f"127.0.0.1:{port}")
    await eventually(process.lives, seconds=40)
    await eventually(process.waits_for_the_broker, seconds=10)
    await register(process)
    assert await waiting(home) > 0

    broker = Broker(tmp_path / "broker", port)
    try:
        await eventually(process.is_ready, seconds=40)

        async def all_is_sent() -> bool:
            return await waiting(home) == 0

        await eventually(all_is_sent, seconds=20)
        assert process.log.count("waiting_for_neighbour") == 1
        assert (await process.end())[0] == 0
    finally:
        broker.stop()


async def test_a_service_that_waits_for_the_broker_ends_promptly(
    spawn: Callable[..., Process], home: Database, eventually: Any
) -> None:
    process = spawn(kafka=f"127.0.0.1:{free_port()}")
    await eventually(process.waits_for_the_broker, seconds=40)
    await register(process)

    code, seconds = await process.end()

    assert code == 0
    assert seconds < 8
    assert "Traceback" not in process.log
    assert await home[OUTBOX].count_documents({}) > 0


async def test_without_a_database_a_service_waits_and_joins_when_it_comes(
    spawn: Callable[..., Process], tmp_path: Path, broker: Any, eventually: Any
) -> None:
    port = free_port()
    process = spawn(kafka=broker.bootstrap, mongo_url=f"mongodb://127.0.0.1:{port}/?replicaSet=rs0")
    await eventually(process.lives, seconds=40)

    status, body = await process.ask("/ready")
    assert (status, "starting: the database does not answer yet" in body) == (503, True)

    server = Mongod(tmp_path / "mongodb", port)
    try:
        await asyncio.to_thread(server.wait_ready)
        await eventually(process.is_ready, seconds=40)
        assert (await process.end())[0] == 0
        assert "Traceback" not in process.log
    finally:
        server.stop()


async def test_a_service_that_waits_for_the_database_ends_promptly(
    spawn: Callable[..., Process], broker: Any, eventually: Any
) -> None:
    process = spawn(kafka=broker.bootstrap, mongo_url=f"mongodb://127.0.0.1:{free_port()}/?replicaSet=rs0")
    await eventually(process.lives, seconds=40)

    code, seconds = await process.end()

    assert code == 0
    assert seconds < 12


WRONG = {
    "a URL of something else": ({"mongo_url": "http://secret-word@127.0.0.1"}, "AFFIANCA_MONGO_URL is no address"),
    "a port that is none": ({"mongo_url": "mongodb://me:secret-word/@127.0.0.1"}, "AFFIANCA_MONGO_URL is no address"),
    "an address of a broker that is none": ({"kafka": "127.0.0.1:port"}, "settings AFFIANCA_*: kafka"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_setting_ends_the_service_at_once_with_its_name(spawn: Callable[..., Process], case: str) -> None:
    variables, message = WRONG[case]
    process = spawn(**variables)

    code = await process.ended(40)

    assert code == 1
    assert message in process.log
    assert "Traceback" not in process.log
    assert "secret-word" not in process.log


async def test_a_wrong_password_of_the_database_ends_the_service_at_once(
    spawn: Callable[..., Process], mongod: MongoServer, broker: Any
) -> None:
    process = spawn(kafka=broker.bootstrap, mongo_url=mongod.url.replace("mongodb://", "mongodb://me:secret-word@"))

    code = await process.ended(40)

    assert code == 1
    assert "refuses the name or the password in AFFIANCA_MONGO_URL" in process.log
    assert "Traceback" not in process.log
    assert "secret-word" not in process.log


async def test_a_broker_that_refuses_for_a_while_is_asked_again(
    settings: Settings, clock: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, producer: Any, eventually: Any
) -> None:
    join, refused = KafkaBroker.start, []

    async def start(broker: KafkaBroker) -> None:
        if len(refused) < 3:
            refused.append(broker)
            raise GroupCoordinatorNotAvailableError()
        await join(broker)

    monkeypatch.setattr(KafkaBroker, "start", start)
    async with running(toy(settings, clock, tmp_path)) as service:
        event = body_event(1)
        topic = topics.topic_of(settings.prefix, BodyRegistered.STREAM)
        await producer.send_and_wait(topic, event.model_dump_json().encode(), key=event.subject.encode())

        async def it_is_heard() -> Any:
            return await service.database["notes"].find_one({"_id": event.subject})

        await eventually(it_is_heard)
        async with client(service) as asking:
            assert (await asking.get("/ready")).status_code == 200

    assert len(set(map(id, refused))) == 3


async def test_what_is_no_absence_is_raised_at_once() -> None:
    tries = []

    async def attempt() -> None:
        tries.append(new_id())
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="ours"):
        await until_there("somebody", attempt, lambda error: isinstance(error, OSError))

    assert len(tries) == 1
