"""Promise 1: what was answered 201 or 250 survives kill -9 of a process, of the database and of the broker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest

from contracts.envelope import new_id
from deploy.local.broker import Broker
from deploy.local.mongod import Mongod, start_mongod
from services.chassis.settings import Settings
from tests.promises.people import VARESE, until
from tests.promises.processes import Installation, open_installation
from tests.servers import EMBEDDED_KAFKA

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(200)]
SERVICES = ("intake", "routing")
FORM = {"body": VARESE, "kind": "technical", "title": "Bonifica", "description": "Serve aiuto.",
        "theme": "site-remediation"}  # fmt: skip


@pytest.fixture
def own_mongod(tmp_path: Path) -> Iterator[Mongod]:
    server = start_mongod(tmp_path / "mongodb")
    yield server
    server.kill()


@pytest.fixture
async def town(own_mongod: Mongod, own_broker: Broker, tmp_path: Path) -> AsyncIterator[Installation]:
    settings = Settings(prefix="kept", mongo_url=own_mongod.url, kafka=own_broker.bootstrap, **EMBEDDED_KAFKA)
    async with open_installation(settings, tmp_path, SERVICES) as running:
        await running.admit(VARESE)
        await running.person("official", "official", VARESE)
        for number in range(5):
            await running.expert(f"expert{number}", capacity=200)
        await running.settled()
        yield running


class Stream:
    """Front-ends and a mail server that send without a pause, and remember what was accepted."""

    def __init__(self, town: Installation) -> None:
        self.town = town
        self.numbers: list[str] = []
        self.subjects: list[str] = []
        self.refused = 0
        self._on = True

    @property
    def accepted(self) -> int:
        return len(self.numbers) + len(self.subjects)

    async def flowing(self, strike: Callable[[], Awaitable[None]], calls: int = 25, mails: int = 4) -> None:
        """Strikes in the middle of the stream, as soon as enough was accepted; ends with the stream."""
        before, self._on = (len(self.numbers), len(self.subjects)), True
        tasks = [asyncio.create_task(self._again(send)) for send in [self._call] * 8 + [self._mail] * 6]

        def enough() -> bool:
            return len(self.numbers) >= before[0] + calls and len(self.subjects) >= before[1] + mails

        try:
            await until(enough)
            await strike()
        finally:
            self._on = False
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=15)

    async def _again(self, send: Callable[[], Awaitable[None]]) -> None:
        # Not only cancelled: the mail client turns a cancellation into an error of its own.
        while self._on:
            try:
                await send()
            except (httpx.HTTPError, aiosmtplib.SMTPException, OSError):
                self.refused += 1
                await asyncio.sleep(0.05)

    async def _call(self) -> None:
        answer = await self.town.call("official", "POST", "/api/requests", json=FORM)
        if answer.status_code == 201:
            self.numbers.append(answer.json()["number"])
        else:
            self.refused += 1
            await asyncio.sleep(0.05)

    async def _mail(self) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"] = self.town.people["official"].email, "assistenza@affianca.example"
        mail["Subject"] = f"Bonifica di un sito contaminato {new_id()}"
        mail["Message-ID"] = f"<{new_id()}@comune.example>"
        mail.set_content("Serve il piano di caratterizzazione per la bonifica del sito contaminato.")
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=self.town.mail_port, timeout=10)
        self.subjects.append(mail["Subject"])


async def _no_mail_waits(town: Installation) -> bool:
    """What was answered 250 in a rush becomes a request a moment later."""
    return await town.databases()["intake"]["mail_queue"].find_one({}) is None


async def _everything(town: Installation) -> dict[str, dict[str, Any]]:
    """Every request that intake has, by number."""
    found, cursor = {}, ""
    while True:
        page = await town.done("admin", "GET", f"/api/requests?limit=200{cursor}")
        found |= {item["number"]: item for item in page["items"]}
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def test_whatever_was_accepted_is_there_and_reaches_an_expert(
    town: Installation, own_mongod: Mongod, own_broker: Broker
) -> None:
    stream = Stream(town)

    async def kill_processes() -> None:
        town.kill(*SERVICES)

    async def kill_database() -> None:
        own_mongod.kill()

    async def kill_broker() -> None:
        own_broker.kill()

    await stream.flowing(kill_processes)
    await town.start(*SERVICES)
    await stream.flowing(kill_broker)
    own_broker.spawn()
    own_broker.wait_ready()
    await stream.flowing(kill_database)
    own_mongod.spawn()
    own_mongod.wait_ready()

    assert len(stream.numbers) >= 75 and len(stream.subjects) >= 12
    await until(lambda: _no_mail_waits(town), seconds=60)
    kept = await _everything(town)
    assert set(stream.numbers) <= kept.keys()
    assert set(stream.subjects) <= {item["title"] for item in kept.values()}
    assert len(kept) <= stream.accepted + stream.refused + 40, "more than was ever sent"
    await _each_is_with_an_expert(town, kept.keys())


async def _each_is_with_an_expert(town: Installation, numbers: Any) -> None:
    async def assigned() -> set[str]:
        # Asked anew: what was under way when a process was killed may have been stored a moment later.
        everything = await _everything(town)
        assert set(numbers) <= everything.keys()
        waiting = {number: item["status"] for number, item in everything.items() if item["status"] != "assigned"}
        assert not waiting, f"{len(waiting)} of {len(everything)} wait: {sorted(waiting.items())[:5]}"
        return set(everything)

    known = await until(assigned, seconds=120)
    assignments = town.databases()["routing"]["assignments"]
    leads = [row["number"] async for row in assignments.find({"active": True})]
    assert sorted(leads) == sorted(known), "one lead each"
