"""The whole stack with small services in place of the real ones: starts, answers, survives, stops."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.places import ROOT
from deploy.local.processes import free_ports

_SERVICE = """
import json
PREFIXES = {prefixes!r}
class Service:
    def __init__(self, settings, clock):
        self.settings = settings
    async def app(self, scope, receive, send):
        await send({{"type": "http.response.start", "status": 200, "headers": []}})
        body = json.dumps(["{name}", scope["path"], self.settings.mongo_url]).encode()
        await send({{"type": "http.response.body", "body": body}})
    async def start(self):
        print("{name} started", flush=True)
    async def stop(self):
        print("{name} stopped", flush=True)
def build(settings, clock):
    return Service(settings, clock)
"""
_DEMO = """
async def load(running):
    print("demo", running.url, sorted(running.services), sorted(running.keys), flush=True)
"""
_RUN = """
import asyncio, json, sys
from pathlib import Path
from deploy.local.places import Ports
from deploy.local.run import say, until_stopped
from deploy.local.stack import Stack
ports, folder = Ports(**json.loads(sys.argv[1])), Path(sys.argv[2])
sys.path.insert(0, str(folder))
asyncio.run(until_stopped(Stack(ports, say, folder / "local", "toy", "toy.demo")))
"""
_PREFIXES = {"intake": ("/",), "routing": ("/desk",), "notify": ("/notifications",), "reporting": ("/reports",)}


def wait_until(happened: Callable[[], bool], seconds: float = 45.0) -> None:
    limit = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.02)


_PORTS = ("app", "mail", "oidc", "smtp_in", "smtp_out", "mongodb", "kafka")


class Toy:
    """A started stack of toy services."""

    def __init__(self, folder: Path) -> None:
        for name, prefixes in _PREFIXES.items():
            (folder / "toy" / name).mkdir(parents=True)
            (folder / "toy" / name / "main.py").write_text(_SERVICE.format(name=name, prefixes=prefixes))
        (folder / "toy" / "demo.py").write_text(_DEMO)
        self.folder = folder
        self.ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self.said = folder / "said.log"
        with self.said.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _RUN, json.dumps(self.ports), str(folder)], cwd=ROOT, stdout=out, stderr=out
            )
        wait_until(lambda: self.ready or self.process.poll() is not None)
        assert self.ready, self.said.read_text()

    @property
    def ready(self) -> bool:
        return (self.folder / "local" / "access.json").exists()

    @property
    def access(self) -> dict[str, Any]:
        access: dict[str, Any] = json.loads((self.folder / "local" / "access.json").read_text())
        return access

    def pid(self, part: str) -> int:
        return int((self.folder / "local" / part / "affianca.pid").read_text())


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    toy = Toy(tmp_path_factory.mktemp("stack"))
    yield toy
    toy.process.send_signal(signal.SIGTERM)
    assert toy.process.wait(30) == 0
    assert toy.said.read_text().count(" stopped") == 4


def test_all_services_answer_at_one_address(toy: Toy) -> None:
    url = toy.access["url"]

    answered = [httpx.get(url + path).json() for path in ("/", "/desk/queue", "/notifications", "/reports")]

    assert [answer[0] for answer in answered] == ["intake", "routing", "notify", "reporting"]
    assert {answer[2] for answer in answered} == {toy.access["mongodb"]}


def test_the_neighbours_answer_too(toy: Toy) -> None:
    mails = httpx.get(toy.access["mail_url"])
    login = httpx.get(f"{toy.access['login_url']}/.well-known/openid-configuration")

    assert mails.status_code == 200
    assert login.json()["issuer"] == toy.access["login_url"]


def test_demo_data_are_loaded_before_it_is_called_ready(toy: Toy) -> None:
    said = toy.said.read_text()

    assert f"demo {toy.access['url']}" in said
    assert said.index("demo ") < said.index("Ready after")


def test_it_survives_the_death_of_its_database_and_broker(toy: Toy) -> None:
    killed = [toy.pid(part) for part in ("mongodb", "broker")]

    for pid in killed:
        os.kill(pid, signal.SIGKILL)

    wait_until(lambda: toy.pid("mongodb") != killed[0] and toy.pid("broker") != killed[1])
    assert httpx.get(toy.access["url"]).status_code == 200
    assert "started again" in toy.said.read_text()
