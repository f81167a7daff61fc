"""Who helps the lead goes on with the next one only while they may; naming the same helpers again changes nothing."""

import pytest

from services.chassis.mongo import Document
from services.routing.store import EXPERTS
from tests.routing.material import Routing, person

ASSIGN = "/api/routing/requests/2026-000001/assign"
HELPERS = [person("helper"), person("other")]


async def helped(routing: Routing) -> str:
    """Anna leads a request, accepted, with two who help; Bea could, and Carla coordinates. Returns the assignment."""
    for name in ("anna", "bea", "helper", "other"):
        await routing.expert(name)
        await routing.grant(name, "expert")
    for role in ("coordinator", "secretariat"):
        await routing.grant("carla", role)
    await routing.submit(1)
    async with routing.api("carla") as carla, routing.api("anna") as anna:
        made = await carla.post(ASSIGN, json={"expert": person("anna"), "co_experts": HELPERS})
        assert made.status_code == 201, made.text
        await anna.post(f"/api/assignments/{made.json()['id']}/accept")
    return str(made.json()["id"])


async def stopped(routing: Routing, how: str) -> None:
    """The first of those who help must not any more, or cannot."""
    if how == "gone":
        await routing.database[EXPERTS].delete_one({"_id": HELPERS[0]})
        return
    body = (await routing.database["cases"].find_one({}) or {})["body"]
    changes: dict[str, Document] = {
        "conflict": {"conflicts": {"bodies": [body], "companies": []}},
        "paused": {"paused": True},
        "left": {"active": False},
    }
    await routing.expert("helper", **changes[how])


@pytest.mark.parametrize("how", ["conflict", "paused", "left", "gone"])
@pytest.mark.parametrize("by", ["assign", "hand-over"])
async def test_who_must_not_help_any_more_is_not_carried_on_to_the_next_lead(
    routing: Routing, how: str, by: str
) -> None:
    assignment = await helped(routing)
    await stopped(routing, how)
    path = ASSIGN if by == "assign" else f"/api/assignments/{assignment}/hand-over"

    async with routing.api("carla") as api:
        answer = await api.post(path, json={"expert": person("bea")})

    assert answer.status_code in {200, 201}, answer.text
    lead = await routing.database["assignments"].find_one({"expert": person("bea")})
    assert lead
    assert (lead["co_experts"], lead["people"]) == (HELPERS[1:], [person("bea"), *HELPERS[1:]])


@pytest.mark.parametrize("named", [None, HELPERS, HELPERS[::-1], [*HELPERS, person("anna")]])
async def test_naming_the_same_helpers_again_changes_nothing_even_while_one_is_away(
    routing: Routing, named: list[str] | None
) -> None:
    assignment = await helped(routing)
    await routing.expert("helper", paused=True)

    async with routing.api("carla") as api:
        again = await api.post(ASSIGN, json={"expert": person("anna"), "co_experts": named})
        others = await api.post(ASSIGN, json={"expert": person("anna"), "co_experts": HELPERS[1:]})

    assert (again.status_code, again.json().get("id")) == (201, assignment)
    assert again.json()["co_experts"] == HELPERS
    assert others.status_code == 409


async def test_requests_that_many_help_with_go_to_another_lead_together(routing: Routing) -> None:
    numbers = [f"2026-{number:06d}" for number in (1, 2, 3)]
    for name in ("anna", "bea"):
        await routing.expert(name)
    await routing.grant("carla", "coordinator")
    async with routing.api("carla") as api:
        for number in (1, 2, 3):
            await routing.submit(number)
            helpers = [await routing.expert(f"helper-{number}-{n}") for n in range(7)]
            wish = {"expert": person("anna"), "co_experts": helpers}
            await api.post(f"/api/routing/requests/2026-{number:06d}/assign", json=wish)
        together = {"requests": numbers, "action": "assign", "expert": person("bea")}
        answer = await api.post("/api/routing/decisions", json=together)

    assert [line["outcome"] for line in answer.json()["items"]] == ["assigned"] * 3
    leads = routing.database["assignments"].find({"expert": person("bea")})
    assert [len(lead["co_experts"]) async for lead in leads] == [7, 7, 7]
