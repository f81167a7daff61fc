"""Experts at work, as clients of the API: what they do about each request stands in the schedule."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpx

from tests.chaos.clients import LATER, Promises, ask, note, pause
from tests.chaos.installation import EXPERTS, Installation
from tests.chaos.schedule import Arrival, Schedule

_LAG = {403, 404}
"""Intake has not heard of the assignment yet."""


class Desk:
    """What experts have to do about each request; `unfinished` are the titles of those that still wait for it."""

    def __init__(self, schedule: Schedule) -> None:
        self.plans: dict[str, Arrival] = {arrival.title: arrival for arrival in schedule.arrivals}
        self.unfinished = {title for title, plan in self.plans.items() if not plan.unroutable}
        self.declined: set[str] = set()
        self.finished = asyncio.Event()

    def finish(self, title: str) -> None:
        self.unfinished.discard(title)
        if not self.unfinished:
            self.finished.set()


class Expert:
    """One expert."""

    def __init__(self, id: str, installation: Installation, promises: Promises, desk: Desk) -> None:
        self._id = id
        self._installation = installation
        self._promises = promises
        self._desk = desk
        self._seen: set[str] = set()

    async def work(self) -> None:
        """Until cancelled."""
        async with (
            self._installation.client("routing", self._id) as routing,
            self._installation.client("intake", self._id) as intake,
        ):
            while True:
                for offer in await self._offers(routing):
                    if offer["id"] not in self._seen:
                        self._seen.add(offer["id"])
                        await self._handle(routing, intake, offer)
                await asyncio.sleep(0.3)

    async def _offers(self, routing: httpx.AsyncClient) -> Iterable[Any]:
        with suppress(httpx.TransportError):
            answer = await routing.get("/api/assignments", params={"status": "offered", "limit": 200})
            if answer.status_code == 200:
                return list(answer.json()["items"])[::-1]
            if answer.status_code not in LATER:
                note(answer, self._promises)
        return []

    async def _handle(self, routing: httpx.AsyncClient, intake: httpx.AsyncClient, offer: Any) -> None:
        id, number, promises = offer["id"], offer["number"], self._promises
        title = await self._title(intake, number)
        plan = self._desk.plans[title]
        if plan.reply == "decline" and title not in self._desk.declined:
            self._desk.declined.add(title)
            await ask(routing, f"/api/assignments/{id}/decline", {"reason": "no_time"}, promises, {200})
            promises.declined.add(id)
            return
        if plan.reply != "silence":
            await ask(routing, f"/api/assignments/{id}/accept", None, promises, {200})
            promises.accepted.add(id)
            await self._work_on(intake, number, plan)
        self._desk.finish(title)

    async def _title(self, intake: httpx.AsyncClient, number: str) -> str:
        """What the request is about, as the expert reads it."""
        while True:
            with suppress(httpx.TransportError):
                answer = await intake.get(f"/api/requests/{number}")
                if answer.status_code == 200:
                    return str(answer.json()["title"])
                if answer.status_code not in LATER:
                    note(answer, self._promises, _LAG)
            await pause()

    async def _work_on(self, intake: httpx.AsyncClient, number: str, plan: Arrival) -> None:
        if plan.answers:
            text = f"Sto esaminando: {plan.title}."
            messages = f"/api/requests/{number}/messages"
            await ask(intake, messages, {"text": text}, self._promises, {201}, f"m{plan.key}", _LAG)
            self._promises.said[text] = number
        if plan.resolves:
            await self._resolve(intake, number)

    async def _resolve(self, intake: httpx.AsyncClient, number: str) -> None:
        form = {"outcome": "solved", "text": "Ecco lo schema da usare."}
        answer = await ask(intake, f"/api/requests/{number}/resolve", form, self._promises, {200, 409}, "", _LAG)
        # Who got no answer to the first try may be told that it is resolved already: by nobody else.
        if answer.status_code == 200 or answer.json().get("request_status") == "resolved":
            self._promises.resolved.add(number)
        else:
            self._promises.unexpected[f"409 resolve: {answer.text[:200]}"] += 1


async def work_all(installation: Installation, promises: Promises, desk: Desk) -> None:
    """All experts at once, until cancelled."""
    async with asyncio.TaskGroup() as experts:
        for id in EXPERTS:
            experts.create_task(Expert(id, installation, promises, desk).work())
