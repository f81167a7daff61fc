"""Some weeks of production that a seed writes: real handlers, the real matcher, and a clock that stands between."""

import random
from datetime import datetime, timedelta

from contracts.requests import RequestReopened, RequestResolved
from services.chassis.clock import Clock
from services.chassis.mongo import Document
from services.routing.handlers import experts, offers
from services.routing.handlers.presence import turning_points
from services.routing.simulation.asked import Behaviour as Stated
from services.routing.simulation.past import Past, arrivals, behaviour, carried, loads
from services.routing.simulation.scenario import Scenario
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS
from tests.routing.material import MONDAY, OTHER, RULES, THEME, Routing, request_event

START = MONDAY - timedelta(hours=1)
_PROVINCES = ("VA", "CO", "MI", "BG", "MN")
_STEP = timedelta(seconds=20)
_LOOK = timedelta(hours=1)


class Standing(Clock):
    """A clock that goes on only when told: what happens at one moment bears the same time."""

    def __init__(self) -> None:
        super().__init__()
        self._at = MONDAY

    def now(self) -> datetime:
        return self._at

    def move_to(self, at: datetime) -> None:
        self._at = at

    def advance(self, by: timedelta) -> None:
        self._at += by


class Scripted:
    """Requests, answers, silence, work, an absence; all that was asked of experts stands in the database."""

    def __init__(self, routing: Routing, seed: int) -> None:
        self.routing, self.chance = routing, random.Random(seed)
        self.orders: dict[str, tuple[int, int]] = {}
        """Request -> its number, and how many events it has had."""
        self.turns: list[datetime] = []

    async def play(self, requests: int) -> None:
        """Plays until so many requests have come."""
        await self._people()
        for number in range(requests):
            await self._wait(timedelta(minutes=self.chance.randint(90, 420)))
            for lead in await self._in_hand():
                await self._wait(_STEP)
                await self._act(lead)
            await self._wait(_STEP)
            await self._come(number)

    async def replayed(self) -> tuple[Scenario, list[tuple[datetime, str, str]]]:
        """The past as a scenario, and who was really asked, when and for what."""
        database, end = self.routing.database, self.routing.clock.now()
        rows = await database.find(ASSIGNMENTS, {})
        past = Past.of(START, end, await database.find(CASES, {}), rows)
        profiles = await database.find(EXPERTS, {})
        scenario = Scenario(
            START, end, RULES, profiles, loads(past), arrivals(past), carried(past), behaviour(past, Stated())
        )
        asked = [(row["offered_at"], row["request"], row["expert"]) for row in rows]
        return scenario, sorted(one for one in asked if one[0] < end)

    async def _people(self) -> None:
        for number in range(7):
            await self.routing.expert(
                f"expert {number}", capacity=self.chance.randint(1, 3), home=self.chance.choice(_PROVINCES),
                themes=[{"code": one, "level": self.chance.randint(1, 5)} for one in (THEME, OTHER)[: 1 + number % 2]],
                provinces=self.chance.sample(_PROVINCES, self.chance.choice((0, 3))),
                kinds=["technical", "legal"] if number % 3 else ["technical"],
                conflicts={"bodies": ["015146"] if number == 2 else [], "companies": []},
                working_days=[0, 1, 2] if number == 4 else list(range(7)),
            )  # fmt: skip
        away = sorted(row["_id"] for row in await self.routing.database.find(EXPERTS, {}))[3]
        first, last = MONDAY + timedelta(days=8, hours=-10), MONDAY + timedelta(days=12, hours=-10)
        days = {"from": "2026-12-01", "to": "2026-12-04", "start": first, "end": last}
        await self.routing.service.executor.run({EXPERTS: [away]}, lambda work: experts.add_absence(work, away, days))
        for row in await self.routing.database.find(EXPERTS, {}):
            self.turns += turning_points(row, MONDAY)[1:]
        await self.routing.match()

    async def _wait(self, time: timedelta) -> None:
        """Time passes; the jobs look when an offer lapses, when somebody comes or goes, and once an hour."""
        clock = self.routing.clock
        until = clock.now() + time
        while (now := clock.now()) < until:
            looks = START + _LOOK * ((now - START) // _LOOK + 1) + timedelta(seconds=1)
            terms = [row["expires_at"] for row in await self._in_hand() if row["status"] == "offered"]
            clock.move_to(min(at for at in (until, looks, *terms, *self.turns) if at > now))
            await self.routing.look_at_deadlines()

    async def _in_hand(self) -> list[Document]:
        return await self.routing.database.find(
            ASSIGNMENTS, {"active": True}, None, [("offered_at", 1), ("request", 1)]
        )

    async def _come(self, number: int) -> None:
        now = self.routing.clock.now()
        request = await self.routing.submit(
            number, received_at=now, submitted_at=now, theme=self.chance.choice((THEME, THEME, OTHER)),
            province=self.chance.choice(_PROVINCES), kind=self.chance.choice(("technical", "technical", "legal")),
            body=self.chance.choice(("012133", "015146", "013075")), urgency=self.chance.choice(("normal", "high")),
        )  # fmt: skip
        self.orders[request] = number, 1
        await self.routing.match()

    async def _act(self, lead: Document) -> None:
        roll, known = self.chance.random(), await self.routing.lead(lead["request"])
        if known is None or (known["_id"], known["status"]) != (lead["_id"], lead["status"]):
            return  # Others were quicker.
        if lead["status"] == "offered" and roll < 0.6:
            await self._answer(lead, offers.accept)
        elif lead["status"] == "offered" and roll < 0.8:
            await self._answer(lead, offers.decline, "no_time")
        elif lead["status"] == "accepted" and roll < 0.25:
            await self._event(lead["request"], RequestResolved)
            if self.chance.random() < 0.2:
                await self._wait(timedelta(minutes=30))
                await self._event(lead["request"], RequestReopened)
        elif lead["status"] == "accepted" and roll < 0.28:
            await self._answer(lead, offers.give_back)

    async def _answer(self, lead: Document, act, *more) -> None:
        keys = {CASES: [lead["request"]], ASSIGNMENTS: [lead["_id"]], LOADS: [lead["expert"]]}
        await self.routing.service.executor.run(
            keys, lambda work: act(work, work.get(CASES, lead["request"]), work.get(ASSIGNMENTS, lead["_id"]), *more)
        )
        await self.routing.match()

    async def _event(self, request: str, model: type[RequestResolved] | type[RequestReopened]) -> None:
        case = await self.routing.case(request)
        number, sequence = self.orders[request]
        self.orders[request] = number, sequence + 1
        facts = {name: case[name] for name in ("theme", "province", "kind", "body", "urgency", "received_at")}
        event = request_event(number, sequence + 1, model, **facts)
        await self.routing.apply(event.model_copy(update={"time": self.routing.clock.now()}))
        await self.routing.match()
