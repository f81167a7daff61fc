"""What becomes of an offer: accepted, declined, expired, given back, overtaken by events; a coordinator's word."""

from datetime import timedelta

import pytest

from contracts.requests import RequestMerged, RequestResolved, RequestWithdrawn
from tests.routing.material import Routing, person, request_event


async def offered(routing: Routing, number: int = 1) -> tuple[str, str]:
    """A request that is offered to `anna`; returns request and assignment."""
    await routing.expert("anna", provinces=["VA"])
    await routing.grant("anna", "expert")
    request = await routing.submit(number)
    await routing.match()
    lead = await routing.lead(request)
    assert lead is not None
    return request, lead["_id"]


async def test_accepting_twice_is_accepting_once(routing: Routing) -> None:
    request, assignment = await offered(routing)

    async with routing.api("anna") as api:
        answers = [await api.post(f"/api/assignments/{assignment}/accept") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["status"] == "accepted"
    assert await routing.told(request) == ["offered", "accepted"]


async def test_a_declined_request_goes_to_the_next_one_and_never_back(routing: Routing) -> None:
    request, assignment = await offered(routing)
    next_one = await routing.expert("next", capacity=1)

    async with routing.api("anna") as api:
        answer = await api.post(f"/api/assignments/{assignment}/decline", json={"reason": "no_time"})
    await routing.match()
    assert answer.json()["status"] == "declined"
    assert await routing.asked(request) == next_one

    await routing.expert("next", active=False)
    await routing.match()
    assert await routing.asked(request) is None
    assert (await routing.case(request))["stuck"]["reason"] == "all_vetoed"
    assert await routing.held(person("anna")) == 0


async def test_after_some_refusals_a_coordinator_is_told_and_the_search_ends(routing: Routing) -> None:
    request, _ = await offered(routing)
    for number in range(4):
        lead = await routing.lead(request)
        assert lead is not None
        name = "anna" if number == 0 else f"expert-{number}"
        await routing.grant(name, "expert")
        await routing.expert(f"expert-{number + 1}")
        async with routing.api(name) as api:
            await api.post(f"/api/assignments/{lead['_id']}/decline", json={"reason": "no_time"})
        await routing.match()

    case = await routing.case(request)
    assert (case["queue"], case["round"]) == ("coordinator", 4)
    assert (await routing.told(request))[-1] == "unroutable"


async def test_an_unanswered_offer_is_reminded_once_then_goes_to_the_next(routing: Routing) -> None:
    request, assignment = await offered(routing)
    next_one = await routing.expert("next")

    routing.clock.advance(timedelta(hours=22))  # Tuesday, 8 working hours later
    await routing.look_at_deadlines()
    assert await routing.told(request) == ["offered"]
    routing.clock.advance(timedelta(hours=2, minutes=1))
    await routing.look_at_deadlines()
    await routing.look_at_deadlines()
    assert await routing.told(request) == ["offered", "reminded"]

    routing.clock.advance(timedelta(hours=24))  # Wednesday, 16 working hours later
    await routing.look_at_deadlines()

    assert await routing.asked(request) == next_one
    assert await routing.told(request) == ["offered", "reminded", "expired", "offered"]
    async with routing.api("anna") as api:
        late = await api.post(f"/api/assignments/{assignment}/accept")
    assert late.status_code == 409
    assert (late.json()["allowed"], late.json()["assignment_status"]) == ([], "expired")


async def test_an_offer_of_friday_evening_does_not_run_out_at_the_weekend(routing: Routing) -> None:
    routing.clock.advance(timedelta(days=4, hours=7))  # Friday 27 November, 17 o'clock
    _, assignment = await offered(routing)

    async with routing.api("anna") as api:
        document = (await api.get(f"/api/assignments/{assignment}")).json()

    assert document["expires_at"] == "2026-12-01T16:00:00Z"


@pytest.mark.parametrize("model", [RequestResolved, RequestWithdrawn, RequestMerged])
async def test_a_request_that_is_over_frees_the_assignment_even_one_accepted_later(routing: Routing, model) -> None:
    request, assignment = await offered(routing)
    await routing.apply(request_event(1, 2, model))

    async with routing.api("anna") as api:
        late = await api.post(f"/api/assignments/{assignment}/accept")
    await routing.match()

    assert late.status_code == 409
    assert await routing.lead(request) is None
    assert await routing.held(person("anna")) == 0
    assert await routing.told(request) == ["offered", "released"]


async def test_an_assignment_accepted_before_the_news_arrives_is_freed_too(routing: Routing) -> None:
    request, assignment = await offered(routing)
    async with routing.api("anna") as api:
        await api.post(f"/api/assignments/{assignment}/accept")

    await routing.apply(request_event(1, 5, RequestWithdrawn))
    await routing.match()

    assert await routing.lead(request) is None
    assert await routing.told(request) == ["offered", "accepted", "released"]


async def test_a_request_given_back_goes_to_somebody_else(routing: Routing) -> None:
    request, assignment = await offered(routing)
    next_one = await routing.expert("next")
    async with routing.api("anna") as api:
        await api.post(f"/api/assignments/{assignment}/accept")
        answers = [await api.post(f"/api/assignments/{assignment}/release") for _ in range(2)]
        out_of_place = await api.post(f"/api/assignments/{assignment}/decline", json={"reason": "no_time"})
    await routing.match()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert out_of_place.status_code == 409
    assert await routing.asked(request) == next_one


async def test_a_coordinator_decides_who_is_asked_instead(routing: Routing) -> None:
    request, first = await offered(routing)
    chosen, helper = await routing.expert("chosen", provinces=["MN"]), await routing.expert("co")
    await routing.grant("carla", "coordinator")

    async with routing.api("carla") as api:
        wish = {"expert": chosen, "co_experts": [helper, chosen, helper]}
        answers = [await api.post("/api/routing/requests/2026-000001/assign", json=wish) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"] != first
    assert answers[0].json()["co_experts"] == [helper]
    assert await routing.asked(request) == chosen
    assert await routing.told(request) == ["offered", "released", "offered"]
    assert (await routing.decision(request))["by"] == person("carla")
    assert (await routing.held(person("anna")), await routing.held(chosen)) == (0, 1)


@pytest.mark.parametrize("changes", [{"capacity": 0}, {"active": False}])
async def test_even_a_coordinator_cannot_exceed_what_an_expert_can_do(routing: Routing, changes) -> None:
    request, _ = await offered(routing)
    chosen = await routing.expert("chosen", **changes)
    await routing.grant("carla", "coordinator")

    async with routing.api("carla") as api:
        answer = await api.post("/api/routing/requests/2026-000001/assign", json={"expert": chosen})

    assert answer.status_code == 409
    assert await routing.asked(request) == person("anna")


async def test_who_helps_is_an_expert_who_is_there_and_in_no_conflict(routing: Routing) -> None:
    request, first = await offered(routing)
    body = (await routing.case(request))["body"]
    chosen, idle = await routing.expert("chosen"), await routing.expert("idle", active=False)
    partial = await routing.expert("partial", conflicts={"bodies": [body], "companies": []})
    await routing.grant("carla", "coordinator")

    async with routing.api("carla") as api:
        answers = [
            await api.post("/api/routing/requests/2026-000001/assign", json={"expert": chosen, "co_experts": [helper]})
            for helper in (person("nobody"), idle, partial)
        ]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert (await routing.lead(request) or {})["_id"] == first


async def test_who_helps_goes_on_helping_whoever_leads(routing: Routing) -> None:
    request, _ = await offered(routing)
    await routing.grant("carla", "coordinator")
    await routing.grant("bea", "expert")
    bea, helper, last = [await routing.expert(name) for name in ("bea", "helper", "last")]
    path = "/api/routing/requests/2026-000001/assign"

    async with routing.api("carla") as api, routing.api("bea") as expert:
        made = (await api.post(path, json={"expert": bea, "co_experts": [helper]})).json()
        others = await api.post(path, json={"expert": bea, "co_experts": [last]})
        await expert.post(f"/api/assignments/{made['id']}/accept")
        await expert.post(f"/api/assignments/{made['id']}/hand-over", json={"expert": last})
        handed = await routing.lead(request) or {}
        again = await api.post(path, json={"expert": person("anna")})

    assert others.status_code == 409
    assert (handed["expert"], handed["co_experts"]) == (last, [helper])
    assert (again.json()["expert"], again.json()["co_experts"]) == (person("anna"), [helper])
