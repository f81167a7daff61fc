"""Intake with its pages, served without a network: people of each role, and their browsers.

The service is not started: its pages need the database and the group commit, and nothing else.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import Response

from contracts import vocabulary
from contracts.access import Grant
from contracts.envelope import new_id
from services.chassis.access import ACCESS
from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.sessions import COOKIE
from services.chassis.settings import Settings
from services.intake.handlers.bodies import unregistered
from services.intake.main import build
from services.intake.store import INDEXES
from services.intake.store.bodies import BODIES
from services.intake.store.persons import PERSONS
from tests.servers import MongoServer

BERGAMO, VARESE, COMO, MANTOVA = "016024", "012133", "013075", "020030"
"""Como is not registered; Mantova has none of the many officials that tests make elsewhere."""
SITE = "http://pages.example"
Visit = Callable[..., Awaitable["Browser"]]


class Browser:
    """A person in a browser: keeps the session, and fills forms as they stand on the page."""

    def __init__(self, http: httpx.AsyncClient, id: str | None) -> None:
        self.http = http
        self.id = id

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(path, headers=headers)

    async def send(self, page: str, action: str, **fields: str) -> httpx.Response:
        """Opens a page, fills the form that leads to `action`, and sends it."""
        text = (await self.get(page)).text
        return await self.http.post(action, data={**hidden(text, action), **fields})


def hidden(text: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that leads to `action`."""
    form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', text, re.DOTALL)
    assert form, f"the page has no form for {action}"
    inputs = re.findall(r'<input type="hidden"[^>]*>', form.group())
    return {_attribute(tag, "name"): _attribute(tag, "value") for tag in inputs}


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf' {name}="([^"]*)"', tag)
    return found.group(1) if found else ""


@pytest.fixture(scope="session")
async def service(mongod: MongoServer) -> AsyncIterator[Service]:
    """One for all tests, because it compiles the templates; each test brings its own people."""
    settings = Settings(
        prefix=f"t{new_id().replace('-', '')[4:24]}", mongo_url=mongod.url, secret_key=SecretStr("k" * 40),
        public_url=SITE, rate_limit="100000/minute", largest_body=200_000,
    )  # fmt: skip
    service = build(settings, Clock())
    await service.database.ensure(INDEXES)
    await service.commit.start()
    for code in (BERGAMO, VARESE, MANTOVA):
        known = vocabulary.body(code)
        assert known is not None
        body = unregistered(known) | {"version": 1, "status": "approved", "phase": 3, "admitted_at": Clock().now()}
        await service.database[BODIES].insert_one(body)
    yield service
    await service.commit.stop()
    await service.database.drop()
    service.database.close()


@pytest.fixture
async def visit(service: Service) -> AsyncIterator[Visit]:
    """`await visit("official", BERGAMO)`: the browser of a new person with this role; without a role, of nobody."""
    opened: list[httpx.AsyncClient] = []

    async def come(role: str | None = None, scope: str | None = None, name: str = "Anna Colombo") -> Browser:
        transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
        headers = {"Accept": "text/html", "Accept-Language": "it"}
        http = httpx.AsyncClient(transport=transport, base_url=SITE, headers=headers)
        opened.append(http)
        if role is None:
            return Browser(http, None)
        id = await enrol(service, role, scope, name)
        answer = Response()
        service.web.sessions.open(answer, id)
        http.cookies.set(COOKIE, answer.headers["set-cookie"].split(";")[0].partition("=")[2], domain="pages.example")
        return Browser(http, id)

    yield come
    for http in opened:
        await http.aclose()


async def enrol(service: Service, role: str, scope: str | None, name: str, **access: Any) -> str:
    """A person as intake keeps them; role `none` gives no grant."""
    id, start = new_id(), Clock().now() - timedelta(hours=1)
    kind = "programme" if scope is None else "body" if scope.isdigit() else "task_force"
    grants = []
    if role != "none":
        given = Grant.model_validate({"role": role, "scope_kind": kind, "scope": scope, "start": start})
        grants = [given.model_dump()]
    row = {"_id": id, "version": 1, "order": [1, 1], "grants": grants, "credentials": [], "language": "it"}
    await service.database[ACCESS].insert_one({**row, **access})
    person = {"_id": id, "version": 1, "sequence": 1, "name": name, "email": None, "email_key": None, "language": "it"}
    await service.database[PERSONS].insert_one({**person, "erased_at": None})
    return id


NEW = {"body": BERGAMO, "kind": "technical", "title": "Termini della conferenza", "description": "Come si procede?",
       "theme": "waste-management", "urgency": "normal"}  # fmt: skip


async def ask(browser: Browser, **changes: str) -> str:
    """Sends a request by the form; its number."""
    sent = await browser.send("/requests/new", "/requests/new", **{**NEW, **changes})
    assert sent.status_code == 303, sent.text
    return sent.headers["location"].split("?")[0].rsplit("/", 1)[1]


async def lead(service: Service, number: str, expert: str, status: str = "accepted") -> None:
    """What an event of routing would have left: the request is offered to, or followed by, an expert."""
    shown = {"accepted": "in_progress", "offered": "assigned"}[status]
    assignment = {"id": new_id(), "round": 0, "status": status, "expert": expert, "order": [1, 1], "reason": None}
    change = {"assignment": assignment, "lead": expert, "status": shown}
    found = await service.database["requests"].update_one({"number": number}, {"$set": change, "$inc": {"version": 1}})
    assert found.matched_count == 1
