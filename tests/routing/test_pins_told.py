"""What a coordinator hears of a request that is kept for one expert: each reason once, and why nobody is asked."""

from tests.routing.material import OTHER, Routing, person
from tests.routing.test_desk_pages import text_of
from tests.routing.test_pins_and_handing_over import PIN, two


async def test_keeping_a_request_tells_again_that_nobody_can_be_asked_only_for_another_reason(routing: Routing) -> None:
    request = await two(routing)
    for name in ("anna", "bea"):
        await routing.expert(name, capacity=0)
    await routing.match()
    async with routing.api("carla") as api:
        for _ in range(3):
            await api.put(PIN, json={"expert": person("bea")})
            await routing.match()
            kept = await routing.decision(request)
            await api.delete(PIN)
            await routing.match()
            freed = await routing.decision(request)
        same = await routing.told(request)
        for name in ("anna", "bea"):
            await routing.expert(name, themes=[{"code": OTHER, "level": 3}])
        await api.put(PIN, json={"expert": person("bea")})
        await routing.match()

    assert same == ["unroutable"]
    assert await routing.told(request) == ["unroutable", "unroutable"]
    assert (kept["pinned"], freed["pinned"]) == (True, False)
    assert {"expert": person("anna"), "reason": "pinned_to_another"} in kept["vetoed"]


async def test_keeping_for_one_who_cannot_be_asked_says_why(routing: Routing) -> None:
    await two(routing)
    await routing.expert("bea", kinds=["legal"])
    decide, form = "/api/routing/decisions", "/desk/requests/2026-000001/assign"
    wish = {"requests": ["2026-000001"], "action": "pin", "expert": person("bea")}
    why = "non offre questo tipo di assistenza"
    async with routing.api("carla") as api, routing.browser("carla") as browser:
        kept = await api.put(PIN, json={"expert": person("bea")})
        several = await api.post(decide, json=wish)
        page = text_of(await browser.get(form))
        await routing.match()
        waiting = (await api.get("/api/routing/queue")).json()["items"][0]
        read = (await api.get("/api/routing/requests/2026-000001")).json()["waiting"]
        board = text_of(await browser.get("/desk/board"))
        other = await api.put(PIN, json={"expert": person("anna")})

    assert kept.json()["not_now"] == "kind_not_given"
    for text in (kept.json()["explanation"], several.json()["items"][0]["detail"], page, waiting["explanation"], board):
        assert why in text
    assert read["explanation"] == waiting["explanation"]
    assert (other.json()["not_now"], other.json()["explanation"]) == (None, "")
