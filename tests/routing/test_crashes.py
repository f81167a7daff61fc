"""Whatever crashes or races: never two leads of one request, never a place too many, and nobody is forgotten."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.requests import RequestReopened, RequestResolved
from services.chassis.execution import Executor
from services.chassis.group_commit import GroupCommit
from services.routing.matcher import Matcher
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS
from tests.routing.material import BOOK, Routing, request_event

_NAMES = ("anna", "bruno", "carla")
_STEPS = st.one_of(
    st.tuples(st.just("submit"), st.integers(1, 3)),
    st.tuples(st.just("resolve"), st.integers(0, 30)),
    st.tuples(st.just("reopen"), st.integers(0, 30)),
    st.tuples(st.just("capacity"), st.integers(0, 2)),
    st.tuples(st.just("race"), st.integers(0, 3)),
    st.tuples(st.just("crash before"), st.just(0)),
    st.tuples(st.just("crash after"), st.just(0)),
)


class Dying(Executor):
    """Dies once, before or after what it was to save has been saved."""

    dies: str = ""

    async def run(self, keys: Any, decide: Callable[..., Any], correlation: str | None = None) -> Any:
        dies, self.dies = self.dies, ""
        if dies == "crash before":
            raise ConnectionError
        result = await super().run(keys, decide, correlation)
        if dies == "crash after":
            raise ConnectionError
        return result


async def sound(routing: Routing) -> None:
    """What must hold at every moment."""
    active = [row async for row in routing.database[ASSIGNMENTS].find({"active": True})]
    by_expert = Counter(row["expert"] for row in active)
    held = {row["_id"]: len(row["held"]) async for row in routing.database[LOADS].find()}
    assert max(Counter(row["request"] for row in active).values(), default=0) <= 1
    assert {expert: count for expert, count in held.items() if count} == dict(by_expert)


class Story:
    """Two matchers, one of which may die, over the same requests."""

    def __init__(self, routing: Routing, executor: Dying) -> None:
        self.routing, self.executor, self.count = routing, executor, 0
        self.sequence: Counter[int] = Counter()
        self.most: dict[str, int] = {}
        self.dying = Matcher(routing.database, executor, routing.clock.now, BOOK)

    async def step(self, kind: str, number: int) -> None:
        if kind == "submit":
            for _ in range(number):
                self.count += 1
                await self.routing.submit(self.count)
        elif kind in ("resolve", "reopen") and self.count:
            which = number % self.count + 1
            self.sequence[which] += 1
            model = RequestResolved if kind == "resolve" else RequestReopened
            await self.routing.apply(request_event(which, 1 + self.sequence[which], model))
        elif kind == "capacity":
            # More places only: what is held already stays when there are fewer.
            await self.routing.expert(_NAMES[number], capacity=2 + number + self.count % 2)
        elif kind == "race":
            await asyncio.gather(self.routing.matcher.run(), self.dying.run(), return_exceptions=True)
        elif kind.startswith("crash"):
            self.executor.dies = kind
            await asyncio.gather(self.dying.run(), return_exceptions=True)
            self.executor.dies = ""


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(_STEPS, max_size=14))
async def test_one_lead_whatever_crashes_and_nobody_is_forgotten(routing: Routing, steps) -> None:
    await routing.clear()
    commit = GroupCommit(routing.database)
    await commit.start()
    story = Story(routing, Dying(routing.database, commit, routing.clock))
    for name in _NAMES:
        await routing.expert(name, capacity=2)

    for kind, number in steps:
        await story.step(kind, number)
        await sound(routing)
    routing.matcher.roster.forget()
    await routing.match()
    await commit.stop()

    await sound(routing)
    free = False
    async for row in routing.database[EXPERTS].find():
        load = await routing.database[LOADS].find_one({"_id": row["_id"]})
        free = free or len(load["held"] if load else ()) < row["capacity"]
    queues = Counter([row["queue"] async for row in routing.database[CASES].find()])
    assert queues.keys() <= {None, "stuck"}
    assert not (free and queues["stuck"])
