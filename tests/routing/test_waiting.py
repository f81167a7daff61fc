"""Who waits is offered to somebody: on a real database, step by step."""

from datetime import timedelta

import pytest

from contracts.requests import RequestClassified, RequestReopened, RequestResolved, RequestWithdrawn
from services.routing.handlers import cases, experts
from services.routing.matching import vetoes
from services.routing.store import CASES, CHECKS, EXPERTS
from services.routing.store.waiting import Waiting
from tests.routing.material import MONDAY, OTHER, RULES, THEME, Routing, profile, request_event


async def test_a_request_is_offered_to_the_best_expert_and_the_decision_is_kept(routing: Routing) -> None:
    near = await routing.expert("near", provinces=["VA"])
    await routing.expert("far", provinces=["MN"])
    full = await routing.expert("full", provinces=["VA"], capacity=0)
    request = await routing.submit(1)

    await routing.match()

    lead, decision = await routing.lead(request), await routing.decision(request)
    assert lead is not None
    assert (lead["expert"], lead["status"], lead["round"]) == (near, "offered", 1)
    assert decision["_id"] == lead["_id"]
    assert decision["chosen"]["expert"] == near
    assert decision["vetoed_counts"] == {"no_places": 1, "province_not_served": 1}
    assert {"expert": full, "reason": "no_places"} in decision["vetoed"]
    assert decision["rules_version"] == RULES.version
    assert await routing.told(request) == ["offered"]
    assert await routing.held(near) == 1


async def test_when_all_are_full_the_oldest_is_offered_as_soon_as_a_place_is_free(routing: Routing) -> None:
    expert = await routing.expert("only", capacity=1)
    first = await routing.submit(1)
    await routing.match()
    young, old = await routing.submit(9), await routing.submit(5)
    urgent = await routing.submit(8, urgency="high")
    await routing.match()
    assert [await routing.asked(request) for request in (young, old, urgent)] == [None] * 3

    await routing.apply(request_event(1, 2, RequestResolved))
    await routing.match()
    assert await routing.asked(urgent) == expert

    await routing.apply(request_event(8, 2, RequestWithdrawn))
    await routing.match()
    assert await routing.asked(old) == expert
    assert await routing.asked(young) is None
    assert await routing.asked(first) is None
    assert await routing.held(expert) == 1


async def test_nobody_to_ask_is_told_once_for_each_reason(routing: Routing) -> None:
    request = await routing.submit(1)
    await routing.match()
    await routing.expert("late", capacity=0, themes=[{"code": OTHER, "level": 3}])
    await routing.match()
    assert (await routing.case(request))["stuck"]["reason"] == "no_competence"
    assert await routing.told(request) == ["unroutable"]

    await routing.apply(request_event(1, 2, RequestClassified, theme=OTHER))
    await routing.match()
    await routing.apply(request_event(1, 3, RequestClassified, theme=OTHER, procedure="paur-fer"))
    await routing.match()
    assert (await routing.case(request))["stuck"]["reason"] == "all_vetoed"
    assert await routing.told(request) == ["unroutable", "unroutable"]

    expert = await routing.expert("late", capacity=1, themes=[{"code": OTHER, "level": 3}])
    await routing.match()
    assert await routing.asked(request) == expert
    assert await routing.told(request) == ["unroutable", "unroutable", "offered"]


async def test_a_request_without_theme_waits_until_it_is_classified(routing: Routing) -> None:
    expert = await routing.expert("any")
    request = await routing.submit(1, theme=None, status="triage")
    await routing.match()
    assert (await routing.case(request))["stuck"]["reason"] == "no_theme"

    await routing.apply(request_event(1, 2, RequestClassified))
    await routing.match()

    assert await routing.asked(request) == expert


async def test_an_unanswered_offer_follows_a_corrected_theme_and_an_accepted_one_stays(routing: Routing) -> None:
    await routing.expert("first")
    other = await routing.expert("second", themes=[{"code": OTHER, "level": 3}], task_forces=[OTHER])
    request = await routing.submit(1)
    await routing.match()

    await routing.apply(request_event(1, 2, RequestClassified, theme=OTHER))
    await routing.match()
    assert await routing.asked(request) == other
    assert await routing.told(request) == ["offered", "released", "offered"]

    await routing.grant("second", "expert")
    lead = await routing.lead(request)
    assert lead is not None
    async with routing.api("second") as api:
        assert (await api.post(f"/api/assignments/{lead['_id']}/accept")).status_code == 200
    await routing.apply(request_event(1, 3, RequestClassified))
    await routing.match()
    assert await routing.asked(request) == other


async def test_a_reopened_request_goes_back_to_its_former_expert(routing: Routing) -> None:
    former = await routing.expert("former", themes=[{"code": "site-remediation", "level": 2}])
    request = await routing.submit(1)
    await routing.match()
    await routing.grant("former", "expert")
    lead = await routing.lead(request)
    assert lead is not None
    async with routing.api("former") as api:
        await api.post(f"/api/assignments/{lead['_id']}/accept")
    await routing.apply(request_event(1, 2, RequestResolved))
    await routing.match()
    assert await routing.held(former) == 0
    await routing.expert("better", themes=[{"code": "site-remediation", "level": 5}], provinces=["VA"])

    await routing.apply(request_event(1, 3, RequestReopened))
    await routing.match()

    assert await routing.asked(request) == former
    assert (await routing.decision(request))["former"]
    assert await routing.told(request) == ["offered", "accepted", "released", "offered"]


async def test_an_absent_expert_loses_the_offer_and_is_asked_again_afterwards(routing: Routing) -> None:
    away = await routing.expert("away", provinces=["VA"])
    other = await routing.expert("other", capacity=1)
    request = await routing.submit(1)
    await routing.match()
    assert await routing.asked(request) == away

    from_today = {"from": "2026-11-23", "to": "2026-11-24"}
    start, end = MONDAY - timedelta(hours=10), MONDAY + timedelta(hours=38)
    absence = {**from_today, "start": start, "end": end}
    await routing.service.executor.run({EXPERTS: [away]}, lambda work: experts.add_absence(work, away, absence))
    await routing.match()
    assert await routing.asked(request) == other
    late = await routing.submit(2)
    await routing.match()
    assert await routing.asked(late) is None

    routing.clock.advance(timedelta(hours=39))
    await routing.match()

    assert await routing.asked(late) == away
    assert await routing.database[CHECKS].count_documents({}) == 0


@pytest.mark.parametrize("many", [7])
async def test_a_place_finds_the_eligible_one_behind_many_who_are_not(routing: Routing, many: int) -> None:
    ineligible = [await routing.submit(number, province="MN") for number in range(1, many + 1)]
    eligible = await routing.submit(many + 1)
    wrong_kind = await routing.submit(0, kind="legal")
    await routing.match()

    expert = await routing.expert("new", provinces=["VA"], capacity=1)
    await routing.match()

    assert await routing.asked(eligible) == expert
    assert [await routing.asked(request) for request in (*ineligible, wrong_kind)] == [None] * (many + 1)


async def test_an_expert_with_many_places_empties_the_queue(routing: Routing) -> None:
    requests = [await routing.submit(number) for number in range(12)]
    await routing.match()

    expert = await routing.expert("new", capacity=10)
    await routing.match()

    assert [await routing.asked(request) for request in requests] == [expert] * 10 + [None] * 2
    assert await routing.held(expert) == 10


async def test_an_expert_whose_role_is_revoked_loses_the_offer_and_is_not_asked_again(routing: Routing) -> None:
    revoked, other = await routing.expert("revoked", provinces=["VA"]), await routing.expert("other")
    request = await routing.submit(1)
    await routing.match()
    assert await routing.asked(request) == revoked

    await routing.access("revoked", 3, "monitor")
    await routing.access("revoked", 2, "expert", "monitor")  # the older news comes last
    await routing.match()

    assert await routing.asked(request) == other


async def test_two_experts_who_come_at_once_both_fill_their_places(routing: Routing) -> None:
    requests = [await routing.submit(number) for number in range(4)]
    await routing.match()

    people = [await routing.expert(name, capacity=2) for name in ("one", "two")]
    await routing.match()

    assert {await routing.asked(request) for request in requests} == set(people)


async def test_the_database_finds_for_an_expert_exactly_what_no_veto_forbids(routing: Routing) -> None:
    kinds, provinces = ("technical", "legal"), ("VA", "CO", "MN")
    number = 0
    for theme in (THEME, OTHER):
        for kind in kinds:
            for province in provinces:
                await routing.submit(number, theme=theme, kind=kind, province=province)
                number += 1
    await routing.match()
    await routing.database[CASES].update_many(
        {"number": {"$in": ["2026-000000", "2026-000004"]}}, {"$set": {"declined_by": ["x"]}}
    )
    await routing.database[CASES].update_many({"number": "2026-000001"}, {"$set": {"pinned": {"expert": "y"}}})
    await routing.database[CASES].update_many({"number": "2026-000002"}, {"$set": {"pinned": {"expert": "x"}}})
    rows = [row async for row in routing.database[CASES].find()]
    waiting = Waiting(routing.database)
    assert {row["queue"] for row in rows} == {"stuck"}

    for themes in ([THEME], [THEME, OTHER]):
        for expert_kinds in (["technical"], list(kinds)):
            for own in ([], ["VA"], ["MN"]):
                levels = [{"code": code, "level": 1} for code in themes]
                expert = {
                    "_id": "x",
                    "absences": [],
                    "entitled": True,
                    **profile(themes=levels, kinds=expert_kinds, provinces=own),
                }
                seen = [experts.to_match(expert, None, MONDAY, MONDAY, RULES)]
                free = {row["_id"] for row in rows if not vetoes(cases.to_match(row), seen)}

                assert {row["_id"] for row in await waiting.eligible(expert, 100)} == free
