"""One intake process over the run's own servers, the people who ask, and the requests among which they look."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from pymongo import MongoClient
from starlette.responses import Response

from contracts.envelope import derived_id
from deploy.local.processes import free_port
from services.chassis.access import digest
from services.chassis.mongo import Database
from services.chassis.sessions import COOKIE, Sessions
from services.chassis.settings import Settings
from services.intake.store.requests import INDEXES, REQUESTS
from tests.bench.intake.documents import BODIES, EXPERTS, Maker, size_of
from tests.bench.material import ADMIN_KEY, THEMES, official, official_key
from tests.bench.material import BODIES as SENDERS
from tests.bench.processes import Process
from tests.bench.servers import Servers

SMALL, LARGE = sorted(BODIES, key=size_of)[300].code, max(BODIES, key=size_of).code
_SIGNED = ("p.pdf", b"%PDF-1.4\n% Protocollo, di prova\n%%EOF\n", "application/pdf")
_UNLIMITED = "100000000/minute"
_BATCH = 2_000


class Town:
    """`port`, `cookie` of the coordinator's browser, `keys` by who asks, `database`."""

    def __init__(self, servers: Servers, folder: Path, name: str) -> None:
        self._servers, self._folder = servers, folder
        self._prefix, secret = f"bench-{name}", derived_id("bench-intake", "secret")
        self.database = Database(servers.mongo_url, f"{self._prefix}_intake")
        self.port = 0
        self._environment = {
            "AFFIANCA_PREFIX": self._prefix, "AFFIANCA_SOURCE": f"urn:affianca:{self._prefix}", **servers.environment,
            "AFFIANCA_ADMIN_KEY": ADMIN_KEY, "AFFIANCA_SECRET_KEY": secret,
            "AFFIANCA_RATE_LIMIT": _UNLIMITED, "AFFIANCA_RATE_LIMIT_FRONT_END": _UNLIMITED,
        }  # fmt: skip
        self.keys = {name: f"key-of-{name}" for name in ("coordinator", "official", "official_large", "expert")}
        answer = Response()
        Sessions(Settings(secret_key=SecretStr(secret))).open(answer, _id("coordinator"))
        self.cookie = f"{COOKIE}=" + answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
        self._process: Process | None = None

    @property
    def pids(self) -> dict[str, int]:
        assert self._process
        return {"intake": self._process.pid, **self._servers.pids}

    async def start(self) -> None:
        self.port = free_port()
        own = self._environment | {"AFFIANCA_LISTEN_PORT": str(self.port)}
        self._process = Process("services.intake", environment=own, log=self._folder / "intake.log")
        async with self.client(timeout=5) as client, asyncio.timeout(1200):
            while True:
                self._process.check()
                with suppress(httpx.TransportError):
                    if (await client.get("/ready")).status_code == 200:
                        return
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        if self._process:
            await asyncio.to_thread(self._process.stop)

    def client(self, timeout: float = 60) -> httpx.AsyncClient:
        headers = {"X-API-Key": ADMIN_KEY}
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=timeout)

    async def furnish(self) -> None:
        """People and approved bodies."""
        people: dict[str, tuple[str, dict[str, Any]]] = {
            _id("coordinator"): (self.keys["coordinator"], {"role": "coordinator", "scope_kind": "programme"}),
            _id("official"): (self.keys["official"], _of_a_body(SMALL)),
            _id("official_large"): (self.keys["official_large"], _of_a_body(LARGE)),
            EXPERTS[0]: (self.keys["expert"], {"role": "expert", "scope_kind": "task_force", "scope": THEMES[0]}),
            **{official(n): (official_key(n), _of_a_body(code)) for n, code in enumerate(SENDERS)},
        }
        async with self.client() as client:
            for id, (key, grant) in people.items():
                person = {
                    "name": f"Persona {id[:6]}",
                    "language": "it",
                    "grants": [grant | {"start": "2026-01-01T00:00:00Z"}],
                }
                await _done(client.put(f"/api/persons/{id}", json=person | {"api_keys_sha256": [digest(key)]}))
            for body in SENDERS:
                await _done(client.post(f"/api/bodies/{body}/registration", files={"protocol": _SIGNED}))
                await _done(client.post(f"/api/bodies/{body}/approval", json={"approved": True}))

    async def examples(self, forms: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the handlers store of these requests."""
        async with self.client() as client:
            for form in forms:
                await _done(client.post("/api/requests", json=form))
        return [row async for row in self.database[REQUESTS].find({}, sort=[("_id", 1)], limit=len(forms))]

    async def without_indexes(self) -> None:
        """A million documents are stored in a tenth of the time when their indexes are made afterwards."""
        await self.database[REQUESTS].drop_indexes()

    async def with_indexes(self) -> None:
        models = [index.model() for index in INDEXES if index.collection == REQUESTS]
        await asyncio.to_thread(_index, self._servers.mongo_url, self.database.name, models)

    async def stored(self) -> int:
        """How many requests there are."""
        return int(await self.database[REQUESTS].estimated_document_count())

    async def fill(self, maker: Maker, first: int, count: int) -> None:
        await asyncio.to_thread(_fill, self._servers.mongo_url, self.database.name, maker, first, count)


def _index(url: str, name: str, models: list[Any]) -> None:
    client: MongoClient[dict[str, Any]] = MongoClient(url)  # This one waits for as long as it takes.
    with client:
        client[name][REQUESTS].create_indexes(models)


def _fill(url: str, name: str, maker: Maker, first: int, count: int) -> None:
    client: MongoClient[dict[str, Any]] = MongoClient(url, w=1)
    with client:
        collection = client[name][REQUESTS]
        for start in range(first, first + count, _BATCH):
            batch = list(maker.documents(start, min(_BATCH, first + count - start)))
            collection.insert_many(batch, ordered=False)


def _id(name: str) -> str:
    return derived_id("bench-intake", name)


def _of_a_body(code: str) -> dict[str, Any]:
    return {"role": "official", "scope_kind": "body", "scope": code}


async def _done(call: Any) -> None:
    answer = await call
    if answer.status_code >= 300:
        raise RuntimeError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
