"""Routing on a real database, step by step: events are applied and jobs run when the test says so."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from starlette.responses import Response

from contracts.access import AccessData, AccessEvent, AccessRevoked, AccessState, Grant, Role
from contracts.envelope import Event, derived_id, new_id
from contracts.requests import (
    ClassifiedData,
    ClosedData,
    MergedData,
    RequestClassified,
    RequestClosed,
    RequestData,
    RequestMerged,
    RequestReopened,
    RequestResolved,
    RequestState,
    RequestSubmitted,
    RequestWithdrawn,
    ResolvedData,
    SubmittedData,
)
from services.chassis.access import ACCESS, digest
from services.chassis.clock import Clock
from services.chassis.mongo import Document
from services.chassis.outbox import OUTBOX
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.routing.deadlines import Deadlines
from services.routing.handlers import cases, entitlement, experts
from services.routing.main import build
from services.routing.matcher import Matcher
from services.routing.rules import Rulebook
from services.routing.store import ASSIGNMENTS, CASES, DECISIONS, EXPERTS, LOADS
from tests.emptying import empty

THEME, OTHER = "site-remediation", "renewable-energy"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""10 o'clock in Italy on a working day."""
BOOK = Rulebook()
RULES = BOOK.current

_STATUS = {
    RequestSubmitted: "submitted", RequestClassified: "submitted", RequestResolved: "resolved",
    RequestReopened: "in_progress", RequestClosed: "closed", RequestWithdrawn: "withdrawn", RequestMerged: "merged",
}  # fmt: skip


def person(name: str) -> str:
    """The id of a person of the tests."""
    return derived_id("test-person", name)


def request_event(number: int, sequence: int = 1, model: type[Event] = RequestSubmitted, **state: Any) -> Event:
    """A valid event about request `number`; `state` changes the state it carries."""
    subject = derived_id("test-request", str(number))
    facts: dict[str, Any] = {
        "id": subject, "number": f"2026-{number:06d}", "body": "012133", "province": "VA", "kind": "technical",
        "theme": THEME, "procedure": None, "theme_source": "given", "urgency": "normal", "channel": "web",
        "status": _STATUS.get(model, "in_progress"), "requester": None, "lead": None,
        "submitted_at": MONDAY + timedelta(minutes=number), "received_at": MONDAY + timedelta(minutes=number),
    }  # fmt: skip
    whole = RequestState(**(facts | state))
    more: dict[type[Event], Any] = {
        RequestSubmitted: SubmittedData(state=whole),
        RequestClassified: ClassifiedData(state=whole, confidence=1.0, corrected=True),
        RequestResolved: ResolvedData(state=whole, outcome="solved", message=new_id()),
        RequestClosed: ClosedData(state=whole),
        RequestMerged: MergedData(state=whole, into=new_id(), into_number="2026-999999"),
    }
    return model(
        id=new_id(), source="urn:test", subject=subject, time=MONDAY, correlationid=new_id(), sequence=sequence,
        data=more.get(model, RequestData(state=whole)),
    )  # fmt: skip


def access_event(person: str, sequence: int, *roles: Role) -> AccessEvent:
    """The news that a person now has these roles."""
    grants = tuple(Grant(role=role, scope_kind="programme", start=MONDAY) for role in roles)
    return AccessRevoked(
        id=new_id(), source="urn:test", subject=person, time=MONDAY, correlationid=new_id(), sequence=sequence,
        data=AccessData(state=AccessState(id=person, grants=grants)),
    )  # fmt: skip


def profile(**changes: Any) -> Document:
    """What is kept of an expert."""
    return {
        "task_forces": [THEME], "themes": [{"code": THEME, "level": 3}], "procedures": [], "kinds": ["technical"],
        "provinces": [], "capacity": 5, "active": True,
    } | changes  # fmt: skip


class Routing:
    """The service, its jobs at hand."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.service, self.clock, self.database = service, clock, service.database
        self.matcher = Matcher(service.database, service.executor, clock.now, BOOK)

    async def apply(self, *events: Event) -> str:
        """As if the events had been consumed; returns the request."""
        for event in events:
            await self.service.executor.run(
                {CASES: [event.subject]}, lambda work, event=event: cases.request_changed(work, event, RULES)
            )
        return events[-1].subject

    async def submit(self, number: int, **state: Any) -> str:
        """A request comes in; returns its id."""
        return await self.apply(request_event(number, **state))

    async def expert(self, name: str, **changes: Any) -> str:
        """An expert is there; returns the person's id."""
        id = person(name)
        wanted = profile(**changes)
        await self.service.executor.run({EXPERTS: [id]}, lambda work: experts.keep_profile(work, id, wanted))
        return id

    async def access(self, name: str, sequence: int, *roles: Role) -> None:
        """As if the news of somebody's roles had been consumed."""
        news = access_event(person(name), sequence, *roles)
        await self.service.executor.run(entitlement.needs(news), lambda work: entitlement.access_changed(work, news))

    async def match(self) -> None:
        """The matcher runs until it has nothing to do."""
        for _ in range(100):
            if not await self.matcher.run():
                return
        raise AssertionError("the matcher does not come to rest")

    async def look_at_deadlines(self) -> None:
        """What is due is done, then the matcher runs."""
        await Deadlines(self.database, self.service.executor, self.clock.now).run()
        await self.match()

    async def case(self, request: str) -> Document:
        """The case of a request."""
        found = await self.database[CASES].find_one({"_id": request})
        assert found is not None
        return found

    async def lead(self, request: str) -> Document | None:
        """The active assignment of a request."""
        return await self.database[ASSIGNMENTS].find_one({"request": request, "active": True})

    async def asked(self, request: str) -> str | None:
        """Who is asked or works on a request now."""
        lead = await self.lead(request)
        return lead["expert"] if lead else None

    async def decision(self, request: str) -> Document:
        """The latest decision about a request."""
        found = await self.database[DECISIONS].find_one({"request": request}, sort=[("at", -1), ("_id", -1)])
        assert found is not None
        return found

    async def held(self, expert: str) -> int:
        """How many places of an expert are taken, as counted; equals the active assignments."""
        load = await self.database[LOADS].find_one({"_id": expert})
        return len(load["held"]) if load else 0

    async def told(self, request: str) -> list[str]:
        """The types of the events told about a request, in order."""
        rows = self.database[OUTBOX].find({"key": request}).sort("order", 1)
        return [json.loads(row["body"])["type"].split(".")[-2] async for row in rows]

    async def grant(self, name: str, role: str, kind: str = "programme", scope: str | None = None) -> str:
        """A person gets a role, and the key `name`; returns the person's id."""
        grant = {"role": role, "scope_kind": kind, "scope": scope, "start": MONDAY - timedelta(days=365), "end": None}
        added = {"$push": {"grants": grant}, "$set": {"credentials": [digest(name)], "language": "it", "order": [1, 1]}}
        await self.database[ACCESS].update_one({"_id": person(name)}, added, upsert=True)
        return person(name)

    def api(self, name: str | None = None) -> httpx.AsyncClient:
        """A client of the API with somebody's key."""
        transport = httpx.ASGITransport(self.service.app, raise_app_exceptions=False)
        headers = {"X-API-Key": name} if name else {}
        return httpx.AsyncClient(transport=transport, base_url="http://routing", headers=headers)

    def browser(self, name: str, language: str = "it") -> httpx.AsyncClient:
        """A browser in which somebody is logged in."""
        response = Response()
        self.service.web.sessions.open(response, person(name))
        cookie = response.headers["set-cookie"].partition(";")[0]
        transport = httpx.ASGITransport(self.service.app, raise_app_exceptions=False)
        headers = {"Cookie": cookie, "Accept": "text/html", "Accept-Language": language}
        return httpx.AsyncClient(transport=transport, base_url="http://routing", headers=headers)

    async def clear(self) -> None:
        """Nothing is stored, nobody is remembered, and it is Monday morning: where every test begins."""
        await empty(self.database)
        self.service.principals.forget()
        self.matcher.roster.forget()
        self.clock.move_to(MONDAY)


@asynccontextmanager
async def routing_at_hand(mongo_url: str, clock: Clock) -> AsyncIterator[Routing]:
    """The service on a database of its own, without broker: nothing runs by itself."""
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongo_url, intake_url="http://127.0.0.1:9", secret_key="x" * 32)
    service = build(settings, clock)
    await service.database.ensure(service._indexes)
    await service.commit.start()
    try:
        yield Routing(service, clock)
    finally:
        await service.commit.stop()
        for _, stop in service.background:
            await stop()
        await service.database.drop()
        service.database.close()
