"""What people and programs do in the town of the tests, through the HTTP of whoever runs the services."""

import asyncio
import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from contracts.envelope import new_id
from services.chassis.access import ACCESS, digest
from services.chassis.mongo import Database

VARESE, SARONNO = "012133", "012119"
THEME = "site-remediation"
ADMIN = "admin-key-of-the-promises"
SERVICE_KEY = "service-key-of-the-promises"
PROTOCOL = ("protocollo.pdf", b"%PDF-1.7 signed", "application/pdf")


async def until(probe: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Asks until the answer is true, and returns it. An AssertionError of the probe counts as "not yet"."""
    limit = time.monotonic() + seconds
    while True:
        try:
            answer = probe()
            last = await answer if inspect.isawaitable(answer) else answer
        except AssertionError as error:
            last = error
        if last and not isinstance(last, AssertionError):
            return last
        if time.monotonic() > limit:
            pytest.fail(f"not within {seconds} s: {inspect.getsource(probe).strip()}; the last answer was {last!r}")
        await asyncio.sleep(0.03)


@dataclass(frozen=True)
class Person:
    """Somebody with an API key."""

    id: str
    key: str
    email: str


class Town:
    """`people` knows everybody by a short name; whoever runs the services says where they are."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {"admin": Person("", ADMIN, "")}
        self.client = httpx.AsyncClient(timeout=20)

    def address(self, path: str) -> str:
        """Where a path is answered."""
        raise NotImplementedError

    def databases(self) -> dict[str, Database]:
        """The databases of the services that run."""
        raise NotImplementedError

    async def call(self, who: str | None, method: str, path: str, **content: Any) -> httpx.Response:
        headers = {"X-API-Key": self.people[who].key} if who else {}
        headers |= content.pop("headers", {})
        return await self.client.request(method, self.address(path) + path, headers=headers, **content)

    async def done(self, who: str, method: str, path: str, **content: Any) -> Any:
        """The document of a call that must succeed."""
        answer = await self.call(who, method, path, **content)
        assert answer.is_success, f"{method} {path} as {who}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def person(self, who: str, role: str, scope: str | None = None, **facts: Any) -> Person:
        """A new person, known everywhere once `settled` has returned."""
        kind = {"official": "body", "representative": "body", "front_end": "body"}.get(role, "task_force")
        grant = {"role": role, "scope_kind": kind if scope else "programme", **({"scope": scope} if scope else {})}
        key = f"key-{new_id()}"
        form: dict[str, Any] = {"name": f"Persona {who}", "email": f"{who}.{new_id()[-12:]}@persone.example"} | facts
        form |= {"grants": [grant], "api_keys_sha256": [digest(key)]}
        id = (await self.done("admin", "POST", "/api/persons", json=form))["id"]
        self.people[who] = Person(id, key, form["email"])
        return self.people[who]

    async def settled(self) -> None:
        """Returns when every running service knows everybody."""
        ids = [person.id for person in self.people.values() if person.id]

        async def known() -> bool:
            found = [await database.by_ids(ACCESS, ids) for database in self.databases().values()]
            return all(len(rows) == len(ids) for rows in found)

        await until(known)

    async def admit(self, body: str) -> None:
        await self.done("admin", "POST", f"/api/bodies/{body}/registration", files={"protocol": PROTOCOL})
        await self.done("admin", "POST", f"/api/bodies/{body}/approval", json={"approved": True})

    async def expert(self, who: str, theme: str = THEME, capacity: int = 50, **facts: Any) -> Person:
        """A new expert of one theme, whom routing may ask."""
        person = await self.person(who, "expert", theme, **facts)
        profile = {"id": person.id, "task_forces": [theme], "themes": [{"code": theme, "level": 4}]}
        profile |= {"kinds": ["technical", "legal"], "capacity": capacity}
        await self.done("admin", "POST", "/api/experts", json=profile)
        return person

    async def submit(self, who: str = "official", **fields: Any) -> dict[str, Any]:
        form = {"body": VARESE, "kind": "technical", "title": "Bonifica di una ex discarica", "theme": THEME}
        form |= {"description": "Serve aiuto per il piano di caratterizzazione.", **fields}
        return dict(await self.done(who, "POST", "/api/requests", json=form))

    async def status(self, number: str) -> str:
        return str((await self.done("admin", "GET", f"/api/requests/{number}"))["status"])

    async def reached(self, number: str, status: str, seconds: float = 20.0) -> None:
        async def there() -> bool:
            return await self.status(number) == status

        await until(there, seconds)

    async def offered(self, number: str) -> dict[str, Any]:
        """The offer of a request, once intake has heard of it, too."""
        await self.reached(number, "assigned")
        return dict((await self.done("admin", "GET", f"/api/routing/requests/{number}"))["assignment"])

    async def accepted(self, number: str, who: str = "expert") -> None:
        """The expert accepts the offer, and intake knows."""
        offer = await self.offered(number)
        await self.done(who, "POST", f"/api/assignments/{offer['id']}/accept")
        await self.reached(number, "in_progress")
