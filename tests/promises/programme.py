"""A small programme that really runs: the four services in this process, behind one address and a real mail server.

MongoDB and the broker are the test run's own. `open_programme` gives a programme with bodies, people and an expert;
`Programme.call` speaks to it as one of them. Single services are stopped and started again by name.
"""

import asyncio
import importlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

from pydantic import SecretStr
from starlette.responses import Response

from deploy.local.front import Front
from deploy.local.http_server import HttpServer
from deploy.local.mail_catcher import MailCatcher
from deploy.local.mailbox import Mailbox
from services.chassis.clock import Clock
from services.chassis.mongo import Database
from services.chassis.service import Service
from services.chassis.settings import Settings
from tests.promises.people import ADMIN, SARONNO, SERVICE_KEY, VARESE, Town

NAMES = ("intake", "routing", "notify", "reporting")


def modules_of(names: Iterable[str]) -> dict[str, ModuleType]:
    """The composition root of each service."""
    return {name: importlib.import_module(f"services.{name}.main") for name in names}


class Programme(Town):
    """The running programme. `services` holds those that run now; `people` knows everybody by a short name."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.clock = Clock()
        self.services: dict[str, Service] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self.mailbox = Mailbox()
        self._catcher = MailCatcher(self.mailbox)
        self._front: Any = None

        async def answer(scope: Any, receive: Any, send: Any) -> None:
            await self._front(scope, receive, send)

        self._server = HttpServer(answer)
        self.url = f"http://127.0.0.1:{self._server.port}"
        addresses = {f"{name}_url": self.url for name in (*NAMES, "public")}
        keys = {"admin_key": SecretStr(ADMIN), "service_key": SecretStr(SERVICE_KEY)}
        self.settings = settings.model_copy(update={**addresses, **keys, "secret_key": SecretStr("cookies")})

    async def open(self, *names: str) -> None:
        await self._catcher.start()
        self.settings = self.settings.model_copy(update={"smtp_port": self._catcher.port})
        await self.start(*(names or NAMES))
        await self._server.start()

    async def start(self, *names: str) -> None:
        modules = modules_of(NAMES)
        built = {name: modules[name].build(self.settings, self.clock) for name in names}
        await asyncio.gather(*(service.start() for service in built.values()))
        self.services |= built
        apps = {name: service.app for name, service in self.services.items()}
        self._front = Front([(modules[name].PREFIXES, app) for name, app in apps.items()], default=apps["intake"])

    async def stop(self, *names: str) -> None:
        if "intake" in names:
            self._front = Response(status_code=503)  # As a reverse proxy answers for a service that is away.
        for name in names:
            for close in self.services[name].closing:
                close()
        await asyncio.gather(*(self.services[name].stop() for name in names))

    async def restart(self, *names: str) -> None:
        """As new processes would: nothing but the database is left of the old ones."""
        await self.stop(*names)
        await self.start(*names)

    async def close(self) -> None:
        await self.client.aclose()
        for service in self.services.values():
            for close in service.closing:
                close()
        await self._server.stop()
        await asyncio.gather(*(service.database.drop() for service in self.services.values()))
        await self.stop(*self.services)
        await self._catcher.stop()

    def address(self, path: str) -> str:
        return self.url

    def databases(self) -> dict[str, Database]:
        return {name: service.database for name, service in self.services.items()}


@asynccontextmanager
async def open_programme(settings: Settings, *names: str) -> AsyncIterator[Programme]:
    """Two admitted bodies, an official of the first, an expert, a coordinator, a monitor."""
    programme = Programme(settings)
    try:
        await programme.open(*names)
        for body in (VARESE, SARONNO):
            await programme.admit(body)
        await programme.person("official", "official", VARESE)
        await programme.person("coordinator", "coordinator")
        await programme.person("monitor", "monitor")
        if "routing" in programme.services:
            await programme.expert("expert")
        await programme.settled()
        yield programme
    finally:
        await programme.close()
