"""Four services as processes, the people who use them, and the SMTP server that their mail goes to."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from contracts.envelope import derived_id, new_id
from services.chassis.access import digest
from services.chassis.mongo import Database
from services.chassis.settings import Settings
from tests.chaos.ports import lasting_port
from tests.chaos.schedule import Options
from tests.chaos.victims import Supervised
from tests.kafka.post import Post
from tests.kafka.processes import Process

SERVICES = ("intake", "routing", "notify", "reporting")
BODY, THEME, NOBODYS_THEME = "016024", "building-planning", "waste-management"
MAIL_TO = "assistenza@affianca.example"
OFFICIAL, COORDINATOR = derived_id("chaos", "official"), derived_id("chaos", "coordinator")
_CAPACITY = 200
EXPERTS = tuple(derived_id("chaos", f"expert {number}") for number in range(5 + Options().requests // _CAPACITY))
"""With a place for every request: who waits, waits because nobody knows the subject."""
_ADMIN = "chaos-key-of-the-secretariat"
_SIGNED = b"%PDF-1.4\n% Protocollo, di prova\n%%EOF\n"


def key_of(person: str) -> str:
    """The API key of somebody."""
    return f"chaos-key-{person}"


def address_of(person: str) -> str:
    """The e-mail address of somebody."""
    return f"{person}@prova.example"


class ServiceProcess(Process):
    """A process whose port lasts, and that learns the addresses of the others once all have one."""

    def __init__(self, name: str, environment: dict[str, str], folder: Path) -> None:
        super().__init__(name, 1, environment, folder)
        self.port = lasting_port()
        self.learn({"AFFIANCA_LISTEN_PORT": str(self.port)})

    def learn(self, environment: dict[str, str]) -> None:
        self._environment |= environment


class Installation:
    """`services[name]`, `databases[name]`, `post`, and clients in somebody's name."""

    def __init__(self, folder: Path, prefix: str, mongo_url: str, kafka: str, more: dict[str, str]) -> None:
        self.post = Post()
        self.smtp_port = lasting_port()
        self.environment = {
            "AFFIANCA_PREFIX": prefix, "AFFIANCA_SOURCE": f"urn:affianca:{prefix}", "AFFIANCA_MONGO_URL": mongo_url,
            "AFFIANCA_KAFKA": kafka, "AFFIANCA_ADMIN_KEY": _ADMIN, "AFFIANCA_SERVICE_KEY": new_id(),
            "AFFIANCA_SECRET_KEY": new_id(), "AFFIANCA_MAIL_FROM": MAIL_TO,
            "AFFIANCA_MAIL_LISTEN_PORT": str(self.smtp_port), "AFFIANCA_MAIL_IN_A_ROW": "100000", **more,
        }  # fmt: skip
        known = {name.removeprefix("AFFIANCA_").lower(): value for name, value in self.environment.items()}
        self.settings = Settings(**known)
        self.processes = [ServiceProcess(name, self.environment, folder) for name in SERVICES]
        self.services = {process.name: Supervised(process) for process in self.processes}
        self.databases = {name: Database(mongo_url, self.settings.database(name)) for name in SERVICES}

    async def start(self) -> None:
        await self.post.open()
        self.environment["AFFIANCA_SMTP_PORT"] = str(self.post.port)
        for process in self.processes:
            self.environment[f"AFFIANCA_{process.name.upper()}_URL"] = process.url
        for process in self.processes:
            process.learn(self.environment)
            self.services[process.name].start()
        await asyncio.gather(*(process.ready(90) for process in self.processes))
        await self._furnish()

    async def close(self) -> None:
        await asyncio.gather(*(service.stop() for service in self.services.values()))
        await self.post.close()
        for database in self.databases.values():
            database.close()

    def client(self, service: str, person: str = "") -> httpx.AsyncClient:
        """A client of a service; the secretariat's without a person."""
        headers = {"X-API-Key": key_of(person) if person else _ADMIN}
        return httpx.AsyncClient(base_url=self.services[service].process.url, headers=headers, timeout=20)

    async def _furnish(self) -> None:
        async with self.client("intake") as intake, self.client("routing") as routing:
            await _person(intake, OFFICIAL, "official", scope_kind="body", scope=BODY)
            await _person(intake, COORDINATOR, "coordinator", scope_kind="programme")
            for expert in EXPERTS:
                await _person(intake, expert, "expert", scope_kind="programme")
            signed = {"protocol": ("p.pdf", _SIGNED, "application/pdf")}
            _done(await intake.post(f"/api/bodies/{BODY}/registration", files=signed))
            _done(await intake.post(f"/api/bodies/{BODY}/approval", json={"approved": True}))
            for person in (OFFICIAL, COORDINATOR, *EXPERTS):
                await asyncio.gather(*(_known(database, person) for database in self.databases.values()))
            for expert in EXPERTS:
                _done(await routing.post("/api/experts", json=_profile(expert)))


def _profile(expert: str) -> dict[str, Any]:
    return {
        "id": expert, "task_forces": [THEME], "themes": [{"code": THEME, "level": 3}], "kinds": ["technical", "legal"],
        "capacity": _CAPACITY,
    }  # fmt: skip


async def _person(client: httpx.AsyncClient, id: str, role: str, **scope: str) -> None:
    grant = {"role": role, "start": "2026-01-01T00:00:00Z", **scope}
    person = {"name": f"Persona {id[:6]}", "email": address_of(id), "language": "en", "grants": [grant]}
    _done(await client.put(f"/api/persons/{id}", json=person | {"api_keys_sha256": [digest(key_of(id))]}))


def _done(answer: httpx.Response) -> None:
    assert answer.status_code < 300, f"{answer.request.url}: {answer.status_code} {answer.text}"


async def _known(database: Database, person: str, seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not await database["access"].find_one({"_id": person}):
        assert time.monotonic() < limit, f"{database.name} does not know {person}"
        await asyncio.sleep(0.05)


@asynccontextmanager
async def opened(installation: Installation) -> AsyncIterator[Installation]:
    """The installation between start and end."""
    try:
        await installation.start()
        yield installation
    finally:
        await installation.close()
