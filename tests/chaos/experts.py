"""Experts at work, as clients of the API: they accept most offers, answer, and resolve a part of the requests."""

import asyncio
import random
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpx

from tests.chaos.clients import LATER, Promises, ask
from tests.chaos.installation import EXPERTS, Installation

_UNANSWERED, _DECLINED, _ANSWERED, _RESOLVED = 0.10, 0.05, 0.7, 0.5
_LAG = {403, 404}
"""Intake has not heard of the assignment yet."""


class Expert:
    """One expert; what they do about an offer depends on the seed and on which offer it is."""

    def __init__(self, id: str, installation: Installation, promises: Promises, seed: int) -> None:
        self._id = id
        self._installation = installation
        self._promises = promises
        self._chance = random.Random(f"{seed} {id}")
        self._seen: set[str] = set()

    async def work(self, over: asyncio.Event) -> None:
        """Until there is nothing new and the run is over."""
        async with (
            self._installation.client("routing", self._id) as routing,
            self._installation.client("intake", self._id) as intake,
        ):
            while not over.is_set():
                for offer in await self._offers(routing):
                    if offer["id"] not in self._seen and not over.is_set():
                        self._seen.add(offer["id"])
                        await self._handle(routing, intake, offer)
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), 0.3)

    async def _offers(self, routing: httpx.AsyncClient) -> Iterable[Any]:
        try:
            answer = await routing.get("/api/assignments", params={"status": "offered", "limit": 200})
        except httpx.TransportError:
            return []
        if answer.status_code == 200:
            return list(answer.json()["items"])[::-1]
        if answer.status_code not in LATER:
            self._promises.unexpected[f"{answer.status_code} assignments: {answer.text[:200]}"] += 1
        return []

    async def _handle(self, routing: httpx.AsyncClient, intake: httpx.AsyncClient, offer: Any) -> None:
        chance, answers, resolves = (self._chance.random() for _ in range(3))
        id, number, promises = offer["id"], offer["number"], self._promises
        if chance < _UNANSWERED:
            return
        if chance < _UNANSWERED + _DECLINED:
            await ask(routing, f"/api/assignments/{id}/decline", {"reason": "no_time"}, promises, {200})
            promises.declined.add(id)
            return
        await ask(routing, f"/api/assignments/{id}/accept", None, promises, {200})
        promises.accepted.add(id)
        if answers < _ANSWERED:
            text = f"Sto esaminando la pratica {id}."
            await ask(intake, f"/api/requests/{number}/messages", {"text": text}, promises, {201}, id, _LAG)
            promises.said[text] = number
        if resolves < _RESOLVED:
            await self._resolve(intake, number)

    async def _resolve(self, intake: httpx.AsyncClient, number: str) -> None:
        form = {"outcome": "solved", "text": "Ecco lo schema da usare."}
        answer = await ask(intake, f"/api/requests/{number}/resolve", form, self._promises, {200, 409}, "", _LAG)
        # Who got no answer to the first try may be told that it is resolved already: by nobody else.
        if answer.status_code == 200 or answer.json().get("request_status") == "resolved":
            self._promises.resolved.add(number)
        else:
            self._promises.unexpected[f"409 resolve: {answer.text[:200]}"] += 1


async def work_all(installation: Installation, promises: Promises, seed: int, over: asyncio.Event) -> None:
    """All experts at once."""
    await asyncio.gather(*(Expert(id, installation, promises, seed).work(over) for id in EXPERTS))
