"""Between the preview and the confirmation of a reassignment something happens: each line says why it was not done."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.requests import RequestClassified, RequestClosed, RequestMerged, RequestReopened, RequestWithdrawn
from services.chassis.mongo import Document
from services.routing.store import EXPERTS, REASSIGNMENTS
from tests.routing.material import MONDAY, OTHER, THEME, Routing, person, request_event
from tests.routing.test_desk_pages import text_of
from tests.routing.test_reassignments import PATH, given_back, ill, place_lost, preview, profile_changed

FIRST = "/api/routing/requests/2026-000001"


async def closed(routing: Routing, made: Document) -> None:
    await routing.apply(request_event(1, 5, RequestClosed))


async def withdrawn(routing: Routing, made: Document) -> None:
    await routing.apply(request_event(1, 5, RequestWithdrawn))
    await routing.match()


async def merged(routing: Routing, made: Document) -> None:
    await routing.apply(request_event(1, 5, RequestMerged))


async def reclassified(routing: Routing, made: Document) -> None:
    await routing.apply(request_event(1, 5, RequestClassified, theme=OTHER))


async def opened_again(routing: Routing, made: Document) -> None:
    """What she has answers a state of the request that is over: the matcher is about to end it."""
    await routing.apply(request_event(1, 5, RequestClosed), request_event(1, 6, RequestReopened))


async def assigned_elsewhere(routing: Routing, made: Document) -> None:
    await routing.expert("dora")
    async with routing.api("carla") as api:
        answer = await api.post(f"{FIRST}/assign", json={"expert": person("dora")})
    assert answer.status_code == 201, answer.text


async def accepted(routing: Routing, made: Document) -> None:
    async with routing.api("anna") as api:
        await api.post(f"/api/assignments/{made['items'][0]['assignment']}/accept")


async def kept_for_her(routing: Routing, made: Document) -> None:
    async with routing.api("carla") as api:
        answer = await api.put(f"{FIRST}/pin", json={"expert": person("anna"), "reason": "Solo lei"})
    assert answer.status_code == 200, answer.text


async def taker_left(routing: Routing, made: Document) -> None:
    who = "bea" if made["items"][0]["chosen"]["expert"] == person("bea") else "ciro"
    await routing.access(who, 9)


async def taker_declined(routing: Routing, made: Document) -> None:
    """Somebody took it from her, and the one who was to get it refused; then she had it again."""
    taker = made["items"][0]["chosen"]["expert"]
    name = "bea" if taker == person("bea") else "ciro"
    await routing.grant(name, "expert")
    async with routing.api("carla") as api, routing.api(name) as expert:
        offered = (await api.post(f"{FIRST}/assign", json={"expert": taker})).json()
        await expert.post(f"/api/assignments/{offered['id']}/decline", json={"reason": "no_time"})
        await api.post(f"{FIRST}/assign", json={"expert": person("anna")})


WHY = {
    closed: ("over", "La richiesta è conclusa"),
    withdrawn: ("over", "La richiesta è conclusa"),
    merged: ("over", "La richiesta è conclusa"),
    assigned_elsewhere: ("elsewhere", "era già di un altro esperto"),
    given_back: ("elsewhere", "era già di un altro esperto"),
    taker_declined: ("elsewhere", "era già di un altro esperto"),
    accepted: ("answered", "aveva già risposto"),
    reclassified: ("request", "La richiesta era cambiata"),
    opened_again: ("request", "La richiesta era cambiata"),
    kept_for_her: ("request", "La richiesta era cambiata"),
    taker_left: ("taker", "non poteva più riceverla"),
    place_lost: ("taker", "non poteva più riceverla"),
    profile_changed: ("taker", "non poteva più riceverla"),
}


@pytest.mark.parametrize("happens", WHY)
async def test_what_does_not_hold_any_more_is_not_assigned_and_its_line_says_why(routing: Routing, happens) -> None:
    requests = await ill(routing)
    code, words = WHY[happens]
    async with routing.api("carla") as api, routing.browser("carla") as browser:
        made = await preview(api)
        assert made["items"][0]["number"] == "2026-000001"
        await happens(routing, made)
        lead = await routing.asked(requests[0])
        answer = (await api.post(f"{PATH}/{made['id']}/confirmation")).json()
        repeated = (await api.post(f"{PATH}/{made['id']}/confirmation")).json()
        page = await browser.get(f"/desk/reassignments/{made['id']}")

    assert answer["outcome"]["changed"] == ["2026-000001"]
    assert answer["why"] == repeated["why"] == {"2026-000001": code}
    assert answer["outcome"]["moved"] == ["2026-000002"]
    assert await routing.asked(requests[0]) == lead
    assert words in text_of(page)


async def with_help(routing: Routing, **helper: Any) -> str:
    """Anna has a request of two themes that bea could take over, with help."""
    await routing.expert("anna")
    request = await routing.submit(1, further_themes=(OTHER,))
    await routing.match()
    await routing.expert("bea", capacity=1)
    await routing.expert("help", themes=[{"code": OTHER, "level": 3}], task_forces=[OTHER], **helper)
    await routing.grant("carla", "coordinator", "task_force", THEME)
    return request


@pytest.mark.parametrize("change", [{"active": False}, {"conflicts": {"bodies": ["012133"], "companies": []}}])
async def test_who_was_to_help_is_looked_at_again_too(routing: Routing, change: dict[str, Any]) -> None:
    request = await with_help(routing)
    async with routing.api("carla") as api:
        made = await preview(api)
        await routing.expert("help", themes=[{"code": OTHER, "level": 3}], task_forces=[OTHER], **change)
        answer = (await api.post(f"{PATH}/{made['id']}/confirmation")).json()

    assert made["items"][0]["co_experts"] == [[OTHER, person("help")]]
    assert answer["why"] == {"2026-000001": "taker"}
    assert await routing.asked(request) == person("anna")


async def has_no_contract(routing: Routing) -> None:
    end = {"$set": {"contract_end": MONDAY + timedelta(days=20)}}
    await routing.database[EXPERTS].update_one({"_id": person("help")}, end)


async def has_no_contract_when_the_answer_is_due(routing: Routing) -> None:
    end = {"$set": {"contract_end": MONDAY + timedelta(days=21, hours=1)}}
    await routing.database[EXPERTS].update_one({"_id": person("help")}, end)


async def is_away(routing: Routing) -> None:
    weeks = {"start": MONDAY + timedelta(days=20), "end": MONDAY + timedelta(days=40)}
    await routing.database[EXPERTS].update_one({"_id": person("help")}, {"$set": {"absences": [weeks]}})


@pytest.mark.parametrize("happens", [has_no_contract, has_no_contract_when_the_answer_is_due, is_away])
async def test_who_was_to_help_and_would_not_be_asked_any_more_does_not(routing: Routing, happens) -> None:
    request = await with_help(routing)
    await happens(routing)
    async with routing.api("carla") as api:
        made = await preview(api)
        routing.clock.advance(timedelta(days=21))
        answer = (await api.post(f"{PATH}/{made['id']}/confirmation")).json()

    assert made["items"][0]["co_experts"] == [[OTHER, person("help")]]
    assert answer["why"] == {"2026-000001": "taker"}
    assert await routing.asked(request) == person("anna")


async def test_who_was_to_help_and_took_a_last_place_meanwhile_does_not(routing: Routing) -> None:
    request = await with_help(routing, capacity=1)
    await routing.grant("sara", "secretariat")
    async with routing.api("carla") as api, routing.api("sara") as sara:
        made = await preview(api)
        await routing.submit(8, theme=OTHER)
        await sara.post("/api/routing/requests/2026-000008/assign", json={"expert": person("help")})
        answer = (await api.post(f"{PATH}/{made['id']}/confirmation")).json()

    assert made["items"][0]["co_experts"] == [[OTHER, person("help")]]
    assert answer["why"] == {"2026-000001": "taker"}
    assert await routing.asked(request) == person("anna")


async def test_a_contract_that_ends_meanwhile_is_seen_without_any_news(routing: Routing) -> None:
    requests = await ill(routing, 1)
    await routing.database[EXPERTS].update_many(
        {"_id": {"$ne": person("anna")}}, {"$set": {"contract_end": MONDAY + timedelta(days=20)}}
    )
    async with routing.api("carla") as api:
        made = await preview(api)
        routing.clock.advance(timedelta(days=19, hours=12))
        answer = (await api.post(f"{PATH}/{made['id']}/confirmation")).json()

    assert made["items"][0]["chosen"]
    assert answer["why"] == {"2026-000001": "taker"}
    assert await routing.asked(requests[0]) == person("anna")


async def test_a_preview_from_before_the_lines_said_why_can_still_be_confirmed(routing: Routing) -> None:
    await ill(routing)
    async with routing.api("carla") as api:
        made = await preview(api)
        await routing.database[REASSIGNMENTS].update_one(
            {"_id": made["id"]}, {"$unset": {f"items.{n}.seen.helping": 1 for n in range(3)}}
        )
        shown = (await api.get(f"{PATH}/{made['id']}")).json()
        answer = (await api.post(f"{PATH}/{made['id']}/confirmation")).json()

    assert shown["why"] == {}
    assert answer["outcome"]["moved"] == ["2026-000001", "2026-000002"]
