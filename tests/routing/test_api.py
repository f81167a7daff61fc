"""The API: who may see and do what, profiles, lists, the queue and the explained decision."""

from typing import Any

import pytest

from tests.routing.material import OTHER, THEME, Routing, person, profile

ROUTES = [
    ("GET", "/api/experts", {"expert", "coordinator", "secretariat"}),
    ("POST", "/api/experts", {"coordinator", "secretariat"}),
    ("PATCH", f"/api/experts/{person('x')}", {"coordinator", "secretariat"}),
    ("GET", "/api/task-forces", {"expert", "coordinator", "secretariat", "monitor"}),
    ("GET", "/api/assignments", {"expert", "coordinator", "secretariat"}),
    ("POST", f"/api/assignments/{person('x')}/accept", {"expert"}),
    ("POST", f"/api/assignments/{person('x')}/decline", {"expert"}),
    ("GET", "/api/routing/queue", {"coordinator", "secretariat"}),
    ("GET", "/api/routing/requests/2026-000001", {"coordinator", "secretariat"}),
    ("POST", "/api/routing/requests/2026-000001/assign", {"coordinator", "secretariat"}),
]
ROLES = ("official", "representative", "expert", "coordinator", "secretariat", "monitor", "front_end", "service")


@pytest.mark.parametrize("role", ROLES)
async def test_only_the_roles_meant_reach_a_route(routing: Routing, role: str) -> None:
    await routing.grant(role, role)

    async with routing.api(role) as api, routing.api() as nobody:
        for method, path, roles in ROUTES:
            status = (await api.request(method, path)).status_code
            assert (status != 403) == (role in roles), f"{role} {method} {path}: {status}"
            assert (await nobody.request(method, path)).status_code == 401


async def test_an_expert_is_created_read_changed_and_told(routing: Routing) -> None:
    await routing.grant("boss", "secretariat")
    wanted = {"id": person("new"), **profile(provinces=["va"], capacity=2)}

    async with routing.api("boss") as api:
        created = await api.post("/api/experts", json=wanted, headers={"Idempotency-Key": "k"})
        again = await api.post("/api/experts", json=wanted, headers={"Idempotency-Key": "k"})
        twice = await api.post("/api/experts", json=wanted)
        read = await api.get(created.headers["location"])
        changed = await api.patch(read.url.path, json={"capacity": 3}, headers={"If-Match": read.headers["etag"]})
        lost = await api.patch(read.url.path, json={"capacity": 4}, headers={"If-Match": read.headers["etag"]})

    assert (created.status_code, again.status_code, twice.status_code) == (201, 201, 409)
    assert created.json() == again.json() == read.json()
    assert read.json()["provinces"] == ["VA"]
    assert (changed.status_code, changed.json()["capacity"], lost.status_code) == (200, 3, 412)
    assert await routing.told(person("new")) == ["availability-changed"] * 2


async def test_wrong_codes_of_a_profile_are_named_with_the_nearest_valid_ones(routing: Routing) -> None:
    await routing.grant("boss", "secretariat")
    wrong = profile(themes=[{"code": "site-remediatio", "level": 6}])
    near = profile(themes=[{"code": "site-remediatio", "level": 5}], provinces=["XX"], task_forces=["zzzzzz"])

    async with routing.api("boss") as api:
        level = await api.post("/api/experts", json={"id": person("new"), **wrong})
        codes = await api.post("/api/experts", json={"id": person("new"), **near})

    assert [error["pointer"] for error in level.json()["errors"]] == ["/themes/0/level"]
    faults = {error["pointer"]: error["detail"] for error in codes.json()["errors"]}
    assert faults.keys() == {"/themes/0/code", "/task_forces/0", "/provinces/0"}
    assert "site-remediation" in faults["/themes/0/code"]


async def test_an_expert_tells_absences_of_their_own_only(routing: Routing) -> None:
    await routing.expert("anna")
    await routing.expert("bruno")
    await routing.grant("anna", "expert")
    days = {"from": "2026-12-24", "to": "2026-12-24"}

    async with routing.api("anna") as api:
        own = [await api.post(f"/api/experts/{person('anna')}/absences", json=days) for _ in range(2)]
        other = await api.post(f"/api/experts/{person('bruno')}/absences", json=days)
        backwards = await api.post(
            f"/api/experts/{person('anna')}/absences", json={"from": "2026-12-24", "to": "2026-12-23"}
        )
        listed = (await api.get("/api/experts")).json()["items"]

    assert [answer.status_code for answer in own] == [201, 201]
    assert own[1].json()["absences"] == [days]
    assert (other.status_code, backwards.status_code) == (404, 422)
    assert [item["id"] for item in listed] == [person("anna")]


async def test_an_expert_sees_own_assignments_only(routing: Routing) -> None:
    for name in ("anna", "bruno"):
        await routing.expert(name, capacity=1)
        await routing.grant(name, "expert")
    await routing.grant("carla", "coordinator")
    for number in (1, 2):
        await routing.submit(number)
    await routing.match()

    seen: dict[str, Any] = {}
    for name in ("anna", "bruno", "carla"):
        async with routing.api(name) as api:
            seen[name] = (await api.get("/api/assignments")).json()["items"]
    async with routing.api("anna") as api:
        foreign = seen["bruno"][0]["id"]
        answers = [await api.get(f"/api/assignments/{foreign}"), await api.post(f"/api/assignments/{foreign}/accept")]
        of_bruno = (await api.get("/api/assignments", params={"expert": person("bruno")})).json()["items"]

    assert [item["expert"] for item in seen["anna"]] == [person("anna")]
    assert {item["expert"] for item in seen["carla"]} == {person("anna"), person("bruno")}
    assert [answer.status_code for answer in answers] == [404, 404]
    assert of_bruno == []


async def test_assignments_are_filtered_and_read_page_by_page(routing: Routing) -> None:
    await routing.expert("anna", capacity=9)
    await routing.grant("carla", "coordinator")
    for number in range(5):
        await routing.submit(number, province="MI" if number == 3 else "VA")
    await routing.match()

    async with routing.api("carla") as api:
        found, cursor = [], None
        while len(found) < 20:
            page = (
                await api.get("/api/assignments", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
            ).json()
            found += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        in_milan = (await api.get("/api/assignments", params={"province": "mi", "status": "offered"})).json()["items"]
        nonsense = await api.get("/api/assignments", params={"cursor": "nonsense"})

    assert len(found) == len(set(found)) == 5
    assert found == sorted(found, reverse=True)
    assert [item["number"] for item in in_milan] == ["2026-000003"]
    assert nonsense.status_code == 422


async def test_the_queue_says_in_words_why_each_request_waits(routing: Routing) -> None:
    await routing.expert("anna", capacity=0)
    await routing.grant("carla", "coordinator")
    await routing.submit(1)
    await routing.submit(2, theme=OTHER)
    await routing.submit(3, theme=None)
    await routing.match()
    await routing.submit(4, urgency="high")

    async with routing.api("carla") as api:
        first = (await api.get("/api/routing/queue", params={"limit": 3})).json()
        rest = (await api.get("/api/routing/queue", params={"limit": 3, "cursor": first["next_cursor"]})).json()

    items = [*first["items"], *rest["items"]]
    assert [(item["number"][-1], item["state"], item["reason"]) for item in items] == [
        ("4", "waiting", None),
        ("1", "unroutable", "all_vetoed"),
        ("2", "unroutable", "no_competence"),
        ("3", "unroutable", "no_theme"),
    ]
    assert all(len(item["explanation"]) > 20 for item in items)


async def test_a_decision_is_explained_in_the_readers_language(routing: Routing) -> None:
    await routing.expert("anna", provinces=["VA"])
    await routing.expert("bruno")
    away = await routing.expert("full", capacity=0)
    await routing.grant("carla", "coordinator")
    await routing.submit(1)
    await routing.match()

    async with routing.api("carla") as api:
        italian = (await api.get("/api/routing/requests/2026-000001")).json()
        english = (await api.get("/api/routing/requests/2026-000001?lang=en")).json()
        unknown = await api.get("/api/routing/requests/2026-000009")

    assert italian["assignment"]["expert"] == italian["decision"]["chosen"]["expert"] == person("anna")
    assert [entry["expert"] for entry in italian["decision"]["runners_up"]] == [person("bruno")]
    assert english["explanation"][0].startswith(f"{person('anna')} was chosen with ")
    assert f"{away} could not be asked: has no places at present." in english["explanation"]
    assert italian["explanation"][0] != english["explanation"][0]
    assert unknown.status_code == 404


async def test_a_coordinator_of_another_task_force_decides_nothing_here(routing: Routing) -> None:
    expert = await routing.expert("anna")
    await routing.grant("own", "coordinator", "task_force", THEME)
    await routing.grant("other", "coordinator", "task_force", OTHER)
    await routing.submit(1)

    for name, status in (("other", 403), ("own", 201)):
        async with routing.api(name) as api:
            answer = await api.post("/api/routing/requests/2026-000001/assign", json={"expert": expert})
            change = await api.patch(f"/api/experts/{expert}", json={"capacity": 4})
        assert answer.status_code == status
        assert (change.status_code == 403) == (status == 403)


async def test_task_forces_are_counted_without_single_persons(routing: Routing) -> None:
    await routing.expert("anna", capacity=1)
    await routing.grant("mara", "monitor")
    for number in (1, 2):
        await routing.submit(number)
    await routing.match()

    async with routing.api("mara") as api:
        answer = await api.get("/api/task-forces")

    found = {item["code"]: item for item in answer.json()["items"]}
    assert found[THEME]["name"] == "Bonifiche"
    counts = {"experts": 1, "places": 1, "in_hand": 1, "waiting": 1}
    assert {name: found[THEME][name] for name in counts} == counts
    assert person("anna") not in answer.text
