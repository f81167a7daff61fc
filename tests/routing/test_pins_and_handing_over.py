"""A coordinator keeps a request for one expert, and an expert passes one on to a colleague."""

from contracts.requests import RequestResolved
from tests.routing.material import OTHER, THEME, Routing, person, request_event
from tests.routing.test_desk_pages import text_of, token_of

PIN = "/api/routing/requests/2026-000001/pin"


async def two(routing: Routing) -> str:
    """Anna fits best, Bea a little less; a coordinator directs them. Returns the request, that waits."""
    await routing.expert("anna", provinces=["VA"])
    await routing.expert("bea")
    for name in ("anna", "bea"):
        await routing.grant(name, "expert")
    await routing.grant("carla", "coordinator", "task_force", THEME)
    return await routing.submit(1)


async def test_the_matcher_asks_nobody_but_the_one_a_request_is_kept_for(routing: Routing) -> None:
    request = await two(routing)
    await routing.expert("bea", capacity=0)
    async with routing.api("carla") as api:
        kept = await api.put(PIN, json={"expert": person("bea"), "reason": "Segue già il sito"})
        await routing.match()
        waiting = (await api.get("/api/routing/queue")).json()["items"][0]
        before = await routing.asked(request)
        await routing.expert("bea", capacity=1)
        await routing.match()

    assert kept.status_code == 200
    assert kept.json()["pinned"]["reason"] == "Segue già il sito"
    assert before is None
    assert waiting["reason"] == "all_vetoed"
    assert "riservata a un solo esperto" in waiting["explanation"]
    assert await routing.asked(request) == person("bea")


async def test_a_kept_request_is_not_taken_from_an_expert_who_is_away(routing: Routing) -> None:
    request = await two(routing)
    async with routing.api("carla") as api:
        assigned = await api.post(
            "/api/routing/requests/2026-000001/assign", json={"expert": person("bea"), "pin": True}
        )
        away = {"from": "2026-11-23", "to": "2026-12-31"}
        await api.post(f"/api/experts/{person('bea')}/absences", json=away)
        await routing.match()
        kept = await routing.asked(request)
        await api.delete(PIN)
        await api.post(f"/api/experts/{person('bea')}/absences", json=away | {"to": "2027-01-01"})
        await routing.match()

    assert assigned.status_code == 201
    assert kept == person("bea")
    assert await routing.asked(request) == person("anna")


async def test_a_refusal_of_the_one_it_is_kept_for_leaves_the_decision_to_a_person(routing: Routing) -> None:
    request = await two(routing)
    async with routing.api("carla") as coordinator, routing.api("bea") as bea:
        wish = {"expert": person("bea"), "pin": True}
        made = (await coordinator.post("/api/routing/requests/2026-000001/assign", json=wish)).json()
        await bea.post(f"/api/assignments/{made['id']}/decline", json={"reason": "no_time"})
        await routing.match()
        nobody = await routing.asked(request)
        await coordinator.post("/api/routing/requests/2026-000001/assign", json={"expert": person("anna")})

    assert nobody is None
    assert "unroutable" in await routing.told(request)
    assert await routing.asked(request) == person("anna")
    assert (await routing.case(request))["pinned"] is None


async def test_a_reason_stands_in_the_explanation_and_reaches_the_expert(routing: Routing) -> None:
    request = await two(routing)
    async with routing.api("carla") as api:
        wish = {"expert": person("bea"), "reason": "Ha già seguito la bonifica", "pin": True}
        await api.post("/api/routing/requests/2026-000001/assign", json=wish)
        told = (await api.get("/api/routing/requests/2026-000001")).json()
    lead = await routing.lead(request)
    assert lead
    async with routing.browser("bea") as browser, routing.browser("carla") as coordinator:
        offer = await browser.get(f"/desk/assignments/{lead['_id']}")
        decision = await coordinator.get("/desk/requests/2026-000001/decision")

    assert told["decision"]["note"] == "Ha già seguito la bonifica"
    assert any("Ha già seguito la bonifica" in sentence for sentence in told["explanation"])
    assert "Ha già seguito la bonifica" in text_of(offer)
    assert "Ha già seguito la bonifica" in text_of(decision)
    assert "non la assegna ad altri" in text_of(decision)


async def test_another_task_force_keeps_nothing_here_and_nobody_pins_over_somebody_else(routing: Routing) -> None:
    await two(routing)
    await routing.match()
    await routing.grant("olga", "coordinator", "task_force", OTHER)
    async with routing.api("olga") as other, routing.api("carla") as own, routing.api("bea") as expert:
        assert (await other.put(PIN, json={"expert": person("bea")})).status_code == 403
        assert (await expert.put(PIN, json={"expert": person("bea")})).status_code == 403
        assert (await own.put(PIN, json={"expert": person("bea")})).status_code == 409
        assert (await own.put(PIN, json={"expert": person("anna")})).status_code == 200


async def followed(routing: Routing) -> tuple[str, str]:
    """Anna follows the request; returns it and her assignment."""
    request = await two(routing)
    await routing.match()
    lead = await routing.lead(request)
    assert lead and lead["expert"] == person("anna")
    async with routing.api("anna") as api:
        await api.post(f"/api/assignments/{lead['_id']}/accept")
    return request, lead["_id"]


async def test_an_expert_passes_a_request_on_to_a_colleague_with_a_note(routing: Routing) -> None:
    request, assignment = await followed(routing)
    async with routing.api("anna") as api:
        wish = {"expert": person("bea"), "note": "Manca solo il parere di ARPA"}
        answers = [await api.post(f"/api/assignments/{assignment}/hand-over", json=wish) for _ in range(2)]
    new = await routing.lead(request)

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert new and (new["expert"], new["status"], new["note"]) == (person("bea"), "offered", wish["note"])
    assert await routing.told(request) == ["offered", "accepted", "released", "offered"]
    assert (await routing.held(person("anna")), await routing.held(person("bea"))) == (0, 1)
    assert (await routing.decision(request))["note"] == wish["note"]


async def test_with_a_key_passing_on_and_assigning_are_answered_as_the_first_time(routing: Routing) -> None:
    _, assignment = await followed(routing)
    passed, assigned = f"/api/assignments/{assignment}/hand-over", "/api/routing/requests/2026-000001/assign"
    key, to_bea, to_anna = {"Idempotency-Key": "k"}, {"expert": person("bea")}, {"expert": person("anna")}
    async with routing.api("anna") as anna, routing.api("bea") as bea, routing.api("carla") as carla:
        first = await anna.post(passed, json=to_bea, headers=key)
        await bea.post(f"/api/assignments/{first.json()['id']}/decline", json={"reason": "no_time"})
        again = await anna.post(passed, json=to_bea, headers=key)
        other = await anna.post(passed, json=to_anna, headers=key)
        decided = await carla.post(assigned, json=to_anna, headers=key)
        await anna.post(f"/api/assignments/{decided.json()['id']}/decline", json={"reason": "no_time"})
        repeated = await carla.post(assigned, json=to_anna, headers=key)

    assert (first.status_code, decided.status_code, other.status_code) == (201, 201, 422)
    assert other.json()["type"].endswith("idempotency-key-reused")
    assert (again.status_code, again.json()) == (201, first.json())
    assert (repeated.status_code, repeated.json()) == (201, decided.json())
    assert await routing.held(person("bea")) == await routing.held(person("anna")) == 0


async def test_a_colleague_who_declines_does_not_send_it_back(routing: Routing) -> None:
    request, assignment = await followed(routing)
    third = await routing.expert("third", provinces=["MN"])
    await routing.expert("third", provinces=[])
    async with routing.api("anna") as anna, routing.api("bea") as bea:
        await anna.post(f"/api/assignments/{assignment}/hand-over", json={"expert": person("bea")})
        lead = await routing.lead(request)
        assert lead
        await bea.post(f"/api/assignments/{lead['_id']}/decline", json={"reason": "no_time"})
    await routing.match()

    assert await routing.asked(request) == third


async def test_what_cannot_be_passed_on_is_refused(routing: Routing) -> None:
    _, assignment = await followed(routing)
    await routing.expert("full", capacity=0)
    path = f"/api/assignments/{assignment}/hand-over"
    async with routing.api("anna") as anna, routing.api("bea") as bea:
        assert (await anna.post(path, json={"expert": person("full")})).status_code == 409
        assert (await anna.post(path, json={"expert": person("anna")})).status_code == 409
        assert (await anna.post(path, json={"expert": person("zed")})).status_code == 409
        assert (await bea.post(path, json={"expert": person("bea")})).status_code == 404
        await routing.apply(request_event(1, 9, RequestResolved))
        assert (await anna.post(path, json={"expert": person("bea")})).status_code == 409

    assert await routing.held(person("bea")) == 0


async def test_one_request_is_assigned_kept_and_freed_again_on_its_page(routing: Routing) -> None:
    request = await two(routing)
    await routing.match()
    path = "/desk/requests/2026-000001/assign"
    async with routing.browser("carla") as browser:
        form = {"csrf_token": token_of(await browser.get(path))}
        missing = await browser.post(path, data=form)
        wish = {"expert": person("bea"), "action": "assign_and_pin", "reason": "Conosce il sito"}
        sent = await browser.post(path, data=form | wish)
        shown = await browser.get(sent.headers["location"])
        freed = await browser.post("/desk/requests/2026-000001/unpin", data=form)
        after = await browser.get(freed.headers["location"])

    assert missing.status_code == 422
    assert (sent.status_code, freed.status_code) == (303, 303)
    assert "Riservata a un solo esperto" in text_of(shown) and "Conosce il sito" in text_of(shown)
    assert "Riservata a un solo esperto" not in text_of(after)
    assert await routing.asked(request) == person("bea")
    assert (await routing.case(request))["pinned"] is None


async def test_several_requests_are_decided_by_the_api_once(routing: Routing) -> None:
    await two(routing)
    await routing.submit(2)
    await routing.submit(3, theme=OTHER)
    wish = {"requests": ["2026-000001", "2026-000002", "2026-000003", "2026-000009"], "action": "assign_and_pin",
            "expert": person("bea"), "reason": "Gruppo"}  # fmt: skip
    async with routing.api("carla") as api:
        answers = [
            await api.post("/api/routing/decisions", json=wish, headers={"Idempotency-Key": "k"}) for _ in range(2)
        ]
        freed = await api.post("/api/routing/decisions", json={"requests": ["2026-000001"], "action": "unpin"})

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    outcomes = [line["outcome"] for line in answers[0].json()["items"]]
    assert outcomes == ["assigned", "assigned", "refused", "refused"]
    assert all(line["detail"] for line in answers[0].json()["items"][2:])
    assert freed.json()["items"][0]["outcome"] == "unpinned"
    assert await routing.held(person("bea")) == 2


async def test_passing_on_by_page_asks_for_a_colleague_and_tells_what_is_not_possible(routing: Routing) -> None:
    request, assignment = await followed(routing)
    await routing.expert("full", capacity=0)
    path = f"/desk/assignments/{assignment}/hand-over"
    async with routing.browser("anna") as browser:
        form = {"csrf_token": token_of(await browser.get(f"/desk/assignments/{assignment}"))}
        nobody = await browser.post(path, data=form)
        full = await browser.post(path, data=form | {"colleague": person("full")})
        told = [await browser.get(answer.headers["location"]) for answer in (nobody, full)]
        sent = await browser.post(path, data=form | {"colleague": person("bea"), "note": "Manca un parere"})
        desk = await browser.get(sent.headers["location"])

    assert "Scegliere il collega" in text_of(told[0])
    assert "ora non può prenderla" in text_of(told[1])
    assert "Ha passato la richiesta" in text_of(desk)
    assert await routing.asked(request) == person("bea")
