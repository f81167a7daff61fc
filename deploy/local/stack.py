"""The running local stack: starts every part in order, says so, and stops them in the opposite order.

The four services run in this process under one address; MongoDB and the broker are its children. A new part is one
line in `_start`. Demo data are `deploy/local/demo.py` with `async def load(running: Running) -> None`, called once
everything answers, at every start: what is there already it must leave alone.
"""

import asyncio
import importlib
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from deploy.local import access, configuration
from deploy.local.broker import Broker
from deploy.local.front import Front
from deploy.local.http_server import HttpServer
from deploy.local.identities import Secrets
from deploy.local.login import LoginProvider
from deploy.local.mail_catcher import MailCatcher
from deploy.local.mail_pages import MailPages
from deploy.local.mailbox import Mailbox
from deploy.local.mongod import Mongod
from deploy.local.places import LOCAL, Ports
from deploy.local.supervisor import Supervisor
from services.chassis.clock import Clock
from services.chassis.logs import configure_logs
from services.chassis.settings import Settings

SERVICES = ("intake", "routing", "notify", "reporting")
"""The first answers what no other has a prefix for."""
_STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Running:
    """What demo data may use: the services are started and answer at `url`."""

    url: str
    issuer: str
    settings: Settings
    clock: Clock
    services: Mapping[str, Any]
    keys: Mapping[str, str]


class Stack:
    """One start of everything; `run` returns when it is cancelled, or raises when it cannot go on."""

    def __init__(
        self,
        ports: Ports,
        say: Callable[[str], None],
        local: Path = LOCAL,
        package: str = "services",
        demo: str = "deploy.local.demo",
    ) -> None:
        self._ports = ports
        self._say = say
        self._package = package
        self._demo_module = demo
        self._local = local
        self._secrets = Secrets(local / "secrets.json")
        self._began = time.monotonic()

    async def run(self) -> None:
        async with AsyncExitStack() as stops:
            supervisor = await self._start(stops)
            await supervisor.watch()

    async def _start(self, stops: AsyncExitStack) -> Supervisor:
        ports = self._ports
        mongod = Mongod(self._local / "mongodb", ports.mongodb, self._local / "logs" / "mongodb.log")
        stops.push_async_callback(asyncio.to_thread, mongod.stop)
        broker = Broker(self._local / "broker", ports.kafka, self._local / "logs" / "broker.log")
        stops.push_async_callback(asyncio.to_thread, broker.stop)
        with self._step("Code of the services"):
            settings = self._configure()
            modules = [importlib.import_module(f"{self._package}.{name}.main") for name in SERVICES]
        with self._step("MongoDB"):
            await asyncio.to_thread(mongod.wait_ready)
        with self._step("Broker"):
            await asyncio.to_thread(broker.wait_ready)
        with self._step("Login provider and mail catcher"):
            await self._neighbours(stops)
        clock = Clock()
        with self._step("Services: " + ", ".join(SERVICES)):
            services = await self._services(stops, modules, settings, clock)
        await self._serve(stops, front(modules, list(services.values())), ports.app)
        stops.callback(_end_streams, list(services.values()))
        await self._demo(Running(settings.public_url, settings.oidc_issuer, settings, clock, services, self._keys()))
        self._announce()
        return Supervisor([mongod, broker], self._say, logs=self._local / "logs")

    def _keys(self) -> dict[str, str]:
        return self._secrets.keys()

    def _configure(self) -> Settings:
        assets = self._local / "assets" / "node_modules"
        configuration.apply(configuration.variables(self._ports, self._secrets, assets, os.environ), os.environ)
        settings = Settings()
        configure_logs(settings.log_level)
        return settings

    async def _neighbours(self, stops: AsyncExitStack) -> None:
        login = await asyncio.to_thread(LoginProvider, self._ports.oidc)
        login.start()
        stops.push_async_callback(asyncio.to_thread, login.stop)
        mailbox = Mailbox()
        catcher = MailCatcher(mailbox, self._ports.smtp_out)
        await catcher.start()
        stops.push_async_callback(catcher.stop)
        await self._serve(stops, MailPages(mailbox).app, self._ports.mail)

    async def _services(
        self, stops: AsyncExitStack, modules: Sequence[ModuleType], settings: Settings, clock: Clock
    ) -> dict[str, Any]:
        services = {name: module.build(settings, clock) for name, module in zip(SERVICES, modules, strict=True)}
        stops.push_async_callback(_all, [service.stop for service in services.values()], _STOP_SECONDS)
        await _all([service.start for service in services.values()], 60.0)
        return services

    async def _serve(self, stops: AsyncExitStack, app: Any, port: int) -> None:
        server = HttpServer(app, port)
        await server.start()
        stops.push_async_callback(server.stop)

    async def _demo(self, running: Running) -> None:
        if find_spec(self._demo_module) is None:
            return
        self._say(f"  The pages answer at {running.url}; demonstration data are being completed.")
        with self._step("Demo data"):
            await importlib.import_module(self._demo_module).load(running)

    def _announce(self) -> None:
        described = access.describe(self._ports, self._keys())
        self._say(f"  {'Ready after':<44}{time.monotonic() - self._began:6.1f} s\n{access.text(described)}")
        # Last: whoever waits for the file finds everything ready and said.
        access.write(described, self._local / "access.json")

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        except Exception:
            self._say(f"  {name:<44}failed")
            raise
        self._say(f"  {name:<44}{time.monotonic() - began:6.1f} s")


def front(modules: Sequence[Any], services: Sequence[Any]) -> Front:
    """One address for the services: each module's PREFIXES to its service's application."""
    apps = [(module.PREFIXES, service.app) for module, service in zip(modules, services, strict=True)]
    return Front(apps, default=services[0].app)


def _end_streams(services: Sequence[Any]) -> None:
    """Open streams would otherwise hold up the end of the server that is stopped next."""
    for service in services:
        for close in getattr(service, "closing", ()):
            close()


async def _all(verbs: Sequence[Callable[[], Awaitable[None]]], seconds: float) -> None:
    """All at once; the first failure is raised after the others have ended."""
    results = await asyncio.wait_for(asyncio.gather(*(verb() for verb in verbs), return_exceptions=True), seconds)
    for result in results:
        if isinstance(result, BaseException):
            raise result
