"""The four services as four processes, with people and bodies, and the door for requests from within."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from contracts.envelope import new_id
from deploy.local.processes import free_port
from services.chassis.access import digest
from services.chassis.mongo import Database
from tests.bench.material import ADMIN_KEY, BODIES, CAPACITY, EXPERTS_OF_A_THEME, THEMES, expert, official, official_key
from tests.bench.processes import Process, memory_mb
from tests.bench.progress import SERVICES, Progress
from tests.bench.servers import Servers

_SIGNED = ("p.pdf", b"%PDF-1.4\n% Protocollo, di prova\n%%EOF\n", "application/pdf")
_NICENESS = {"intake": 0, "routing": 0, "notify": 3, "reporting": 3}
"""The share of a busy processor as deployed: 2, 2, 1 and 1 (three steps of niceness are a half; see deploy/)."""
_UNLIMITED = "100000000/minute"


class Installation:
    """`processes` and `urls` by service, `ask(...)` for the submitter in intake, `seconds_to_start`."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self.servers = servers
        self.folder = folder
        prefix = f"p{new_id().replace('-', '')[4:20]}"
        self.databases = {name: Database(servers.mongo_url, f"{prefix}_{name}") for name in SERVICES}
        self.processes: dict[str, Process] = {}
        ports = {name: free_port() for name in SERVICES}
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        self.seconds_to_start = 0.0
        self._ports = ports
        self.mail_sample = folder / "sample.eml"
        self._sink = Process(
            "tests.bench.sink", str(self.mail_sample), environment={}, log=folder / "sink.log", talks=True
        )
        self.smtp_port = int(self._sink.hear())
        self._environment = {
            "AFFIANCA_PREFIX": prefix, "AFFIANCA_SOURCE": f"urn:affianca:{prefix}", **servers.environment,
            "AFFIANCA_ADMIN_KEY": ADMIN_KEY, "AFFIANCA_SERVICE_KEY": new_id(), "AFFIANCA_SECRET_KEY": new_id(),
            # One generator plays all front-ends; counting goes on as usual.
            "AFFIANCA_RATE_LIMIT": _UNLIMITED, "AFFIANCA_RATE_LIMIT_FRONT_END": _UNLIMITED,
            "AFFIANCA_SMTP_PORT": str(self.smtp_port),
            **{f"AFFIANCA_{name.upper()}_URL": url for name, url in self.urls.items()},
        }  # fmt: skip

    @property
    def pids(self) -> dict[str, int]:
        """Every process whose CPU time counts."""
        return {name: process.pid for name, process in self.processes.items()} | self.servers.pids

    def memory(self) -> dict[str, float]:
        """MB by process."""
        return {name: memory_mb(pid) for name, pid in self.pids.items()}

    async def progress(self, mail: bool) -> Progress:
        return await Progress(self.databases, mail).begin()

    async def mail(self, wanted: bool) -> None:
        """Whether people want mail, by their own preferences; what they see in the application stays."""
        wish = {"email": {} if wanted else dict.fromkeys(("received", "offer"), "off")}
        preferences = self.databases["notify"]["preferences"]
        for id in await self.databases["notify"]["access"].distinct("_id"):
            await preferences.update_one({"_id": id}, {"$set": wish, "$inc": {"version": 1}}, upsert=True)

    async def ask(self, do: str, **command: Any) -> Any:
        """What the submitter answers."""
        intake = self.processes["intake"]
        intake.say(json.dumps({"do": do, **command}))
        return json.loads(await asyncio.to_thread(intake.hear))

    def check(self) -> None:
        """Raises when one of the processes has ended."""
        for process in self.processes.values():
            process.check()

    async def start(self) -> None:
        began = time.monotonic()
        for name in SERVICES:
            module = "tests.bench.submitter" if name == "intake" else f"services.{name}"
            own = self._environment | {"AFFIANCA_LISTEN_PORT": str(self._ports[name])}
            log = self.folder / f"{name}.log"
            self.processes[name] = Process(
                module, environment=own, log=log, talks=name == "intake", nice=_NICENESS[name]
            )
        await asyncio.gather(*map(self._ready, SERVICES))
        self.seconds_to_start = time.monotonic() - began
        await self._furnish()
        await self.ask("watch")

    async def stop(self) -> None:
        everybody = (*self.processes.values(), self._sink)
        await asyncio.gather(*(asyncio.to_thread(process.stop) for process in everybody))
        for database in self.databases.values():
            await database.drop()
            database.close()

    async def _ready(self, name: str) -> None:
        async with httpx.AsyncClient(base_url=self.urls[name], timeout=5) as client, asyncio.timeout(120):
            while True:
                self.check()
                try:
                    if (await client.get("/ready")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)

    async def _furnish(self) -> None:
        admin = {"X-API-Key": ADMIN_KEY}
        async with (
            httpx.AsyncClient(base_url=self.urls["intake"], headers=admin, timeout=30) as intake,
            httpx.AsyncClient(base_url=self.urls["routing"], headers=admin, timeout=30) as routing,
        ):
            people = [_official(number) for number in range(len(BODIES))]
            people += [_expert_person(theme, n) for theme in range(len(THEMES)) for n in range(EXPERTS_OF_A_THEME)]
            await _all(intake.put(f"/api/persons/{id}", json=person) for id, person in people)
            for body in BODIES:
                await _all([intake.post(f"/api/bodies/{body}/registration", files={"protocol": _SIGNED})])
                await _all([intake.post(f"/api/bodies/{body}/approval", json={"approved": True})])
            await self._known_everywhere(len(people))
            profiles = [_profile(theme, n) for theme in range(len(THEMES)) for n in range(EXPERTS_OF_A_THEME)]
            await _all(routing.post("/api/experts", json=profile) for profile in profiles)

    async def _known_everywhere(self, people: int) -> None:
        async with asyncio.timeout(60):
            for database in self.databases.values():
                while await database["access"].estimated_document_count() < people:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)


async def _all(calls: Any) -> None:
    gate = asyncio.Semaphore(16)

    async def one(call: Any) -> None:
        async with gate:
            answer = await call
        if answer.status_code >= 300:
            raise RuntimeError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")

    await asyncio.gather(*map(one, calls))


def _person(id: str, key: str, role: str, **scope: str) -> tuple[str, dict[str, Any]]:
    grant = {"role": role, "start": "2026-01-01T00:00:00Z", **scope}
    person = {"name": f"Persona {id[:6]}", "email": f"{id}@prova.example", "language": "it", "grants": [grant]}
    return id, person | ({"api_keys_sha256": [digest(key)]} if key else {})


def _official(number: int) -> tuple[str, dict[str, Any]]:
    return _person(official(number), official_key(number), "official", scope_kind="body", scope=BODIES[number])


def _expert_person(theme: int, number: int) -> tuple[str, dict[str, Any]]:
    return _person(expert(theme, number), "", "expert", scope_kind="task_force", scope=THEMES[theme])


def _profile(theme: int, number: int) -> dict[str, Any]:
    code = THEMES[theme]
    return {
        "id": expert(theme, number), "task_forces": [code], "themes": [{"code": code, "level": 1 + number % 5}],
        "kinds": ["technical", "legal"], "capacity": CAPACITY,
    }  # fmt: skip


@asynccontextmanager
async def opened(servers: Servers, folder: Path) -> AsyncIterator[Installation]:
    """The installation between start and end."""
    folder.mkdir(parents=True)  # noqa: ASYNC240
    async with AsyncExitStack() as stack:
        installation = Installation(servers, folder)
        stack.push_async_callback(installation.stop)
        await installation.start()
        yield installation
