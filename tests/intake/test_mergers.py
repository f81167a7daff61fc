"""Comuni that merged: asked in their name one hears of the successor, which carries on with their requests."""

import pytest

from services.chassis.auth import Caller
from services.intake.pages.new import bodies_of
from tests.contracts.test_succession import grant
from tests.intake.conftest import SARONNO, VARESE, Town, a_request

RONAGO, UGGIATE_CON_RONAGO, LIRIO, MONTALTO = "013199", "013256", "018082", "018094"
PDF = {"protocol": ("protocollo.pdf", b"%PDF-1.7 signed", "application/pdf")}


async def old_request(town: Town, body: str, name: str) -> str:
    """A request that a body sent before it ended."""
    number = str((await town.submitted(body=VARESE))["number"])
    change = {"$set": {"body": body, "body_name": name}, "$inc": {"version": 1}}
    await town.service.database["requests"].update_one({"number": number}, change)
    return number


@pytest.mark.parametrize(
    ("ended", "heir", "name"),
    [
        (RONAGO, UGGIATE_CON_RONAGO, "Uggiate con Ronago"),
        ("013228", UGGIATE_CON_RONAGO, "Uggiate con Ronago"),
        ("018002", "018026", "Campospinoso Albaredo"),
        (LIRIO, MONTALTO, "Montalto Pavese"),
    ],
)
async def test_whoever_asks_in_the_name_of_an_ended_body_hears_of_its_successor(town: Town, ended, heir, name) -> None:
    request = await town.call("POST", "/api/requests", json=a_request(body=ended))
    registration = await town.call("POST", f"/api/bodies/{ended}/registration", files=PDF)

    assert (request.status_code, registration.status_code) == (422, 409)
    for answer in (request, registration):
        assert name in answer.json()["detail"]
        assert answer.json()["successor"] == heir
    assert request.json()["nearest"] == [heir]


async def test_the_successor_s_people_read_and_work_on_the_ended_body_s_requests(town: Town) -> None:
    number = await old_request(town, RONAGO, "Ronago")
    _, official = await town.official(UGGIATE_CON_RONAGO)
    _, stranger = await town.official(SARONNO)

    read = await town.call("GET", f"/api/requests/{number}", official)
    listed = (await town.call("GET", f"/api/requests?body={RONAGO}", official)).json()["items"]
    said = await town.call("POST", f"/api/requests/{number}/messages", official, json={"text": "Subentriamo noi."})

    assert read.json()["body_name"] == "Ronago"
    assert number in [item["number"] for item in listed]
    assert said.status_code == 201
    assert (await town.call("GET", f"/api/requests/{number}", stranger)).status_code == 404


async def test_who_acts_for_the_ended_body_alone_does_not_see_the_successor_s_requests(town: Town) -> None:
    number = await old_request(town, MONTALTO, "Montalto Pavese")
    _, official = await town.official(LIRIO)

    assert (await town.call("GET", f"/api/requests/{number}", official)).status_code == 404


async def test_the_register_shows_validity_and_lineage_in_both_directions(town: Town) -> None:
    ended = (await town.call("GET", f"/api/bodies/{RONAGO}")).json()
    new = (await town.call("GET", "/api/bodies/c_m435")).json()
    found = (await town.call("GET", "/api/bodies?q=ronago&province=CO")).json()["items"]

    assert (ended["valid_to"], ended["in_force"], ended["successor"]) == ("2023-12-31", False, UGGIATE_CON_RONAGO)
    assert (new["code"], new["valid_from"], new["in_force"]) == (UGGIATE_CON_RONAGO, "2024-01-01", True)
    assert new["predecessors"] == [RONAGO, "013228"]
    assert [item["code"] for item in found] == [RONAGO, UGGIATE_CON_RONAGO]


async def test_nobody_is_let_in_for_an_ended_body_but_its_last_officials_can_be_let_out(town: Town) -> None:
    left, official = await town.official(LIRIO)
    _, mayor = await town.person({"role": "representative", "scope_kind": "body", "scope": MONTALTO})
    form = {"name": "Luca Verdi", "email": "luca@comune.example"}

    added = await town.call("POST", f"/api/bodies/{LIRIO}/delegates", mayor, json=form)
    removed = await town.call("DELETE", f"/api/bodies/{LIRIO}/delegates/{left}", mayor)

    town.service.principals.forget()
    assert (added.status_code, added.json()["successor"]) == (409, MONTALTO)
    assert removed.status_code == 204
    assert (await town.call("GET", "/api/requests", official)).status_code == 403


async def test_the_form_offers_bodies_in_force_and_an_ended_one_only_where_there_is_no_other(town: Town) -> None:
    day = town.service.clock.now().date()

    both = bodies_of(Caller("x", (grant(RONAGO), grant(UGGIATE_CON_RONAGO))), day)
    only = bodies_of(Caller("x", (grant(RONAGO),)), day)

    assert both == [(UGGIATE_CON_RONAGO, "Uggiate con Ronago")]
    assert only == [(RONAGO, "Ronago")]
