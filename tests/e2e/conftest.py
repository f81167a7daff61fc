"""One local stack for all walks: the process that `make up` starts, with real servers and an empty database."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.places import ROOT

READY_WITHIN = 90.0


@dataclass(frozen=True)
class World:
    """The running stack: what `.local/access.json` says of it, and calls in somebody's name."""

    access: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.access["url"])

    async def call(self, who: str, method: str, path: str, **content: Any) -> httpx.Response:
        key = self.access["keys"][who]
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as client:
            return await client.request(method, path, headers={key["header"]: key["value"]}, **content)

    async def read(self, who: str, path: str) -> Any:
        answer = await self.call(who, "GET", path)
        return answer.json() if answer.status_code == 200 else None

    async def mails(self, address: str) -> list[dict[str, Any]]:
        """What the address received, newest first."""
        async with httpx.AsyncClient(base_url=self.access["mail_url"], timeout=10) as client:
            answer = await client.get("/api/messages", params={"to": address})
            return list(answer.raise_for_status().json()["items"])


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The stack, ready."""
    folder = tmp_path_factory.mktemp("stack")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AFFIANCA_")}
    with (folder / "run.log").open("wb") as log:
        command = [sys.executable, "-m", "tests.e2e.run_stack", str(folder)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
    try:
        yield World(_access(process, folder))
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()


def _access(process: "subprocess.Popen[bytes]", folder: Path) -> dict[str, Any]:
    limit = time.monotonic() + READY_WITHIN
    while not (folder / "access.json").exists():
        if process.poll() is not None or time.monotonic() > limit:
            pytest.fail(f"the stack did not start:\n{(folder / 'run.log').read_text()[-3000:]}")
        time.sleep(0.1)
    return dict(json.loads((folder / "access.json").read_text()))
