"""The matcher's memory is an economy, large waves are solved apart, and whoever waits is tried again by time alone."""

import json
from datetime import timedelta

import pytest

from services.chassis.outbox import OUTBOX
from services.routing.criteria import Experts, days_ahead
from services.routing.domain import Case, precedence
from services.routing.handlers import experts
from services.routing.matcher import apart
from services.routing.matcher.apart import TooLong, planned
from services.routing.matching import plan
from services.routing.store import EXPERTS, LOADS
from tests.bench.routing.instances import START, instance
from tests.routing.material import MONDAY, OTHER, RULES, THEME, Routing


async def test_a_place_that_was_taken_behind_the_matchers_back_is_not_given_twice(routing: Routing) -> None:
    first, second = await routing.expert("first", capacity=1, provinces=["VA"]), await routing.expert("second")
    await routing.match()
    request = await routing.submit(1)

    # As another process does: nothing tells this matcher of it.
    taken = {"_id": first, "held": ["another"], "version": 1}
    await routing.database[LOADS].insert_one(taken)
    await routing.match()

    assert await routing.asked(request) == second
    assert await routing.held(first) == 1


async def test_a_profile_that_changed_behind_the_matchers_back_is_read_again(routing: Routing) -> None:
    first, second = await routing.expert("first", provinces=["VA"]), await routing.expert("second")
    await routing.match()
    request = await routing.submit(1)

    changed = {"$set": {"conflicts": {"bodies": ["012133"], "companies": []}}, "$inc": {"version": 1}}
    await routing.database[EXPERTS].update_one({"_id": first}, changed)
    await routing.match()

    assert await routing.asked(request) == second


async def test_who_is_freed_behind_the_matchers_back_is_found_before_anybody_is_told_of_no_capacity(
    routing: Routing,
) -> None:
    expert = await routing.expert("only", capacity=1)
    await routing.submit(1)
    await routing.match()
    await routing.database[LOADS].update_one({"_id": expert}, {"$set": {"held": []}, "$inc": {"version": 1}})

    request = await routing.submit(2)
    await routing.match()

    assert await routing.asked(request) == expert
    assert await routing.told(request) == ["offered"]


async def test_time_alone_brings_the_stuck_back(routing: Routing) -> None:
    expert = await routing.expert("thursdays", working_days=[3])
    request = await routing.submit(1)
    await routing.match()
    assert await routing.asked(request) is None

    routing.clock.advance(timedelta(days=2))
    await routing.match()

    assert await routing.asked(request) == expert


async def test_unroutable_tells_whom_each_veto_concerns_and_who_is_back_when(routing: Routing) -> None:
    away, full = await routing.expert("away"), await routing.expert("full", capacity=0)
    start, end = MONDAY - timedelta(hours=10), MONDAY + timedelta(days=20)
    days = {"from": "2026-11-23", "to": "2026-12-12", "start": start, "end": end}
    await routing.service.executor.run({EXPERTS: [away]}, lambda work: experts.add_absence(work, away, days))
    request = await routing.submit(1)

    await routing.match()

    row = await routing.database[OUTBOX].find_one({"key": request})
    data = json.loads(row["body"])["data"]
    assert data["reason"] == "all_vetoed"
    assert {(one["expert"], one["reason"]) for one in data["vetoed"]} == {(away, "absent"), (full, "no_places")}
    assert data["until"].startswith("2026-12-13T09:00:00")


async def test_a_request_of_two_themes_gets_a_lead_and_somebody_who_helps(routing: Routing) -> None:
    lead = await routing.expert("lead")
    helper = await routing.expert("helper", themes=[{"code": OTHER, "level": 4}], capacity=1)
    request = await routing.submit(1, further_themes=(OTHER, THEME))

    await routing.match()

    made = await routing.lead(request)
    assert made is not None
    assert (made["expert"], made["co_experts"], made["people"]) == (lead, [helper], [lead, helper])
    assert (await routing.decision(request))["co_experts"] == [{"theme": OTHER, "expert": helper}]
    assert await routing.held(helper) == 0
    row = await routing.database[OUTBOX].find_one({"key": request})
    assert json.loads(row["body"])["data"]["state"]["co_experts"] == [helper]


async def test_who_would_help_and_went_away_since_the_matcher_looked_last_does_not(routing: Routing) -> None:
    soon = {"from": "2026-11-23", "to": "2026-11-23", "start": MONDAY + timedelta(seconds=20)}
    hour = soon | {"end": MONDAY + timedelta(hours=1)}
    await routing.expert("lead")
    helper = await routing.expert("helper", themes=[{"code": OTHER, "level": 4}], absences=[hour])
    first = await routing.submit(1, further_themes=(OTHER, THEME))
    await routing.match()
    routing.clock.advance(timedelta(seconds=30))
    second = await routing.submit(2, further_themes=(OTHER, THEME))
    await routing.match()

    before, after = await routing.lead(first), await routing.lead(second)
    assert before and before["co_experts"] == [helper]
    assert after and after["co_experts"] == []


async def test_a_large_wave_is_solved_in_a_process_of_its_own_with_the_same_result(monkeypatch) -> None:
    cases, people = instance(5, 60, 30)
    columns = Experts.of(people)
    monkeypatch.setattr(apart, "_CELLS_AT_ONCE", 100)

    made = await planned(cases, columns, RULES)

    assert made.judged == ()
    assert made.chosen.tolist() == plan(cases, columns, RULES).chosen.tolist()
    with pytest.raises(TooLong):
        await planned(cases, columns, RULES, seconds=0.01)


def test_the_order_of_service_is_what_ageing_and_urgency_add_up_to() -> None:
    for urgent in (True, False):
        first = precedence(START, urgent, RULES.head_start)
        case = Case("c", THEME, None, "legal", "VA", first, urgent=urgent, received_at=START)
        now = START + timedelta(days=3)

        assert sum(days_ahead(case, now, RULES.head_start).values()) == (now - first) / timedelta(days=1)
