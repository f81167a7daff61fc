"""Recorded actions: kept with their earlier versions, one's own only, totals of a task force without persons."""

from typing import Any

import pytest

from services.routing.worklog import csv_of
from tests.routing.material import OTHER, THEME, Routing, person
from tests.routing.test_desk_pages import text_of, token_of
from tests.routing.test_talks import followed

ENTRY = {"day": "2026-11-23", "kind": "meeting", "minutes": 90, "note": "Con l'ufficio tecnico"}
MONTH = {"month": "2026-11"}


async def test_an_action_is_recorded_corrected_and_withdrawn_and_every_version_stays(routing: Routing) -> None:
    path = f"/api/assignments/{await followed(routing)}/actions"
    async with routing.api("anna") as api:
        made = await api.post(path, json=ENTRY, headers={"Idempotency-Key": "k"})
        again = await api.post(path, json=ENTRY, headers={"Idempotency-Key": "k"})
        one = f"{path}/{made.json()['id']}"
        fixed = await api.patch(one, json={"minutes": 60}, headers={"If-Match": made.headers["etag"]})
        lost = await api.patch(one, json={"minutes": 45}, headers={"If-Match": made.headers["etag"]})
        same = await api.patch(one, json={"minutes": 60})
        before = (await api.get(path)).json()
        gone = await api.patch(one, json={"withdrawn": True})
        after = (await api.get(path)).json()

    assert (made.status_code, again.json()) == (201, made.json())
    assert (fixed.status_code, fixed.json()["minutes"], lost.status_code) == (200, 60, 412)
    assert [version["minutes"] for version in fixed.json()["history"]] == [90]
    assert same.json() == fixed.json()
    assert (before["minutes"], after["minutes"], len(after["items"])) == (60, 0, 1)
    assert [version["minutes"] for version in gone.json()["history"]] == [90, 60]


@pytest.mark.parametrize(("day", "pointer"), [("2026-11-24", "/day"), ("2026-11-22", "/day")])
async def test_an_action_lies_between_the_offer_and_today(routing: Routing, day: str, pointer: str) -> None:
    path = f"/api/assignments/{await followed(routing)}/actions"

    async with routing.api("anna") as api:
        answer = await api.post(path, json=ENTRY | {"day": day})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_day_has_24_hours_whatever_they_went_to(routing: Routing) -> None:
    path = f"/api/assignments/{await followed(routing)}/actions"
    async with routing.api("anna") as api:
        long = await api.post(path, json=ENTRY | {"minutes": 1400}, headers={"Idempotency-Key": "k"})
        more = await api.post(path, json=ENTRY | {"minutes": 41})
        again = await api.post(path, json=ENTRY | {"minutes": 1400}, headers={"Idempotency-Key": "k"})
        short = await api.post(path, json=ENTRY | {"minutes": 40})
        one = f"{path}/{short.json()['id']}"
        too_long = await api.patch(one, json={"minutes": 41})
        fits = await api.patch(one, json={"minutes": 39})
        gone = await api.patch(f"{path}/{long.json()['id']}", json={"withdrawn": True})
        freed = await api.patch(one, json={"minutes": 1440})

    made = [answer.status_code for answer in (long, more, again, short, too_long, fits, gone, freed)]
    assert made == [201, 422, 201, 201, 422, 200, 200, 200]
    assert [error["pointer"] for error in (*more.json()["errors"], *too_long.json()["errors"])] == ["/minutes"] * 2


async def test_single_persons_see_their_own_hours_and_coordinators_their_task_force(routing: Routing) -> None:
    path = f"/api/assignments/{await followed(routing)}/actions"
    await routing.grant("bruno", "expert")
    await routing.grant("own", "coordinator", "task_force", THEME)
    await routing.grant("other", "coordinator", "task_force", OTHER)
    async with routing.api("anna") as api:
        action = (await api.post(path, json=ENTRY)).json()["id"]
        await api.post(path, json=ENTRY | {"kind": "call", "minutes": 15})
        hours = (await api.get(f"/api/experts/{person('anna')}/hours", params=MONTH)).json()
        nothing = (await api.get(f"/api/experts/{person('anna')}/hours", params={"month": "2026-10"})).json()

    seen: dict[str, list[int]] = {}
    totals: dict[str, Any] = {}
    for name in ("bruno", "own", "other"):
        async with routing.api(name) as api:
            answers = [
                await api.get(path),
                await api.get(f"/api/experts/{person('anna')}/hours", params=MONTH),
                await api.patch(f"{path}/{action}", json={"minutes": 1}),
            ]
            seen[name] = [answer.status_code for answer in answers]
            totals[name] = await api.get(f"/api/task-forces/{THEME}/hours", params=MONTH)

    assert (hours["minutes"], nothing["minutes"]) == (105, 0)
    assert hours["items"] == [{"number": "2026-000001", "minutes": 105}]
    assert seen == {"bruno": [404, 404, 404], "own": [200, 403, 403], "other": [403, 403, 403]}
    assert [totals[name].status_code for name in ("bruno", "own", "other")] == [403, 200, 403]
    told = totals["own"].json()
    assert told["minutes"] == 105
    assert [(part["code"], part["minutes"]) for part in told["kinds"]] == [("meeting", 90), ("call", 15)]
    assert [(part["code"], part["actions"]) for part in told["requests"]] == [("2026-000001", 2)]
    assert person("anna") not in totals["own"].text


async def test_own_hours_leave_as_a_table_in_which_nothing_is_a_formula(routing: Routing) -> None:
    path = f"/api/assignments/{await followed(routing)}/actions"
    span = {"from": "2026-10", "to": "2026-12"}
    async with routing.api("anna") as api:
        await api.post(path, json=ENTRY | {"note": '=HYPERLINK("x")'})
        gone = (await api.post(path, json=ENTRY | {"note": "sbagliata"})).json()["id"]
        await api.patch(f"{path}/{gone}", json={"withdrawn": True})
        table = await api.get(f"/api/experts/{person('anna')}/hours.csv", params=span)
        backwards = await api.get(
            f"/api/experts/{person('anna')}/hours.csv", params={"from": "2026-12", "to": "2026-10"}
        )

    lines = table.text.splitlines()
    assert table.headers["content-type"].startswith("text/csv")
    assert len(lines) == 2
    assert """'=HYPERLINK(""x"")""" in lines[1]
    assert backwards.status_code == 422
    assert csv_of([]).startswith("day,number,task_force,kind,minutes,note")


async def test_nothing_is_recorded_for_a_request_that_was_not_accepted(routing: Routing) -> None:
    await routing.expert("anna", provinces=["VA"])
    await routing.grant("anna", "expert")
    request = await routing.submit(1)
    await routing.match()
    lead = await routing.lead(request)
    assert lead

    async with routing.api("anna") as api:
        answer = await api.post(f"/api/assignments/{lead['_id']}/actions", json=ENTRY)

    assert answer.status_code == 409


async def test_actions_are_written_and_corrected_on_a_page(routing: Routing) -> None:
    assignment = await followed(routing)
    path = f"/desk/assignments/{assignment}/actions"
    async with routing.browser("anna") as browser:
        page = await browser.get(path)
        token = {"csrf_token": token_of(page)}
        wrong = await browser.post(path, data=token | {"day": "2026-11-24", "kind": "call", "minutes": "30"})
        made = await browser.post(
            path, data=token | {"day": "2026-11-23", "kind": "call", "minutes": "30", "note": "a"}
        )
        row = await routing.database["actions"].find_one({})
        assert row
        edit = await browser.get(f"{path}?edit={row['_id']}")
        change = {"day": "2026-11-23", "kind": "call", "minutes": "40", "note": "", "version": "1"}
        fixed = await browser.post(f"{path}/{row['_id']}", data=token | change)
        late = await browser.post(f"{path}/{row['_id']}", data=token | change | {"minutes": "50"})
        listed = await browser.get(path)
        hours = await browser.get("/desk/hours?month=2026-11")
        table = await browser.get("/desk/hours.csv?month=2026-11")

    assert (wrong.status_code, made.status_code, fixed.status_code, late.status_code) == (422, 303, 303, 422)
    assert "Il giorno non è ancora arrivato." in text_of(wrong)
    assert 'value="30"' in edit.text and "Salvare la correzione" in text_of(edit)
    assert "In totale: 40 minuti" in text_of(listed) and "Versioni precedenti" in text_of(listed)
    assert "Le mie ore: novembre 2026" in text_of(hours)
    assert "2026-11-23,2026-000001" in table.text


async def test_coordinators_see_the_hours_of_their_task_force_on_a_page(routing: Routing) -> None:
    path = f"/api/assignments/{await followed(routing)}/actions"
    await routing.grant("own", "coordinator", "task_force", THEME)
    async with routing.api("anna") as api:
        await api.post(path, json=ENTRY)

    async with routing.browser("own") as browser:
        page = await browser.get(f"/desk/task-forces/{THEME}/hours?month=2026-11")
        other = await browser.get(f"/desk/task-forces/{OTHER}/hours")

    assert "In totale: 1 ora 30 minuti" in text_of(page)
    assert (page.status_code, other.status_code) == (200, 403)


async def test_who_helps_the_lead_records_and_sees_their_own_entries_only(routing: Routing) -> None:
    await routing.expert("anna", provinces=["VA"])
    bruno = await routing.expert("bruno", task_forces=[OTHER], themes=[{"code": OTHER, "level": 3}])
    for name in ("anna", "bruno"):
        await routing.grant(name, "expert")
    await routing.grant("carla", "coordinator")
    await routing.submit(1)
    async with routing.api("carla") as carla, routing.api("anna") as anna, routing.api("bruno") as helper:
        wish = {"expert": person("anna"), "co_experts": [bruno]}
        id = (await carla.post("/api/routing/requests/2026-000001/assign", json=wish)).json()["id"]
        await anna.post(f"/api/assignments/{id}/accept")
        path = f"/api/assignments/{id}/actions"
        for api, minutes in ((anna, 30), (helper, 20)):
            assert (await api.post(path, json=ENTRY | {"minutes": minutes})).status_code == 201
        seen = [(await api.get(path)).json()["minutes"] for api in (anna, helper, carla)]
    async with routing.browser("bruno") as browser:
        desk = await browser.get("/desk")

    assert seen == [30, 20, 50]
    assert "collabora con chi la segue" in text_of(desk)
