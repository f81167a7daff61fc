"""A simulation of what was decided, with nothing changed, decides the same: it is the code of production."""

import random
from datetime import timedelta

from contracts.requests import RequestReopened, RequestResolved
from services.chassis.mongo import Document
from services.routing.handlers import experts, offers
from services.routing.simulation.engine import Engine
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS
from tests.routing.material import MONDAY, OTHER, THEME, Routing, request_event
from tests.routing.playing import decided, past_of

WEEK = timedelta(days=7)
PROVINCES = ("VA", "CO", "MI", "BG", "MN")


async def answer(routing: Routing, lead: Document, act, *more) -> None:
    keys = {CASES: [lead["request"]], ASSIGNMENTS: [lead["_id"]], LOADS: [lead["expert"]]}
    await routing.service.executor.run(
        keys, lambda work: act(work, work.get(CASES, lead["request"]), work.get(ASSIGNMENTS, lead["_id"]), *more)
    )


class Scripted:
    """Three weeks of production: requests, answers, work, an absence; all by the real handlers and the real matcher."""

    def __init__(self, routing: Routing, seed: int) -> None:
        self.routing, self.chance = routing, random.Random(seed)
        self.sequence: dict[int, int] = {}
        self.number: dict[str, int] = {}

    async def open(self) -> None:
        for number in range(7):
            await self.routing.expert(
                f"expert {number}", capacity=self.chance.randint(1, 3), home=self.chance.choice(PROVINCES),
                themes=[{"code": THEME, "level": self.chance.randint(1, 5)}]
                + ([{"code": OTHER, "level": self.chance.randint(1, 5)}] if number % 2 else []),
                provinces=self.chance.sample(PROVINCES, self.chance.choice((0, 3))),
                kinds=["technical", "legal"] if number % 3 else ["technical"],
                conflicts={"bodies": ["015146"] if number == 2 else [], "companies": []},
                working_days=[0, 1, 2] if number == 4 else list(range(7)),
            )  # fmt: skip
        away = sorted(row["_id"] for row in await self.routing.database.find(EXPERTS, {}))[3]
        days = {"from": "2026-12-01", "to": "2026-12-04", "start": MONDAY + timedelta(days=8, hours=-10),
                "end": MONDAY + timedelta(days=12, hours=-10)}  # fmt: skip
        await self.routing.service.executor.run({EXPERTS: [away]}, lambda work: experts.add_absence(work, away, days))
        await self.routing.match()

    async def play(self, requests: int) -> None:
        for number in range(requests):
            self.routing.clock.advance(timedelta(minutes=self.chance.randint(90, 420)))
            await self._lapse()
            await self._answers()
            await self._come(number)

    async def _come(self, number: int) -> None:
        now = self.routing.clock.now()
        self.sequence[number] = 1
        request = await self.routing.submit(
            number, received_at=now, submitted_at=now, theme=self.chance.choice((THEME, THEME, OTHER)),
            province=self.chance.choice(PROVINCES), kind=self.chance.choice(("technical", "technical", "legal")),
            body=self.chance.choice(("012133", "015146", "013075")), urgency=self.chance.choice(("normal", "high")),
        )  # fmt: skip
        self.number[request] = number
        await self.routing.match()

    async def _lapse(self) -> None:
        await self.routing.look_at_deadlines()

    async def _answers(self) -> None:
        rows = await self.routing.database.find(ASSIGNMENTS, {"active": True}, None, [("_id", 1)])
        for lead in rows:
            self.routing.clock.advance(timedelta(seconds=20))
            roll = self.chance.random()
            if lead["status"] == "offered" and roll < 0.6:
                await answer(self.routing, lead, offers.accept)
            elif lead["status"] == "offered" and roll < 0.8:
                await answer(self.routing, lead, offers.decline, "no_time")
            elif lead["status"] == "accepted" and roll < 0.25:
                await self._resolved(lead)
            elif lead["status"] == "accepted" and roll < 0.28:
                await answer(self.routing, lead, offers.give_back)
            await self.routing.match()

    async def _resolved(self, lead: Document) -> None:
        number, case = self.number[lead["request"]], await self.routing.case(lead["request"])
        facts = {name: case[name] for name in ("theme", "province", "kind", "body", "urgency", "received_at")}
        for model in (RequestResolved, RequestReopened) if self.chance.random() < 0.2 else (RequestResolved,):
            self.sequence[number] += 1
            await self.routing.apply(request_event(number, self.sequence[number], model, **facts))
            await self.routing.match()
            self.routing.clock.advance(timedelta(minutes=30))


async def test_unchanged_rules_decide_as_production_did(routing: Routing) -> None:
    script = Scripted(routing, 5)
    await script.open()
    await script.play(70)
    end = routing.clock.now()

    scenario = await past_of(routing, MONDAY - timedelta(hours=1), end)
    run = Engine(scenario).run()

    real = [(request, expert) for at, request, expert in await decided(routing) if at < end]
    assert len(real) > 90
    assert [(offer.request, offer.expert) for offer in run.offers] == real
