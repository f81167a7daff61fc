"""Whom a representative means: somebody known by identity or address and name, never guessed, or somebody new, once."""

import asyncio

from contracts.envelope import new_id
from tests.intake.conftest import Town, published
from tests.intake.test_delegates import DELEGATES, form, listed, representative


async def test_colleagues_who_share_an_address_are_told_apart_by_their_names(town: Town) -> None:
    shared, mayor = f"ufficio.{new_id()[-12:]}@comune.example", await representative(town)
    anna, _ = await town.person(name="Anna Bianchi", email=shared)
    carla, _ = await town.person(name="Carla Neri", email=shared)

    found = await town.call("POST", DELEGATES, mayor, json=form(name="neri carla", email=shared))
    added = await town.call("POST", DELEGATES, mayor, json=form(name="Dario Rossi", email=shared))
    again = await town.call("POST", DELEGATES, mayor, json=form(name="Dario Rossi", email=shared))

    assert found.json()["id"] == carla
    assert added.status_code == 201 and added.json()["id"] not in (anna, carla)
    assert again.json()["id"] == added.json()["id"]
    assert (await listed(town, mayor, added.json()["id"]) or {})["name"] == "Dario Rossi"
    assert await listed(town, mayor, anna) is None


async def test_of_several_persons_with_one_name_and_address_none_is_guessed(town: Town) -> None:
    shared, mayor = f"ufficio.{new_id()[-12:]}@comune.example", await representative(town)
    people = [(await town.person(name="Anna Bianchi", email=shared))[0] for _ in range(2)]

    refused = await town.call("POST", DELEGATES, mayor, json=form(name="Anna Bianchi", email=shared))

    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "person-ambiguous")
    assert [await listed(town, mayor, id) for id in people] == [None, None]


async def test_nobody_gets_a_second_identity_from_whoever_lets_them_in(town: Town) -> None:
    mayor, email = await representative(town), f"anna.{new_id()[-12:]}@comune.example"
    id, _ = await town.person({"role": "coordinator", "scope_kind": "programme"}, email=email)
    mine = form(name="Anna Bianchi", email=email, identities=[{"subject": f"CF{new_id()}"}])

    refused = await town.call("POST", DELEGATES, mayor, json=mine)

    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "identity-unknown")
    assert await listed(town, mayor, id) is None
    assert len(await published(town, id)) == 1


async def test_one_official_let_in_twice_at_once_is_one_person(town: Town) -> None:
    mayor, identities = await representative(town), [{"subject": f"CF{new_id()}"}]
    forms = [form(identities=identities), form(identities=identities)]

    answers = await asyncio.gather(*(town.call("POST", DELEGATES, mayor, json=each) for each in forms))

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]


async def test_who_was_erased_and_is_let_in_again_is_somebody_new(town: Town) -> None:
    mayor, person = await representative(town), form(identities=[{"subject": f"CF{new_id()}"}])
    id = (await town.call("POST", DELEGATES, mayor, json=person)).json()["id"]
    assert (await town.call("DELETE", f"/api/persons/{id}")).status_code == 204

    again = await town.call("POST", DELEGATES, mayor, json=person)

    assert again.status_code == 201
    assert again.json()["id"] != id
    assert (await town.call("GET", f"/api/persons/{id}")).status_code == 404
