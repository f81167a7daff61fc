"""A number about which nothing can be done is told, neither passed over nor called done."""

from contracts.requests import RequestWithdrawn
from tests.routing.material import Routing, person, request_event
from tests.routing.test_desk_pages import text_of
from tests.routing.test_pins_and_handing_over import PIN, two

DECISIONS, MOVES = "/api/routing/decisions", "/api/routing/reassignments"


async def test_a_preview_names_the_numbers_that_are_not_with_the_expert(routing: Routing) -> None:
    await two(routing)
    await routing.match()
    foreign = ["2026-000009"]
    async with routing.api("carla") as api, routing.browser("carla") as browser:
        wish = {"expert": person("anna"), "requests": ["2026-000001", *foreign]}
        some = await api.post(MOVES, json=wish)
        page = await browser.get(f"/desk/reassignments/{some.json()['id']}")
        none = await api.post(MOVES, json=wish | {"requests": foreign})
        all_of_them = await api.post(MOVES, json={"expert": person("anna")})

    assert [item["number"] for item in some.json()["items"]] == ["2026-000001"]
    assert (some.json()["not_theirs"], all_of_them.json()["not_theirs"]) == (foreign, [])
    assert "2026-000009" in text_of(page)
    assert none.status_code == 422
    assert none.json()["errors"][0]["pointer"] == "/requests"


async def test_freeing_what_is_not_kept_or_is_over_says_so(routing: Routing) -> None:
    await two(routing)
    await routing.submit(2)
    await routing.submit(3)
    wish = {"requests": [f"2026-00000{number}" for number in (1, 2, 3)], "action": "unpin"}
    async with routing.api("carla") as api:
        for number in (1, 3):
            assert (await api.put(PIN.replace("000001", f"00000{number}"), json={"expert": person("bea")})).is_success
        await routing.apply(request_event(3, 2, RequestWithdrawn))
        told = (await api.post(DECISIONS, json=wish, headers={"Accept-Language": "it"})).json()["items"]

    assert [line["outcome"] for line in told] == ["unpinned", "unchanged", "unchanged"]
    assert [line["detail"] for line in told] == ["", "Non era riservata a nessuno.", "La richiesta è conclusa."]
