"""An expert falls ill: all cases in one preview and one confirmation, whatever happens in between."""

import asyncio
from typing import Any

import httpx
import pytest

from services.chassis.mongo import Document
from services.routing.store import ASSIGNMENTS, REASSIGNMENTS
from tests.routing.material import OTHER, THEME, Routing, person
from tests.routing.test_desk_pages import text_of, token_of

PATH = "/api/routing/reassignments"


async def ill(routing: Routing, requests: int = 3) -> list[str]:
    """Anna follows requests; then two others come, with a place each. Returns the requests."""
    await routing.expert("anna", capacity=9)
    await routing.grant("anna", "expert")
    ids = [await routing.submit(number) for number in range(1, requests + 1)]
    await routing.match()
    for name in ("bea", "ciro"):
        await routing.expert(name, capacity=1)
    await routing.grant("carla", "coordinator", "task_force", THEME)
    return ids


async def preview(api: httpx.AsyncClient, **more: Any) -> Document:
    answer = await api.post(PATH, json={"expert": person("anna"), "reason": "Malattia", **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def state_of(routing: Routing) -> list[Document]:
    return [row async for row in routing.database[ASSIGNMENTS].find().sort("_id", 1)]


async def test_the_preview_says_who_would_get_what_and_why_nobody_and_changes_nothing(routing: Routing) -> None:
    await ill(routing)
    before = await state_of(routing)

    async with routing.api("carla") as api:
        made = await preview(api)

    items = {item["number"]: item for item in made["items"]}
    chosen = [item["chosen"]["expert"] for item in items.values() if item["chosen"]]
    assert sorted(chosen) == sorted([person("bea"), person("ciro")])
    assert all(0 < item["chosen"]["score"] <= 1 for item in items.values() if item["chosen"])
    (nobody,) = [item for item in items.values() if not item["chosen"]]
    # The oldest are served first, so it is the youngest that nobody can take; anna counts as absent.
    assert (nobody["number"], nobody["reason"]) == ("2026-000003", "no_capacity")
    assert nobody["vetoed_counts"] == {"absent": 1, "full": 2}
    assert await state_of(routing) == before


async def test_one_confirmation_moves_everything_once_and_says_the_same_again(routing: Routing) -> None:
    requests = await ill(routing)
    async with routing.api("carla") as api:
        made = await preview(api)
        wanted = {item["number"]: item["chosen"] for item in made["items"]}
        first, second = await asyncio.gather(*(api.post(f"{PATH}/{made['id']}/confirmation") for _ in range(2)))
        third = await api.post(f"{PATH}/{made['id']}/confirmation")

    assert [answer.status_code for answer in (first, second, third)] == [200, 200, 200]
    outcome = {"moved": ["2026-000001", "2026-000002"], "kept": ["2026-000003"]}
    for answer in (first, second, third):
        assert {name: answer.json()["outcome"][name] for name in outcome} == outcome
        assert answer.json()["again"] is None
    for number, request in enumerate(requests, start=1):
        chosen = wanted[f"2026-00000{number}"]
        assert await routing.asked(request) == (chosen["expert"] if chosen else person("anna"))
    assert await routing.held(person("anna")) == 1
    assert await routing.told(requests[0]) == ["offered", "released", "offered"]
    decision = await routing.decision(requests[0])
    assert (decision["by"], decision["note"]) == (person("carla"), "Malattia")
    assert decision["chosen"]["shares"] == wanted["2026-000001"]["shares"]
    assert await routing.database[ASSIGNMENTS].count_documents({"active": True}) == 3


async def test_what_nobody_can_take_waits_for_others_only_when_wished(routing: Routing) -> None:
    requests = await ill(routing)
    async with routing.api("carla") as api:
        made = await preview(api)
        answer = await api.post(f"{PATH}/{made['id']}/confirmation", json={"release_rest": True})
    await routing.match()

    assert answer.json()["outcome"]["released"] == ["2026-000003"]
    assert await routing.asked(requests[2]) is None
    assert (await routing.case(requests[2]))["queue"] == "stuck"
    assert await routing.held(person("anna")) == 0


async def test_single_cases_are_chosen_and_another_choice_needs_another_preview(routing: Routing) -> None:
    requests = await ill(routing)
    async with routing.api("carla") as api:
        made = await preview(api)
        one = {"requests": ["2026-000002"]}
        answer = await api.post(f"{PATH}/{made['id']}/confirmation", json=one)
        other = await api.post(f"{PATH}/{made['id']}/confirmation", json={"requests": ["2026-000001"]})

    assert answer.json()["outcome"]["moved"] == ["2026-000002"]
    assert answer.json()["outcome"]["left_out"] == ["2026-000001", "2026-000003"]
    assert other.status_code == 409
    assert await routing.asked(requests[0]) == person("anna")


async def place_lost(routing: Routing, made: Document) -> None:
    taker = made["items"][0]["chosen"]["expert"]
    await routing.grant("sara", "secretariat")
    await routing.submit(8)
    async with routing.api("sara") as api:
        await api.post("/api/routing/requests/2026-000008/assign", json={"expert": taker})


async def profile_changed(routing: Routing, made: Document) -> None:
    name = "bea" if made["items"][0]["chosen"]["expert"] == person("bea") else "ciro"
    await routing.expert(name, capacity=1, themes=[{"code": THEME, "level": 1}])


async def accepted(routing: Routing, made: Document) -> None:
    async with routing.api("anna") as api:
        await api.post(f"/api/assignments/{made['items'][0]['assignment']}/accept")


async def given_back(routing: Routing, made: Document) -> None:
    await accepted(routing, made)
    async with routing.api("anna") as api:
        await api.post(f"/api/assignments/{made['items'][0]['assignment']}/release")


async def urgent(routing: Routing, made: Document) -> None:
    from contracts.requests import RequestClassified
    from tests.routing.material import request_event

    await routing.apply(request_event(1, 5, RequestClassified, urgency="high"))


@pytest.mark.parametrize("change", [place_lost, profile_changed, accepted, given_back, urgent])
async def test_what_has_changed_since_is_shown_again_instead_of_applied(routing: Routing, change: Any) -> None:
    requests = await ill(routing)
    async with routing.api("carla") as api:
        made = await preview(api)
        assert made["items"][0]["number"] == "2026-000001"
        await change(routing, made)
        lead = await routing.asked(requests[0])
        answer = (await api.post(f"{PATH}/{made['id']}/confirmation")).json()
        again = (await api.get(f"{PATH}/{answer['again']}")).json()
        repeated = (await api.post(f"{PATH}/{made['id']}/confirmation")).json()

    assert answer["outcome"]["changed"] == ["2026-000001"]
    assert answer["outcome"]["moved"] == ["2026-000002"]
    assert await routing.asked(requests[0]) == lead
    assert repeated == answer
    still_hers = [] if change is given_back else ["2026-000001"]
    assert [item["number"] for item in again["items"]] == still_hers
    assert again["outcome"] is None


async def test_a_new_message_of_the_body_changes_nothing_about_a_preview(routing: Routing) -> None:
    from contracts.requests import RequestReopened
    from tests.routing.material import request_event

    requests = await ill(routing)
    async with routing.api("carla") as api:
        made = await preview(api)
        await routing.apply(request_event(1, 7, RequestReopened))
        answer = (await api.post(f"{PATH}/{made['id']}/confirmation")).json()

    assert answer["outcome"]["moved"] == ["2026-000001", "2026-000002"]
    assert await routing.asked(requests[0]) != person("anna")


async def test_confirming_against_a_running_matcher_never_makes_two_leads_or_exceeds_places(routing: Routing) -> None:
    await ill(routing, 6)
    async with routing.api("carla") as api:
        made = await preview(api)
        newcomers = [routing.submit(number) for number in range(20, 24)]
        await asyncio.gather(
            *newcomers, *(api.post(f"{PATH}/{made['id']}/confirmation") for _ in range(3)), routing.match()
        )
    await routing.match()

    leads = [row["request"] for row in await state_of(routing) if row["active"]]
    assert len(leads) == len(set(leads))
    for name, capacity in (("bea", 1), ("ciro", 1), ("anna", 9)):
        active = [row for row in await state_of(routing) if row["active"] and row["expert"] == person(name)]
        assert len(active) == await routing.held(person(name)) <= capacity


async def test_only_who_directs_the_task_force_previews_and_only_who_previewed_confirms(routing: Routing) -> None:
    await ill(routing)
    await routing.grant("olga", "coordinator", "task_force", OTHER)
    await routing.grant("sara", "secretariat")
    async with routing.api("carla") as own, routing.api("olga") as other, routing.api("sara") as staff:
        made = await preview(own)
        foreign = await other.post(PATH, json={"expert": person("anna")})
        nobody = await own.post(PATH, json={"expert": person("zed")})
        confirmed = await staff.post(f"{PATH}/{made['id']}/confirmation")

    assert (foreign.status_code, nobody.status_code, confirmed.status_code) == (403, 404, 404)


async def test_the_same_key_makes_one_preview(routing: Routing) -> None:
    await ill(routing)
    async with routing.api("carla") as api:
        wish, key = {"expert": person("anna")}, {"Idempotency-Key": "k"}
        answers = [(await api.post(PATH, json=wish, headers=key)).json()["id"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert await routing.database[REASSIGNMENTS].count_documents({}) == 1


async def test_the_pages_lead_from_the_expert_to_the_outcome(routing: Routing) -> None:
    requests = await ill(routing)
    start = f"/desk/experts/{person('anna')}/reassignment"
    async with routing.browser("carla") as browser:
        form = {"csrf_token": token_of(await browser.get(start))}
        nothing = await browser.post(start, data=form)
        chosen = {"request": ["2026-000001", "2026-000002", "2026-000003"], "reason": "Malattia"}
        sent = await browser.post(start, data=form | chosen)
        shown = await browser.get(sent.headers["location"])
        confirmation = f"{sent.headers['location']}/confirmation"
        confirmed = await browser.post(confirmation, data=form | {"request": ["2026-000001", "2026-000003"]})
        outcome = await browser.get(confirmed.headers["location"])

    assert nothing.status_code == 422
    assert sent.status_code == confirmed.status_code == 303
    assert "Tutti gli esperti adatti" in text_of(shown) and "nessuno" in text_of(shown)
    assert "L’esperto è stato interpellato" in text_of(outcome)
    assert "Resta dov’è" in text_of(outcome) and "Non scelta" in text_of(outcome)
    assert await routing.asked(requests[0]) != person("anna") == await routing.asked(requests[1])
