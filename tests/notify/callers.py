"""People who call the API or open the page, as the stream `access` would have left them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.responses import Response

from contracts.access import Grant
from services.chassis.access import ACCESS, digest
from tests.notify.driving import Notify
from tests.notify.material import NOW


async def register(notify: Notify, person: str, role: str, scope: str | None = None, key: str | None = None) -> None:
    """Gives a person a role and an API key."""
    kind = "programme" if scope is None else "body"
    grant = Grant.model_validate({"role": role, "scope_kind": kind, "scope": scope, "start": NOW.replace(year=2025)})
    row = {"_id": person, "version": 1, "order": [1, 1], "grants": [grant.model_dump()], "language": "it"}
    kept = {**row, "credentials": [digest(key or person)]}
    await notify.database[ACCESS].replace_one({"_id": person}, kept, upsert=True)
    notify.service.principals.forget()


@asynccontextmanager
async def calling(notify: Notify, person: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the person's key."""
    transport = httpx.ASGITransport(notify.service.app, raise_app_exceptions=False)
    headers = {"X-API-Key": person, "Accept-Language": "en"}
    async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers) as client:
        yield client


@asynccontextmanager
async def browsing(notify: Notify, person: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which the person is logged in."""
    answer = Response()
    notify.service.web.sessions.open(answer, person)
    name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
    transport = httpx.ASGITransport(notify.service.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://notify", headers={"Accept": "text/html"}, cookies={name: value}
    ) as client:
        yield client


def token_of(page: str) -> str:
    """The token that the page's forms carry."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def kinds_of(page: str) -> list[str]:
    """The kinds of messages about which the page asks what to send by e-mail."""
    return re.findall(r'name="kind" value="([^"]+)"', page)
