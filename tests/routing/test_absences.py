"""The list of an expert's absences, and corrections of their days."""

from datetime import timedelta

import pytest

from services.chassis.mongo import Document
from tests.routing.material import MONDAY, OTHER, Routing, person

PATH = f"/api/experts/{person('anna')}/absences"
OVER, NOW, NEXT = (
    {"from": "2026-11-20", "to": "2026-11-22"},
    {"from": "2026-11-20", "to": "2026-11-23"},
    {"from": "2026-12-24", "to": "2026-12-31"},
)


async def away(routing: Routing, *absences: Document) -> str:
    """Anna is away on these days."""
    anna = await routing.expert("anna")
    await routing.grant("anna", "expert")
    async with routing.api("anna") as api:
        for days in absences:
            assert (await api.post(PATH, json=days)).status_code == 201
    return anna


async def test_absences_are_listed_that_are_not_over_and_all_if_wished(routing: Routing) -> None:
    await away(routing, NEXT, OVER, NOW)

    async with routing.api("anna") as api:
        coming = await api.get(PATH)
        everything = (await api.get(PATH, params={"past": True})).json()
        first = (await api.get(PATH, params={"past": True, "limit": 2})).json()
        rest = (await api.get(PATH, params={"past": True, "limit": 2, "cursor": first["next_cursor"]})).json()

    assert coming.json() == {"items": [NOW, NEXT], "next_cursor": None}
    assert everything == {"items": [OVER, NOW, NEXT], "next_cursor": None}
    assert first["items"] + rest["items"] == [OVER, NOW, NEXT]
    assert (len(first["items"]), rest["next_cursor"]) == (2, None)


async def test_the_day_that_decides_is_the_one_in_italy(routing: Routing) -> None:
    await away(routing, NOW)
    routing.clock.move_to(MONDAY.replace(hour=23, minute=30))

    async with routing.api("anna") as api:
        assert (await api.get(PATH)).json()["items"] == []


@pytest.mark.parametrize(
    ("name", "role", "scope", "read", "changed"),
    [
        ("bruno", "expert", None, 404, 404),
        ("carla", "coordinator", None, 200, 200),
        ("carlo", "coordinator", OTHER, 200, 403),
        ("sara", "secretariat", None, 200, 200),
    ],
)
async def test_who_reads_a_profile_reads_its_absences_and_who_directs_corrects_them(
    routing: Routing, name: str, role: str, scope: str | None, read: int, changed: int
) -> None:
    await away(routing, NEXT)
    await routing.grant(name, role, "task_force" if scope else "programme", scope)

    async with routing.api(name) as api:
        listed = await api.get(PATH)
        profile = await api.get(f"/api/experts/{person('anna')}")
        patched = await api.patch(PATH, params=NEXT, json={"to": "2027-01-02"})
        nobody = await api.get(f"/api/experts/{person('nobody')}/absences")

    assert (listed.status_code, profile.status_code, patched.status_code) == (read, read, changed)
    assert nobody.status_code == 404


async def test_the_day_that_is_sent_changes_and_the_other_stays(routing: Routing) -> None:
    await away(routing, NOW, NEXT)

    async with routing.api("anna") as api:
        longer = await api.patch(PATH, params=NEXT, json={"to": "2027-01-06"})
        nothing = await api.patch(PATH, params=NOW, json={})
        gone = await api.patch(PATH, params=NEXT, json={"to": "2027-01-07"})
        backwards = await api.patch(PATH, params=NOW, json={"from": "2026-11-24"})
        listed = (await api.get(PATH)).json()["items"]

    assert longer.json()["absences"] == [NOW, {"from": "2026-12-24", "to": "2027-01-06"}] == listed
    assert nothing.headers["ETag"] == longer.headers["ETag"]
    assert (gone.status_code, backwards.status_code) == (404, 422)
    assert backwards.json()["errors"][0]["pointer"] == "/from"


async def test_absences_that_overlap_stay_and_the_same_days_are_there_once(routing: Routing) -> None:
    await away(routing, OVER, NOW, NEXT)

    async with routing.api("anna") as api:
        overlapping = await api.patch(PATH, params=NEXT, json={"from": "2026-11-21"})
        same = await api.patch(PATH, params=OVER, json=NOW)

    longer = {"from": "2026-11-21", "to": "2026-12-31"}
    assert overlapping.json()["absences"] == [OVER, NOW, longer]
    assert same.json()["absences"] == [NOW, longer]


async def test_a_correction_of_what_changed_meanwhile_is_refused(routing: Routing) -> None:
    await away(routing, NEXT)

    async with routing.api("anna") as api:
        tag = {"If-Match": (await api.get(PATH)).headers["ETag"]}
        first = await api.patch(PATH, params=NEXT, json={"from": "2026-12-23"}, headers=tag)
        days = first.json()["absences"][0]
        late = await api.patch(PATH, params=days, json={"from": "2026-12-22"}, headers=tag)
        again = await api.patch(
            PATH, params=days, json={"from": "2026-12-22"}, headers={"If-Match": first.headers["ETag"]}
        )

    assert [answer.status_code for answer in (first, late, again)] == [200, 412, 200]


async def test_who_is_there_after_a_correction_is_asked_and_who_is_away_is_not(routing: Routing) -> None:
    week = {"from": "2026-11-23", "to": "2026-11-30"}
    later = {"from": "2027-01-01", "to": "2027-01-08"}
    anna = await away(routing, week)
    request = await routing.submit(1)
    await routing.match()
    asked = [await routing.asked(request)]

    async with routing.api("anna") as api:
        for n, (known, new) in enumerate(((week, later), (later, week)), start=1):
            await api.patch(PATH, params=known, json=new)
            routing.clock.move_to(MONDAY + timedelta(seconds=n))
            await routing.match()
            asked.append(await routing.asked(request))

    assert asked == [None, anna, None]


async def test_a_correction_sent_again_after_a_lost_answer_is_answered_as_the_first_time(routing: Routing) -> None:
    await away(routing, NEXT, NOW)

    async with routing.api("anna") as api:
        seen = {"If-Match": (await api.get(PATH)).headers["etag"]}
        answers = [await api.patch(PATH, params=NEXT, json={"to": "2027-01-06"}, headers=seen) for _ in range(2)]
        other = await api.patch(PATH, params=NEXT, json={"to": "2027-01-07"})
        unknown = await api.patch(PATH, params=OVER, json={})

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["etag"] == answers[1].headers["etag"]
    assert (other.status_code, unknown.status_code) == (404, 404)
