"""The life of the demonstration's requests: sixty days in as many rounds, each action by whoever would take it.

The clock stands at the moment of each action, so durations, deadlines and reminders come out of the real code. An
action that came too late (the offer has expired, the request was withdrawn) is simply not taken, as in life.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from deploy.local import synthetic
from deploy.local.agenda import ROME, Agenda
from deploy.local.synthetic import SyntheticRequest
from services.chassis.clock import Clock

DAYS = 60
_WITHIN = 20.0
_CHANNELS = ("web", "web", "api", "phone", "email")


class Refused(RuntimeError):
    """A call was answered with an error."""

    def __init__(self, call: str, status: int, text: str) -> None:
        super().__init__(f"{call} answered {status}: {text[:300]}")
        self.status = status


class Api(Protocol):
    """What `demo.Api` offers."""

    def key_of(self, person: str) -> str: ...

    def official_of(self, body: str) -> str: ...

    async def call(self, method: str, path: str, key: str | None = None, **content: Any) -> Any: ...


@dataclass
class Case:
    """A request under way: its number, who leads it, and whether intake has heard of that."""

    made: SyntheticRequest
    number: str = ""
    expert: str = ""
    led: bool = False


class Life:
    """Plays the requests day by day."""

    def __init__(self, api: Api, clock: Clock) -> None:
        today = clock.now().astimezone(ROME).replace(hour=0, minute=0, second=0, microsecond=0)
        past = [today - timedelta(days=ago) for ago in range(DAYS, 0, -1)]
        self._days = [day for day in past if day.weekday() < 5]
        self._api = api
        self._clock = clock
        self._agenda = Agenda(clock)
        self._chance = random.Random(synthetic.SEED)

    @property
    def days(self) -> int:
        """How many rounds there are."""
        return len(self._days)

    async def play(self, first: int, reached: Callable[[int], Awaitable[None]]) -> None:
        """Plays from a round on; `reached` is told each round that is over."""
        made = synthetic.requests([day.date() for day in self._days])
        for number, day in enumerate(self._days):
            for request in made if number >= first else ():
                if request.day == day.date():
                    case = Case(request)
                    moment = day + timedelta(minutes=self._chance.uniform(8 * 60 + 30, 16 * 60))
                    self._agenda.plan(moment, partial(self._take, self._submit, case))
            await self._agenda.work_until(day + timedelta(days=1))
            if number >= first:
                await reached(number + 1)
        await self._agenda.work_until(self._days[-1] + timedelta(days=1))

    def _later(self, hours: float, step: Callable[[Case], Awaitable[None]], case: Case) -> None:
        span = timedelta(hours=hours * case.made.pace * self._chance.uniform(0.5, 1.5))
        self._agenda.plan(self._clock.now() + span, partial(self._take, step, case))

    async def _take(self, step: Callable[[Case], Awaitable[None]], case: Case) -> None:
        try:
            await step(case)
        except Refused as refused:
            # The offer has expired, or the request was withdrawn meanwhile.
            if refused.status not in (404, 409):
                raise

    async def _submit(self, case: Case) -> None:
        made = case.made
        content = {
            "body": made.body.code,
            "kind": made.kind,
            "title": made.title,
            "description": made.description,
            "theme": made.procedure.theme,
            "procedure": made.procedure.code,
            "urgency": made.urgency,
            "channel": self._chance.choice(_CHANNELS),
            "synthetic": True,
        }
        answer = await self._api.call("POST", "/api/requests", json=content)
        case.number = answer["number"]
        if made.ending == "withdrawn":
            self._later(20, self._withdraw, case)
        elif made.ending != "offered":
            self._later(4, self._accept, case)

    async def _offer(self, case: Case) -> dict[str, Any] | None:
        """The offer in force, as soon as routing has made it; None when nobody can be asked."""
        limit = time.monotonic() + _WITHIN
        while time.monotonic() < limit:
            try:
                answer = await self._api.call("GET", f"/api/routing/requests/{case.number}")
            except Refused:
                answer = {"assignment": None, "waiting": None}
            assignment, waiting = answer["assignment"], answer["waiting"]
            if assignment and assignment["status"] in ("offered", "accepted"):
                return dict(assignment)
            if waiting and waiting["state"] == "unroutable":
                return None
            await asyncio.sleep(0.01)
        raise TimeoutError(f"nobody was asked about {case.number}")

    async def _accept(self, case: Case) -> None:
        offer = await self._offer(case)
        if offer is None:
            return self._later(24, self._accept, case)
        case.expert = offer["expert"]
        await self._api.call("POST", f"/api/assignments/{offer['id']}/accept", self._api.key_of(case.expert))
        if case.made.ending == "in_progress" and self._chance.random() < 0.4:
            return None
        self._later(6, self._ask if case.made.question else self._answer, case)
        return None

    async def _ask(self, case: Case) -> None:
        await self._act(case, self._api.key_of(case.expert), "ask", text=case.made.question)
        if case.made.ending != "waiting":
            self._later(12, self._reply, case)

    async def _reply(self, case: Case) -> None:
        await self._act(case, self._api.official_of(case.made.body.code), "messages", text=case.made.reply)
        self._later(8, self._answer, case)

    async def _answer(self, case: Case) -> None:
        await self._act(case, self._api.key_of(case.expert), "messages", text=case.made.answer)
        if case.made.ending in ("resolved", "closed"):
            self._later(16, self._resolve, case)

    async def _resolve(self, case: Case) -> None:
        outcome = self._chance.choices(("solved", "partly_solved", "redirected"), (8, 2, 1))[0]
        await self._act(case, self._api.key_of(case.expert), "resolve", outcome=outcome, text=case.made.answer)
        if case.made.ending == "closed":
            self._later(20, self._close, case)

    async def _close(self, case: Case) -> None:
        await self._act(
            case,
            self._api.official_of(case.made.body.code),
            "close",
            rating=self._chance.choices((3, 4, 5), (1, 3, 4))[0],
        )

    async def _withdraw(self, case: Case) -> None:
        await self._act(
            case,
            self._api.official_of(case.made.body.code),
            "withdraw",
            reason="Abbiamo risolto con le nostre risorse.",
        )

    async def _act(self, case: Case, key: str, action: str, **content: Any) -> None:
        if case.expert and not case.led:
            await self._led(case)
        await self._api.call("POST", f"/api/requests/{case.number}/{action}", key, json=content)

    async def _led(self, case: Case) -> None:
        """Waits until intake knows who leads, which it hears from routing a moment later."""
        limit = time.monotonic() + _WITHIN
        while not case.led and time.monotonic() < limit:
            found = await self._api.call("GET", f"/api/requests/{case.number}")
            case.led = found["status"] not in ("submitted", "assigned")
            if not case.led:
                await asyncio.sleep(0.02)
