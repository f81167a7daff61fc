"""Two of everything at once: never two leads, never more than an expert's places."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from contracts.requests import RequestResolved
from services.chassis.execution import Executor
from services.chassis.group_commit import GroupCommit
from services.routing.deadlines import Deadlines
from services.routing.handlers import experts
from services.routing.matcher import Matcher
from services.routing.store import ASSIGNMENTS, LOADS
from tests.routing.material import BOOK, Routing, person, request_event


async def leads(routing: Routing) -> dict[str, list[str]]:
    """Expert -> the requests they are asked or work on."""
    found: dict[str, list[str]] = {}
    async for row in routing.database[ASSIGNMENTS].find({"active": True}):
        found.setdefault(row["expert"], []).append(row["request"])
    return found


async def test_two_matchers_at_once_give_one_lead_and_respect_the_places(routing: Routing) -> None:
    people = [await routing.expert(f"expert-{number}", capacity=capacity) for number, capacity in enumerate((3, 1, 4))]
    commit = GroupCommit(routing.database)
    await commit.start()
    executor = Executor(routing.database, commit, routing.clock)
    matchers = [routing.matcher, Matcher(routing.database, executor, routing.clock.now, BOOK)]
    for round in range(6):
        numbers = range(round * 10, round * 10 + 10)
        requests = await asyncio.gather(*(routing.submit(number) for number in numbers))
        for _ in range(4):
            await asyncio.gather(*(matcher.run() for matcher in matchers))

        held = await leads(routing)
        everybody = [request for mine in held.values() for request in mine]
        assert sorted(map(len, (held.get(one, []) for one in people))) == [1, 3, 4]
        assert len(everybody) == len(set(everybody)) == 8
        stored = {row["_id"]: len(row["held"]) async for row in routing.database[LOADS].find()}
        assert stored == {expert: len(mine) for expert, mine in held.items()}
        assert len(requests) == 10

        over = [request_event(number, 2, RequestResolved) for number in range(round * 10 + 10)]
        await asyncio.gather(*(routing.apply(event) for event in over))
        await routing.match()
        assert await leads(routing) == {}
    await commit.stop()


async def test_of_two_answers_at_once_one_counts(routing: Routing) -> None:
    await routing.expert("anna")
    await routing.grant("anna", "expert")
    for number in range(10):
        request = await routing.submit(number)
        await routing.match()
        lead = await routing.lead(request)
        assert lead is not None
        async with routing.api("anna") as api:
            accepted, declined = await asyncio.gather(
                api.post(f"/api/assignments/{lead['_id']}/accept"),
                api.post(f"/api/assignments/{lead['_id']}/decline", json={"reason": "no_time"}),
            )

        assert sorted([accepted.status_code, declined.status_code]) == [200, 409]
        assert (await routing.told(request))[1:] == ["accepted" if accepted.status_code == 200 else "declined"]
        await routing.apply(request_event(number, 2, RequestResolved))
        await routing.match()


class Forgetful(Executor):
    """Stores, and dies before it can say so."""

    async def run(self, *keys: Any, **more: Any) -> Any:
        await super().run(*keys, **more)
        raise ConnectionError


@pytest.mark.parametrize("dies", [False, True])
async def test_two_who_look_at_deadlines_remind_and_expire_once(routing: Routing, dies: bool) -> None:
    await routing.expert("anna", capacity=6)
    requests = [await routing.submit(number) for number in range(6)]
    await routing.match()
    commit = GroupCommit(routing.database)
    await commit.start()
    second = (Forgetful if dies else Executor)(routing.database, commit, routing.clock)
    lead = await routing.lead(requests[0])
    assert lead
    for at in (lead["remind_at"], lead["expires_at"]):
        # All were offered in one wave or two: a minute later all are due.
        routing.clock.move_to(at + timedelta(minutes=1))
        looks = [Deadlines(routing.database, one, routing.clock.now) for one in (second, routing.service.executor)]
        await asyncio.gather(*(look.run() for look in looks), return_exceptions=True)
    await commit.stop()

    for request in requests:
        assert (await routing.told(request)) == ["offered", "reminded", "expired"]
    assert await routing.held(lead["expert"]) == 0


async def test_a_check_that_comes_while_the_expert_is_looked_at_is_not_lost(routing: Routing) -> None:
    """Both are of one expert and one moment: the matcher deletes what it saw, and sees the other next time."""
    expert, at, waiting = person("anna"), routing.clock.now(), routing.matcher._waiting
    await routing.service.executor.run({}, lambda work: experts.check(work, expert, at))
    seen = await waiting.checks(at, 10)
    await routing.service.executor.run({}, lambda work: experts.check(work, expert, at))
    await waiting.forget(seen[expert])

    assert list(await waiting.checks(at, 10)) == [expert]
