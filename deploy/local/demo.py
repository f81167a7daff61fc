"""Demonstration data: people, experts, bodies and requests that went through the real pipeline, all synthetic.

Everything goes in by the APIs that front-ends use, with the clock moved back, so what the pages show was computed,
not written. Loaded once; a load that was cut off goes on where it stood.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from contracts.envelope import derived_id
from contracts.vocabulary import themes
from deploy.local import synthetic
from deploy.local.demo_bodies import register_all, registered
from deploy.local.demo_life import DAYS, Life, Refused
from deploy.local.identities import DEMO_BODY, KEY_HEADER, PEOPLE
from deploy.local.stack import Running
from services.chassis.access import digest
from services.chassis.mongo import Database

TOGETHER = 40
_SINCE = timedelta(days=400)
_ENROLLED = timedelta(days=DAYS + 10)
SECRETARIAT = next(person.subject for person in PEOPLE if person.role == "secretariat")


@dataclass(frozen=True)
class Api:
    """Calls the running services as one principal or another."""

    client: httpx.AsyncClient
    secret: bytes
    admin: str
    official: str

    def key_of(self, person: str) -> str:
        """The API key of a synthetic person: derived, so that it need not be kept."""
        return hmac.new(self.secret, person.encode(), hashlib.sha256).hexdigest()

    def official_of(self, body: str) -> str:
        """The API key of a body's official."""
        return self.official if body == DEMO_BODY else self.key_of(synthetic.official_id(body))

    async def call(self, method: str, path: str, key: str | None = None, **content: Any) -> Any:
        """The answer's document. Raises Refused for an error."""
        headers = {KEY_HEADER: key or self.admin}
        answer = await self.client.request(method, path, headers=headers, **content)
        if answer.status_code >= 400:
            raise Refused(f"{method} {path}", answer.status_code, answer.text)
        return answer.json() if answer.content else None


async def load(running: Running) -> None:
    """Loads what is missing; returns at once when everything is there."""
    database = Database(running.settings.mongo_url, f"{running.settings.prefix}_demonstration")
    try:
        progress = await database["progress"].find_one({"_id": "demo"}) or {"_id": "demo", "done": 0}

        async def reached(step: int) -> None:
            await database["progress"].replace_one({"_id": "demo"}, {"_id": "demo", "done": step}, upsert=True)

        async with calling(running) as api:
            await _load(running, api, progress["done"], reached)
    finally:
        running.clock.reset()
        database.close()


@asynccontextmanager
async def calling(running: Running) -> AsyncIterator[Api]:
    """A client of the running services."""
    secret = running.settings.secret_key.get_secret_value().encode()
    async with httpx.AsyncClient(base_url=running.url, timeout=30) as client:
        yield Api(client, secret, running.settings.admin_key.get_secret_value(), running.keys["official"])


async def _load(running: Running, api: Api, done: int, reached: Callable[[int], Awaitable[None]]) -> None:
    if done < 1:
        # Whoever is told of a request must have had the role by then.
        running.clock.move_to(running.clock.now() - _ENROLLED)
        await people(running, api)
        await register_all(running.services["intake"], registered(), person_id(SECRETARIAT))
        await _experts(api)
        await reached(1)
    running.clock.reset()
    life = Life(api, running.clock)
    if done <= life.days:
        await life.play(done - 1 if done else 0, lambda day: reached(day + 1))
    if done < life.days + 2:
        running.clock.reset()
        await the_expert_to_log_in_as(api)
        await reached(life.days + 2)


async def together(calls: Iterable[Awaitable[Any]], limit: int = TOGETHER) -> list[Any]:
    """Awaits all, a limited number at a time."""
    gate = asyncio.Semaphore(limit)

    async def one(call: Awaitable[Any]) -> Any:
        async with gate:
            return await call

    return await asyncio.gather(*(one(call) for call in calls))


def person_id(subject: str) -> str:
    """The id of somebody to log in as."""
    return derived_id("demo", "person", subject)


async def people(running: Running, api: Api) -> None:
    """Those to log in as, the front-end's account, and the synthetic experts and officials."""
    start = (running.clock.now() - _SINCE).isoformat()
    calls = []
    for person in PEOPLE:
        scope = {"scope_kind": "body", "scope": DEMO_BODY} if person.role in ("official", "representative") else {}
        content = _person(person.name, person.email, person.role, start, **scope)
        content["identities"] = [{"subject": person.subject, "issuer": running.issuer}]
        if person.role in running.keys:
            content["api_keys_sha256"] = [digest(running.keys[person.role])]
        calls.append(api.call("PUT", f"/api/persons/{person_id(person.subject)}", json=content))
    portal = _person("Portale di prova", "portale@affianca.example", "front_end", start)
    portal["api_keys_sha256"] = [digest(running.keys["front_end"])]
    calls.append(api.call("PUT", f"/api/persons/{person_id('front_end')}", json=portal))
    for made in [expert.person for expert in synthetic.experts()] + synthetic.officials():
        kind = "body" if made.role == "official" else "task_force"
        content = _person(made.name, made.email, made.role, start, scope_kind=kind, scope=made.place)
        content["api_keys_sha256"] = [digest(api.key_of(made.id))]
        calls.append(api.call("PUT", f"/api/persons/{made.id}", json=content))
    await together(calls)


def _person(name: str, email: str, role: str, start: str, **scope: str) -> dict[str, Any]:
    grant = {"role": role, "start": start, **({"scope_kind": "programme"} | scope)}
    return {"name": name, "email": email, "language": "it", "grants": [grant]}


async def _experts(api: Api) -> None:
    calls = []
    for expert in synthetic.experts():
        content = {
            "id": expert.person.id,
            "task_forces": [expert.person.place],
            "themes": [{"code": code, "level": level} for code, level in expert.themes],
            "kinds": list(expert.kinds),
            "provinces": list(expert.provinces),
            "capacity": expert.capacity,
        }
        calls.append(api.call("POST", "/api/experts", json=content))
    await together(calls)


async def the_expert_to_log_in_as(api: Api) -> None:
    """The expert whose key is printed takes any request, so that whoever tries the system can play both sides."""
    codes = [theme.code for theme in themes()]
    marco = person_id(next(person.subject for person in PEOPLE if person.role == "expert"))
    content = {
        "id": marco,
        "task_forces": codes,
        "themes": [{"code": code, "level": 5} for code in codes],
        "kinds": ["technical", "legal"],
        "provinces": [],
        "capacity": 200,
    }
    await api.call("POST", "/api/experts", json=content)
