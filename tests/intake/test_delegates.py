"""The officials of a body: let in and out by its representative alone, for a period, as many as it wants."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.envelope import new_id
from services.chassis.access import identity
from tests.intake.conftest import ADMIN_KEY, SARONNO, VARESE, Town, published

DELEGATES = f"/api/bodies/{SARONNO}/delegates"


async def representative(town: Town, body: str = SARONNO) -> str:
    return (await town.person({"role": "representative", "scope_kind": "body", "scope": body}))[1]


def form(**fields: Any) -> dict[str, Any]:
    return {"name": "Luca Verdi", "email": f"luca.{new_id()[-12:]}@comune.example"} | fields


def later(town: Town, **span: float) -> str:
    at: datetime = town.service.clock.now() + timedelta(**span)
    return at.isoformat()


async def listed(town: Town, key: str, id: str, query: str = "?limit=200") -> dict[str, Any] | None:
    found = (await town.call("GET", DELEGATES + query, key)).json()["items"]
    return next((item for item in found if item["id"] == id), None)


async def test_only_the_representative_lets_officials_in_and_out(town: Town) -> None:
    mayor, (_, official) = await representative(town), await town.official(SARONNO)
    other = await representative(town, VARESE)
    id = (await town.call("POST", DELEGATES, mayor, json=form())).json()["id"]

    for key in (ADMIN_KEY, official, other):
        answers = [
            await town.call("POST", DELEGATES, key, json=form()),
            await town.call("PATCH", f"{DELEGATES}/{id}", key, json={"end": later(town, days=1)}),
            await town.call("DELETE", f"{DELEGATES}/{id}", key),
        ]
        assert [answer.status_code for answer in answers] == [403, 403, 403]

    assert await listed(town, mayor, id) is not None
    assert await listed(town, ADMIN_KEY, id) is not None


async def test_an_official_has_access_from_the_start_until_the_end_and_not_a_moment_longer(town, eventually) -> None:
    mayor, (id, key) = await representative(town), await town.person()
    known = (await town.call("GET", f"/api/persons/{id}")).json()

    async def lets_in() -> bool:
        return bool((await town.call("GET", "/api/requests", key)).status_code == 200)

    period = {"start": later(town, seconds=1.5), "end": later(town, seconds=4)}
    added = await town.call("POST", DELEGATES, mayor, json=form(email=known["email"], name=known["name"], **period))
    planned = await listed(town, mayor, id)
    town.service.principals.forget()
    before = await lets_in()
    await eventually(lets_in)

    async def shut_out() -> bool:
        return not await lets_in()

    await eventually(shut_out)

    assert added.json()["id"] == id
    assert planned is not None and planned["state"] == "planned"
    assert before is False
    assert town.service.clock.now() >= datetime.fromisoformat(period["end"])
    ended = await listed(town, mayor, id, "?ended=true&limit=200")
    assert await listed(town, mayor, id) is None
    assert ended is not None and ended["state"] == "ended"


async def test_an_end_is_set_later_moved_and_taken_back_but_never_into_the_past(town: Town) -> None:
    mayor = await representative(town)
    id = (await town.call("POST", DELEGATES, mayor, json=form())).json()["id"]
    place, day = f"{DELEGATES}/{id}", later(town, days=30)

    first = await town.call("PATCH", place, mayor, json={"end": day})
    set_then = await listed(town, mayor, id)
    past = await town.call("PATCH", place, mayor, json={"end": later(town, days=-1)})
    back = await town.call("PATCH", place, mayor, json={"end": None})
    unset = await listed(town, mayor, id)

    assert (first.status_code, past.status_code, back.status_code) == (200, 422, 200)
    assert past.json()["errors"][0]["pointer"] == "/end"
    assert set_then is not None and datetime.fromisoformat(set_then["end"]) == datetime.fromisoformat(day)
    assert unset is not None and unset["end"] is None
    assert len(await published(town, id)) == 3
    assert (await town.call("PATCH", f"{DELEGATES}/{new_id()}", mayor, json={"end": None})).status_code == 404


async def test_an_end_before_the_start_is_refused(town: Town) -> None:
    mayor = await representative(town)

    answer = await town.call("POST", DELEGATES, mayor, json=form(start=later(town, days=9), end=later(town, days=8)))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/end"


async def test_there_is_no_limit_to_the_number_and_the_list_has_pages(town: Town) -> None:
    mayor = await representative(town, VARESE)
    path = f"/api/bodies/{VARESE}/delegates"
    added = {(await town.call("POST", path, mayor, json=form())).json()["id"] for _ in range(120)}

    seen, cursor = [], ""
    while cursor is not None:
        page = (await town.call("GET", f"{path}?limit=50{cursor and '&cursor=' + cursor}", mayor)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert added <= set(seen)
    assert len(seen) == len(set(seen))


async def test_an_official_let_in_again_keeps_the_start_and_gets_the_new_end(town: Town) -> None:
    mayor, person = await representative(town), form()
    id = (await town.call("POST", DELEGATES, mayor, json=person)).json()["id"]
    since = (await listed(town, mayor, id) or {})["since"]

    again = await town.call("POST", DELEGATES, mayor, json=person | {"end": later(town, days=5)})
    same = await town.call("POST", DELEGATES, mayor, json=person | {"end": later(town, days=5)})

    assert again.json()["id"] == same.json()["id"] == id
    now = await listed(town, mayor, id)
    assert now is not None and now["since"] == since and now["end"] is not None
    grants = (await town.call("GET", f"/api/persons/{id}")).json()["grants"]
    assert len(grants) == 1


async def test_who_is_known_by_identity_and_name_is_found_again_whatever_address_is_given(town: Town) -> None:
    subject = f"CF{new_id()}"
    id, _ = await town.official(VARESE, name="Èlena De Ròssi", identities=[{"subject": subject}])
    mayor = await representative(town)
    same = form(name="de rossi elena", identities=[{"subject": subject}])

    found = await town.call("POST", DELEGATES, mayor, json=same)
    other = await town.call("POST", DELEGATES, mayor, json=same | {"name": "Mario Bruni"})

    assert found.json()["id"] == id
    assert other.status_code == 409
    state = (await published(town, id))[-1]["data"]["state"]
    assert {grant["scope"] for grant in state["grants"]} == {VARESE, SARONNO}
    assert identity("https://login.example", subject) in state["credentials"]


async def test_the_same_key_lets_one_official_in_once(town: Town) -> None:
    mayor, person = await representative(town), form()
    key = {"Idempotency-Key": new_id()}

    first = await town.call("POST", DELEGATES, mayor, json=person, headers=key)
    second = await town.call("POST", DELEGATES, mayor, json=person, headers=key)

    assert first.json() == second.json()
    assert len(await published(town, first.json()["id"])) == 1


@pytest.mark.parametrize("field", ["id", "grants", "api_keys_sha256"])
async def test_a_representative_sets_nothing_but_the_person_and_the_period(town: Town, field: str) -> None:
    mayor = await representative(town)

    answer = await town.call("POST", DELEGATES, mayor, json=form() | {field: []})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


async def test_what_the_representative_gives_changes_and_ends_is_told_as_such_and_nothing_else_is(town: Town) -> None:
    mayor = await representative(town)
    id = (await town.call("POST", DELEGATES, mayor, json=form())).json()["id"]
    await town.call("PATCH", f"{DELEGATES}/{id}", mayor, json={"end": later(town, days=30)})
    await town.call("DELETE", f"{DELEGATES}/{id}", mayor)
    other, _ = await town.official(SARONNO)
    await town.call("POST", f"/api/persons/{other}/revocation", json={"role": "official", "scope": SARONNO})

    events, others = await published(town, id), await published(town, other)

    assert [event["data"]["delegation"]["scope"] for event in events] == [SARONNO] * 3
    assert [event["data"]["delegation"] for event in events] == [
        event["data"]["state"]["grants"][-1] for event in events
    ]
    assert events[0]["data"]["delegation"]["end"] is None and events[2]["type"] == "affianca.access.revoked.v1"
    assert len(others) == 2 and not any("delegation" in event["data"] for event in others)


async def test_who_gave_changed_or_ended_a_right_is_told(town: Town) -> None:
    mayor, key = await town.person({"role": "representative", "scope_kind": "body", "scope": SARONNO})
    id = (await town.call("POST", DELEGATES, key, json=form())).json()["id"]
    await town.call("PATCH", f"{DELEGATES}/{id}", key, json={"end": later(town, days=30)})
    await town.call("DELETE", f"{DELEGATES}/{id}", key)
    await town.call(
        "PUT",
        f"/api/persons/{id}",
        json={"name": "Luca Verdi", "grants": [{"role": "expert", "scope_kind": "programme"}]},
    )
    await town.call("POST", f"/api/persons/{id}/revocation", json={"role": "expert"})
    await town.call("DELETE", f"/api/persons/{id}")

    authors = [event["data"]["by"] for event in await published(town, id)]

    assert authors == [mayor] * 3 + ["00000000-0000-7000-8000-000000000001"] * 3


async def test_whom_the_secretariat_names_representative_hears_it_once_for_each_body_and_period(town: Town) -> None:
    of_two = [{"role": "representative", "scope_kind": "body", "scope": body} for body in (SARONNO, VARESE)]
    person: dict[str, Any] = {"name": "Ada Neri", "email": f"ada.{new_id()[-12:]}@comune.example"}
    id = (await town.call("POST", "/api/persons", json=person | {"grants": of_two})).json()["id"]

    async def replaced(*grants: dict[str, Any]) -> None:
        assert (await town.call("PUT", f"/api/persons/{id}", json=person | {"grants": grants})).status_code == 200

    await replaced(*of_two)
    await replaced(of_two[0], {**of_two[1], "end": later(town, days=30)})
    await replaced({"role": "official", "scope_kind": "body", "scope": VARESE}, of_two[0])
    await town.call("POST", f"/api/persons/{id}/revocation", json={"role": "representative", "scope": SARONNO})

    told = [event["data"].get("delegation", {}).get("scope") for event in await published(town, id)]
    assert told == [SARONNO, VARESE, None, VARESE, VARESE, SARONNO]
    assert [event["type"].split(".")[2] for event in await published(town, id)] == ["granted"] * 4 + ["revoked"] * 2
    assert [event["sequence"] for event in await published(town, id)] == [1, 2, 3, 4, 5, 6]
    assert (await town.call("GET", f"/api/persons/{id}")).json()["grants"][1]["end"] is not None


async def test_an_end_to_the_microsecond_sent_again_changes_and_tells_nothing(town: Town) -> None:
    tail = "T00:00:00.999999+00:00"
    period = {"start": later(town, days=3)[:10] + tail, "end": later(town, days=9)[:10] + tail}
    grant = {"role": "representative", "scope_kind": "body", "scope": SARONNO, **period}
    named: dict[str, Any] = {"name": "Ada Neri", "email": f"ada.{new_id()[-12:]}@comune.example", "grants": [grant]}
    id, mayor, person = new_id(), await representative(town), form(**period)
    for _ in range(3):
        await town.call("PUT", f"/api/persons/{id}", json=named)
        official = (await town.call("POST", DELEGATES, mayor, json=person)).json()["id"]
    for _ in range(2):
        await town.call("PATCH", f"{DELEGATES}/{official}", mayor, json={"end": later(town, days=20)[:10] + tail})

    assert ["delegation" in event["data"] for event in await published(town, id)] == [True, False, False]
    assert len(await published(town, official)) == 2


async def test_a_representative_whom_a_person_replaced_no_longer_names_is_told_as_by_a_revocation(town: Town) -> None:
    of_two = [{"role": "representative", "scope_kind": "body", "scope": body} for body in (SARONNO, VARESE)]
    person: dict[str, Any] = {"name": "Ada Neri", "email": f"ada.{new_id()[-12:]}@comune.example"}
    id = (await town.call("POST", "/api/persons", json=person | {"grants": of_two})).json()["id"]
    for grants in ([], [], [of_two[0]], [of_two[1]]):
        assert (await town.call("PUT", f"/api/persons/{id}", json=person | {"grants": grants})).status_code == 200

    events = (await published(town, id))[2:]

    assert [(event["type"].split(".")[2], event["data"].get("delegation", {}).get("scope")) for event in events] == [
        ("revoked", SARONNO), ("revoked", VARESE), ("granted", None), ("granted", SARONNO),
        ("revoked", SARONNO), ("granted", VARESE),
    ]  # fmt: skip
    for event in (events[0], events[1], events[4]):
        assert datetime.fromisoformat(event["data"]["delegation"]["end"]) <= datetime.fromisoformat(event["time"])
        assert event["data"]["delegation"] not in event["data"]["state"]["grants"]
    assert [len(event["data"]["state"]["grants"]) for event in events] == [0, 0, 0, 1, 1, 1]
