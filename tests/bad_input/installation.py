"""The four real services behind one address, with real servers: what a hostile caller or broker can reach."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from contracts.envelope import derived_id, new_id
from deploy.local.http_server import HttpServer
from deploy.local.mail_catcher import MailCatcher
from deploy.local.mailbox import Mailbox
from deploy.local.processes import free_port
from deploy.local.stack import front
from services.chassis.access import digest
from services.chassis.clock import Clock
from services.chassis.mongo import Database
from services.chassis.service import Service
from services.chassis.settings import Settings

SERVICES = ("intake", "routing", "notify", "reporting")
ADMIN, SERVICE_KEY = "admin" * 9, "service" * 7
BODY, THEME = "016024", "environmental-assessment"
ROLES = ("front_end", "official", "representative", "expert", "coordinator", "monitor")
_BOUND = {"official": {"scope_kind": "body", "scope": BODY}, "representative": {"scope_kind": "body", "scope": BODY}}
PDF = {"protocol": ("protocollo.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")}
_CHANGING = {"leases", "relay_positions", "numbers"}
"""What the services write while nobody asks for anything, and the counter of numbers that are taken in advance."""


@dataclass
class Installation:
    """Its services, its address, and the API keys of its people; the secretariat's and the services' are built in."""

    settings: Settings
    url: str
    services: dict[str, Service]
    client: httpx.AsyncClient
    keys: dict[str, str] = field(default_factory=lambda: {"secretariat": ADMIN, "service": SERVICE_KEY})

    async def call(self, who: str | None, method: str, path: str, **content: Any) -> httpx.Response:
        """An answer, to somebody or to nobody."""
        headers = dict(content.pop("headers", {}))
        if who:
            headers["X-API-Key"] = self.keys[who]
        return await self.client.request(method, path, headers=headers, **content)

    async def stored(self) -> dict[str, str]:
        """The digest of every collection of the four databases: equal when nothing was stored or changed."""
        digests = {}
        for name, service in self.services.items():
            found = (await service.database.raw.command("dbHash"))["collections"]
            digests |= {f"{name}/{collection}": found[collection] for collection in found.keys() - _CHANGING}
        return digests

    async def settled(self, rounds: int = 8) -> dict[str, str]:
        """What is stored once nothing has changed any more for a while."""
        last, same = await self.stored(), 0
        for _ in range(600):
            await asyncio.sleep(0.1)
            now = await self.stored()
            same, last = (same + 1 if now == last else 0), now
            if same == rounds:
                return last
        raise AssertionError("the services never come to rest")

    async def submit(self, who: str = "official", **changes: Any) -> dict[str, Any]:
        """A new request's document."""
        answer = await self.call(who, "POST", "/api/requests", json=request_form(**changes))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


def request_form(**changes: Any) -> dict[str, Any]:
    """What a front-end sends for a new request."""
    form = {
        "body": BODY, "kind": "technical", "theme": THEME, "title": "Conferenza di servizi ferma",
        "description": "Manca il parere di un ente.",
        "protocol": {"number": "1/2026", "date": "2026-03-02", "registry": "Ufficio"}, "tags": ["urgente"],
    }  # fmt: skip
    return {**form, **changes}


@asynccontextmanager
async def running_services(
    settings: Settings, drop: bool = True, before: Callable[[Service], None] = lambda service: None
) -> AsyncIterator[Installation]:
    """The services, started and served at a port of their own; at the end their databases are dropped.

    before: what a test changes in each of them before it starts.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    addresses = {f"{name}_url": url for name in (*SERVICES, "public")}
    secret = {"secret_key": "x" * 40, "admin_key": ADMIN, "service_key": SERVICE_KEY}
    here = Settings(**{**settings.model_dump(), **addresses, **secret, "rate_limit": "1000000/minute"})
    catcher = MailCatcher(Mailbox())
    await catcher.start()
    here = here.model_copy(update={"smtp_port": catcher.port})
    modules = [importlib.import_module(f"services.{name}.main") for name in SERVICES]
    async with AsyncExitStack() as stops:
        stops.push_async_callback(catcher.stop)
        services = {name: module.build(here, Clock()) for name, module in zip(SERVICES, modules, strict=True)}
        for service in services.values():
            before(service)
            if drop:
                stops.push_async_callback(_drop, here, service.name)
            stops.push_async_callback(service.stop)
        await asyncio.gather(*(service.start() for service in services.values()))
        server = HttpServer(front(modules, list(services.values())), port)
        await server.start()
        stops.push_async_callback(server.stop)
        stops.callback(lambda: [close() for service in services.values() for close in service.closing])
        client = await stops.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
        yield Installation(here, url, services, client)


async def _drop(settings: Settings, service: str) -> None:
    database = Database(settings.mongo_url, settings.database(service))
    await database.drop()
    database.close()


async def populate(installation: Installation, issuer: str | None = None) -> None:
    """People of every role with a key, an admitted body and an expert for its theme."""
    for role in ROLES:
        key = installation.keys[role] = f"key of {role} {new_id()}"
        grant = {"role": role, **_BOUND.get(role, {"scope_kind": "programme"})}
        person = {"id": person_of(role), "name": role.title(), "email": f"{role.replace('_', '-')}@prova.example",
                  "grants": [grant], "api_keys_sha256": [digest(key)]}  # fmt: skip
        if issuer:
            person["identities"] = [{"subject": role, "issuer": issuer}]
        await _done(installation, "POST", "/api/persons", json=person)
    await _done(installation, "POST", f"/api/bodies/{BODY}/registration", files=PDF)
    await _done(installation, "POST", f"/api/bodies/{BODY}/approval", json={"approved": True})
    await _known_everywhere(installation)
    profile = {"id": person_of("expert"), "task_forces": [THEME], "themes": [{"code": THEME, "level": 5}],
               "kinds": ["technical", "legal"], "provinces": [], "capacity": 200}  # fmt: skip
    await _done(installation, "POST", "/api/experts", json=profile)


def person_of(role: str) -> str:
    """The id of the person with this role."""
    return derived_id("bad-input", role)


async def _known_everywhere(installation: Installation) -> None:
    """Returns when every service has its copy of the last grant."""
    for service in installation.services.values():
        for _ in range(400):
            if await service.database.by_ids("access", [person_of(ROLES[-1])]):
                break
            await asyncio.sleep(0.05)
        else:
            raise AssertionError(f"{service.name} does not know the grants")


async def _done(installation: Installation, method: str, path: str, **content: Any) -> None:
    answer = await installation.call("secretariat", method, path, **content)
    assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
