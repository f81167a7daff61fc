"""The life of the demonstration's requests: sixty days in as many rounds, each action by whoever would take it.

The clock stands at the moment of each action, so durations, deadlines and reminders come out of the real code. An
action that came too late (the offer has expired, the request was withdrawn) is simply not taken, as in life.
"""

import asyncio
import heapq
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from deploy.local import synthetic
from deploy.local.synthetic import SyntheticRequest
from services.chassis.clock import Clock

DAYS = 60
_ROME = ZoneInfo("Europe/Rome")
_WITHIN = 20.0
_CHANNELS = ("web", "web", "api", "phone", "email")


class Api(Protocol):
    """What `demo.Api` offers."""

    def key_of(self, person: str) -> str: ...

    async def call(self, method: str, path: str, key: str | None = None, **content: Any) -> Any: ...


@dataclass
class Case:
    """A request under way: its number, and who acts for the body and for the programme."""

    made: SyntheticRequest
    number: str = ""
    official: str = ""
    expert: str = ""


Step = Callable[[Case], Awaitable[None]]


class Life:
    """Plays the requests day by day."""

    def __init__(self, api: Api, clock: Clock) -> None:
        today = clock.now().astimezone(_ROME).replace(hour=0, minute=0, second=0, microsecond=0)
        past = [today - timedelta(days=ago) for ago in range(DAYS, 0, -1)]
        self._days = [day for day in past if day.weekday() < 5]
        self._api = api
        self._clock = clock
        self._due: list[tuple[datetime, int, Step, Case]] = []
        self._order = count()
        self._chance = random.Random(synthetic.SEED)
        self._officials = {person.place: person.id for person in synthetic.officials()}

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
                    case = Case(request, official=self._officials[request.body.code])
                    self._plan(day + timedelta(minutes=self._chance.uniform(8 * 60 + 30, 16 * 60)), self._submit, case)
            await self._until(day + timedelta(days=1))
            if number >= first:
                await reached(number + 1)
        await self._until(self._days[-1] + timedelta(days=1))

    def _plan(self, moment: datetime, step: Step, case: Case) -> None:
        """Puts a step on the agenda; people act on working days between 8:30 and 17."""
        local = moment.astimezone(_ROME)
        if local.hour >= 17:
            local = local.replace(hour=8, minute=30) + timedelta(days=1)
        while local.weekday() >= 5:
            local += timedelta(days=1)
        heapq.heappush(self._due, (local, next(self._order), step, case))

    def _later(self, hours: float, step: Step, case: Case) -> None:
        moment = self._clock.now() + timedelta(hours=hours * case.made.pace * self._chance.uniform(0.5, 1.5))
        self._plan(moment, step, case)

    async def _until(self, end: datetime) -> None:
        while self._due and self._due[0][0] < end:
            moment, _, step, case = heapq.heappop(self._due)
            self._clock.move_to(max(moment, self._clock.now()) if self._clock.now() < end else moment)
            try:
                await step(case)
            except RuntimeError as refused:
                if "answered 409" not in str(refused) and "answered 404" not in str(refused):
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
            except RuntimeError:
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
        await self._act(case, case.expert, "ask", text=case.made.question)
        if case.made.ending != "waiting":
            self._later(12, self._reply, case)

    async def _reply(self, case: Case) -> None:
        await self._act(case, case.official, "messages", text=case.made.reply)
        self._later(8, self._answer, case)

    async def _answer(self, case: Case) -> None:
        await self._act(case, case.expert, "messages", text=case.made.answer)
        if case.made.ending in ("resolved", "closed"):
            self._later(16, self._resolve, case)

    async def _resolve(self, case: Case) -> None:
        outcome = self._chance.choices(("solved", "partly_solved", "redirected"), (8, 2, 1))[0]
        await self._act(case, case.expert, "resolve", outcome=outcome, text=case.made.answer)
        if case.made.ending == "closed":
            self._later(20, self._close, case)

    async def _close(self, case: Case) -> None:
        await self._act(case, case.official, "close", rating=self._chance.choices((3, 4, 5), (1, 3, 4))[0])

    async def _withdraw(self, case: Case) -> None:
        await self._act(case, case.official, "withdraw", reason="Abbiamo risolto con le nostre risorse.")

    async def _act(self, case: Case, person: str, action: str, **content: Any) -> None:
        await self._settled(case)
        await self._api.call("POST", f"/api/requests/{case.number}/{action}", self._api.key_of(person), json=content)

    async def _settled(self, case: Case) -> None:
        """Waits until intake knows who leads, which it hears from routing a moment later."""
        if not case.expert:
            return
        limit = time.monotonic() + _WITHIN
        while time.monotonic() < limit:
            found = await self._api.call("GET", f"/api/requests/{case.number}")
            if found["status"] not in ("submitted", "assigned"):
                return
            await asyncio.sleep(0.01)
