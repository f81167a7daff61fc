"""Who may call what: the committed table, the declarations of the routes, and what really happens, are the same."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import Depends
from starlette.responses import Response

from contracts.envelope import derived_id
from services.chassis.access import ACCESS, digest
from services.chassis.auth import allow
from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.sessions import COOKIE
from services.chassis.settings import Settings
from tests.matrix.table import ROLES, built, committed, differences

ENDLESS = "/api/notifications/stream"
BODY = "012133"
PATH_VALUES = {"number": "2026-999999", "id": derived_id("nobody"), "person": derived_id("nobody"), "code": "999999",
               "name": "reply", "key": "nothing", "suffix": "json", "path:path": "none.css",
               "slot": derived_id("nobody"), "action": derived_id("nobody")}  # fmt: skip
"""Well-formed, and naming nothing that exists."""
CONTENT = {"POST": {"json": {}}, "PUT": {"json": {}}, "PATCH": {"json": {}}}
SCOPES = {"official": ("body", BODY), "representative": ("body", BODY)}
_FIGURES = ("/reports", *(f"/api/reports/{name}{suffix}" for name in ("service-levels", "backlog")
                          for suffix in ("", ".{suffix}")))  # fmt: skip
DATA_RULES = {("POST", "/logout", "anonymous"): 403} | {
    ("GET", path, role): 403 for path in _FIGURES for role in ("official", "representative")
}
"""The table lets them, and yet they are refused: without a session there is no token that the form could bear; figures
are for the people of a provincia, and these here are a comune's (tests/reporting/test_territories.py)."""


@pytest.fixture(scope="module")
def services(mongod: Any) -> Iterator[dict[str, Service]]:
    them = built(Settings(mongo_url=mongod.url, prefix="matrix"), Clock())
    yield them
    for service in them.values():
        service.database.close()


def test_the_table_and_the_routes_say_the_same(services) -> None:
    assert differences(services) == []


def test_a_route_that_nobody_wrote_into_the_table_is_noticed(services) -> None:
    app = services["reporting"].app

    @app.get("/api/reports/forgotten", dependencies=[Depends(allow("monitor"))])
    async def forgotten() -> None:
        """Not in the table."""

    assert "no row for reporting GET /api/reports/forgotten" in differences(services)
    app.router.routes.pop()


@pytest.fixture(scope="module")
async def started(mongod: Any, broker: Any) -> AsyncIterator[dict[str, Service]]:
    """The services as they run, with one principal of each role in each copy of the grants."""
    prefix = f"t{derived_id(str(datetime.now(UTC))).replace('-', '')[:20]}"
    settings = Settings(
        mongo_url=mongod.url, prefix=prefix, oidc_issuer="http://127.0.0.1:9", rate_limit="100000/minute",
        **broker.settings,
    )  # fmt: skip
    them = built(settings, Clock())
    try:
        await asyncio.gather(*(service.start() for service in them.values()))
        for service in them.values():
            await service.database[ACCESS].insert_many([_principal(role) for role in ROLES[:-1]])
        yield them
    finally:
        await asyncio.gather(*(service.database.drop() for service in them.values()))
        await asyncio.gather(*(service.stop() for service in them.values()))


def _principal(role: str) -> dict[str, Any]:
    kind, scope = SCOPES.get(role, ("programme", None))
    since = datetime(2020, 1, 1, tzinfo=UTC)
    grant = {"role": role, "scope_kind": kind, "scope": scope, "start": since, "end": None}
    credentials = {"credentials": [digest(f"key of {role}")], "language": "it"}
    return {"_id": derived_id("matrix", role), "version": 1, "order": [1, 1], "grants": [grant], **credentials}


def _path(path: str) -> str:
    for name, value in PATH_VALUES.items():
        path = path.replace("{" + name + "}", value)
    assert "{" not in path, f"give {path} a value"
    return path


def _session(service: Service, role: str) -> tuple[dict[str, str], dict[str, str]]:
    """What a browser of this person sends: the cookie, and the token for forms."""
    answer = Response()
    service.web.sessions.open(answer, derived_id("matrix", role))
    cookie = answer.headers["set-cookie"].partition(";")[0]
    content = service.web.sessions._signer.loads(cookie.partition("=")[2], salt=COOKIE)
    return {"cookie": cookie}, {"csrf_token": service.web.sessions._csrf(content["id"])}


def _call(service: Service, role: str, method: str, path: str) -> dict[str, Any]:
    """The content of the call: an API with the key, a page with the session and its form's token."""
    if path.startswith("/api/"):
        headers = {} if role == "anonymous" else {"X-API-Key": f"key of {role}"}
        return {"headers": headers, **CONTENT.get(method, {})}
    headers, token = ({}, {}) if role == "anonymous" else _session(service, role)
    # What a page answers to a browser without a session is a redirect; a program is told 401.
    return {"headers": headers, **({"data": {**token, "reply": "Testo"}} if method == "POST" else {})}


async def _status_of_endless(app: Any, headers: dict[str, str]) -> int:
    """The status of an answer that has no end: read as far as its head, then hung up."""
    head: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and not head.done():
            head.set_result(message["status"])

    async def receive() -> Any:
        await head
        return {"type": "http.disconnect"}

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
             "path": ENDLESS, "raw_path": ENDLESS.encode(), "query_string": b"", "root_path": "", "headers": raw,
             "server": ("matrix", 80), "client": ("127.0.0.1", 1)}  # fmt: skip
    task = asyncio.create_task(app(scope, receive, send))
    status = await asyncio.wait_for(head, 5)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return status


async def _status(service: Service, client: httpx.AsyncClient, role: str, method: str, path: str) -> int:
    content = _call(service, role, method, path)
    if path == ENDLESS:
        return await _status_of_endless(service.app, content["headers"])
    return (await client.request(method, _path(path), **content)).status_code


def _verdict(role: str, allowed: bool, status: int) -> bool:
    if allowed:
        return status not in (401, 403) and status != 500
    return status == (401 if role == "anonymous" else 403)


@pytest.mark.parametrize("name", ["intake", "routing", "notify", "reporting"])
async def test_every_route_called_as_every_role_answers_as_the_table_says(started, name) -> None:
    service, wrong = started[name], []
    transport = httpx.ASGITransport(service.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://matrix") as client:
        for (owner, method, path), roles in committed().items():
            for role in ROLES if owner == name else ():
                status = await _status(service, client, role, method, path)
                if DATA_RULES.get((method, path, role)) == status:
                    continue
                if not _verdict(role, role in roles, status):
                    wrong.append(f"{method} {path} as {role}: {status}")

    assert wrong == []


async def test_a_page_sends_a_browser_without_a_session_to_the_login(started) -> None:
    transport = httpx.ASGITransport(started["routing"].app)
    async with httpx.AsyncClient(transport=transport, base_url="http://matrix") as client:
        answer = await client.get("/desk", headers={"accept": "text/html"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/desk")


async def test_a_form_without_the_token_of_its_session_is_refused(started) -> None:
    service = started["routing"]
    headers, _ = _session(service, "expert")
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://matrix") as client:
        answer = await client.post(f"/desk/assignments/{derived_id('nobody')}/accept", headers=headers, data={})

    assert answer.status_code == 403
