"""A whole installation outside the test's process: broker, database, services two by two, proxies, a mail server.

`opened(...)` starts it and gives it people, one body and enough experts. What a test kills it starts again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from contracts.envelope import derived_id, new_id
from services.chassis.access import digest
from services.chassis.mongo import Database
from services.chassis.settings import Settings
from tests.kafka.post import Front, Post
from tests.kafka.processes import Process

SERVICES = ("intake", "routing", "notify", "reporting")
BODY, THEME = "016024", "building-planning"
OFFICIAL, OFFICIAL_KEY, ADMIN_KEY = (
    derived_id("kafka", "official"),
    "official-key-of-the-tests",
    "admin-key-of-the-tests",
)
EXPERTS, CAPACITY = 20, 200
_SIGNED = b"%PDF-1.4\n% Protocollo, di prova\n%%EOF\n"


class Installation:
    """What the tests drive: `processes[name]`, `fronts[name]`, `post`, `call`, `databases[name]`."""

    def __init__(self, folder: Path, prefix: str, mongo_url: str, kafka: str, **more: str) -> None:
        self.folder = folder
        self.post = Post()
        self.fronts = {name: Front() for name in SERVICES}
        self.processes: dict[str, list[Process]] = {}
        self.environment = {
            "AFFIANCA_PREFIX": prefix, "AFFIANCA_SOURCE": f"urn:affianca:{prefix}", "AFFIANCA_MONGO_URL": mongo_url,
            "AFFIANCA_KAFKA": kafka, "AFFIANCA_ADMIN_KEY": ADMIN_KEY, "AFFIANCA_SERVICE_KEY": new_id(),
            "AFFIANCA_SECRET_KEY": new_id(), "AFFIANCA_RATE_LIMIT": "1000000/minute", **more,
        }  # fmt: skip
        facts = {name.removeprefix("AFFIANCA_").lower(): value for name, value in self.environment.items()}
        self.settings = Settings(**facts)
        self.databases = {name: Database(mongo_url, self.settings.database(name)) for name in SERVICES}

    @property
    def all(self) -> list[Process]:
        return [process for some in self.processes.values() for process in some]

    async def start(self, each: int) -> None:
        """All processes, ready, and the people and experts known everywhere."""
        await self.post.open()
        for name, front in self.fronts.items():
            await front.open()
            self.environment[f"AFFIANCA_{name.upper()}_URL"] = f"http://127.0.0.1:{front.port}"
        self.environment["AFFIANCA_SMTP_PORT"] = str(self.post.port)
        for name in SERVICES:
            self.processes[name] = [Process(name, n + 1, self.environment, self.folder) for n in range(each)]
            self.fronts[name].backends = [process.port for process in self.processes[name]]
        for process in self.all:
            process.spawn()
        await asyncio.gather(*(process.ready() for process in self.all))
        await self._furnish()

    async def heal(self) -> None:
        """Starts what has died and takes it behind its proxy again."""
        dead = [process for process in self.all if not process.alive]
        for process in dead:
            process.spawn()
        await asyncio.gather(*(process.ready() for process in dead))
        for name, front in self.fronts.items():
            front.backends = [process.port for process in self.processes[name]]

    async def close(self) -> None:
        await asyncio.gather(*(asyncio.to_thread(process.close) for process in self.all))
        for front in self.fronts.values():
            await front.close()
        await self.post.close()
        for database in self.databases.values():
            await database.drop()
            database.close()

    def client(self, name: str, key: str = ADMIN_KEY) -> httpx.AsyncClient:
        """A client of a service, by way of its proxy."""
        url = f"http://127.0.0.1:{self.fronts[name].port}"
        return httpx.AsyncClient(base_url=url, headers={"X-API-Key": key}, timeout=20)

    async def _furnish(self) -> None:
        async with self.client("intake") as intake, self.client("routing") as routing:
            scope = {"scope_kind": "body", "scope": BODY}
            await _put(intake, OFFICIAL, "official", digest(OFFICIAL_KEY), **scope)
            await _done(
                intake, f"/api/bodies/{BODY}/registration", files={"protocol": ("p.pdf", _SIGNED, "application/pdf")}
            )
            await _done(intake, f"/api/bodies/{BODY}/approval", json={"approved": True})
            experts = [derived_id("kafka", f"expert-{number}") for number in range(EXPERTS)]
            await asyncio.gather(*(_put(intake, id, "expert", scope_kind="programme") for id in experts))
            await _known(self.databases, {OFFICIAL, *experts})
            await asyncio.gather(*(_done(routing, "/api/experts", json=_profile(id)) for id in experts))


def _profile(expert: str) -> dict[str, Any]:
    return {
        "id": expert, "task_forces": [THEME], "themes": [{"code": THEME, "level": 3}], "kinds": ["technical", "legal"],
        "capacity": CAPACITY,
    }  # fmt: skip


async def _put(client: httpx.AsyncClient, id: str, role: str, key: str = "", **scope: str) -> None:
    grant = {"role": role, "start": "2026-01-01T00:00:00Z", **scope}
    person = {"name": f"Persona {id[:6]}", "email": f"{id}@prova.example", "language": "it", "grants": [grant]}
    answer = await client.put(f"/api/persons/{id}", json=person | ({"api_keys_sha256": [key]} if key else {}))
    answer.raise_for_status()


async def _done(client: httpx.AsyncClient, path: str, **content: Any) -> None:
    answer = await client.post(path, **content)
    assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text}"


async def _known(databases: dict[str, Database], people: set[str], seconds: float = 30.0) -> None:
    """Returns when every service has heard of them."""
    wanted = {"_id": {"$in": list(people)}}
    async with asyncio.timeout(seconds):
        while True:
            counts = [await database["access"].count_documents(wanted) for database in databases.values()]
            if min(counts) == len(people):
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def opened(installation: Installation, each: int) -> AsyncIterator[Installation]:
    """The installation between start and end."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(installation.close)
        await installation.start(each)
        yield installation
