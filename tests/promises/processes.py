"""Services as processes of their own, `python -m services.<name>`, which can be killed without a warning."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from deploy.local.front import Front
from deploy.local.places import ROOT
from deploy.local.processes import free_port
from services.chassis.mongo import Database
from services.chassis.settings import Settings
from tests.promises.people import ADMIN, SERVICE_KEY, Town, until
from tests.promises.programme import modules_of


class Installation(Town):
    """Processes of some services over one database server and one broker; each writes its log to `folder`."""

    def __init__(self, settings: Settings, folder: Path, names: Iterable[str], **variables: str) -> None:
        super().__init__()
        self.folder = folder
        self.names = tuple(names)
        self.ports = {name: free_port() for name in self.names}
        self.mail_port = free_port()
        urls = {f"{name}_url": f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        keys = {"admin_key": SecretStr(ADMIN), "service_key": SecretStr(SERVICE_KEY)}
        self.settings = settings.model_copy(update={**urls, **keys, "secret_key": SecretStr("cookies")})
        self._variables = variables
        self._databases = {name: Database(settings.mongo_url, settings.database(name)) for name in self.names}
        modules = modules_of(self.names)
        self._owner = Front([(modules[name].PREFIXES, name) for name in self.names], default="intake")  # type: ignore[misc,arg-type]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.ports[str(self._owner.app_for(path.partition('?')[0]))]}"

    def databases(self) -> dict[str, Database]:
        return self._databases

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    async def start(self, *names: str) -> None:
        """Returns when these services are ready."""
        for name in names:
            with (self.folder / f"{name}.log").open("ab") as log:
                command = [sys.executable, "-m", f"services.{name}"]
                self._running[name] = subprocess.Popen(  # noqa: ASYNC220
                    command, cwd=ROOT, env=self._environment(name), stdout=log, stderr=log
                )
        await asyncio.gather(*(until(lambda name=name: self._is_ready(name), seconds=90) for name in names))

    def kill(self, *names: str) -> None:
        """SIGKILL: nothing is finished, nothing is told."""
        for name in names:
            self._running[name].send_signal(signal.SIGKILL)
        for name in names:
            self._running.pop(name).wait(10)

    async def close(self) -> None:
        self.kill(*self._running)
        await self.client.aclose()
        for database in self._databases.values():
            database.close()

    async def _is_ready(self, name: str) -> bool:
        if self._running[name].poll() is not None:
            raise RuntimeError(f"{name} has ended: {self.log(name)[-2000:]}")
        try:
            return (await self.client.get(f"http://127.0.0.1:{self.ports[name]}/ready")).status_code == 200
        except httpx.HTTPError:
            return False

    def _environment(self, name: str) -> dict[str, str]:
        own: dict[str, Any] = {**self.settings.model_dump(), "listen_port": self.ports[name]}
        own["mail_listen_port"] = self.mail_port if name == "intake" else 0
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AFFIANCA_")}
        return kept | {f"AFFIANCA_{key.upper()}": _text(value) for key, value in (own | self._variables).items()}


def _text(value: Any) -> str:
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


@asynccontextmanager
async def open_installation(
    settings: Settings, folder: Path, names: Iterable[str], **variables: str
) -> AsyncIterator[Installation]:
    """Processes of these services, ready; killed at the end."""
    installation = Installation(settings, folder, names, **variables)
    try:
        await installation.start(*installation.names)
        yield installation
    finally:
        await installation.close()
