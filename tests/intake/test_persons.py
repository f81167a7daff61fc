"""Persons and what they may do: written with its event, in force at once, and gone when erased."""

from typing import Any

import pytest

from contracts.envelope import new_id
from services.chassis.access import identity
from tests.intake.conftest import ADMIN_KEY, SERVICE_KEY, VARESE, Town, a_request, published

OFFICIAL = {"role": "official", "scope_kind": "body", "scope": VARESE}


async def _forgotten(town: Town) -> None:
    """What the service remembers of principals for two seconds is looked up again."""
    town.service.principals.forget()


async def test_a_person_may_act_as_soon_as_they_are_created(town: Town) -> None:
    id, key = await town.person(OFFICIAL)

    answer = await town.call("GET", "/api/requests", key)

    assert answer.status_code == 200
    [event] = await published(town, id)
    assert event["type"] == "affianca.access.granted.v1"
    assert event["data"]["state"]["grants"][0]["role"] == "official"
    assert "Bianchi" not in str(event)
    assert "@" not in str(event)


async def test_the_identity_of_a_person_is_stored_as_a_digest(town: Town) -> None:
    id, _ = await town.person(
        OFFICIAL, identities=[{"subject": "anna"}, {"subject": "a", "issuer": "https://x.example"}]
    )

    [event] = await published(town, id)

    credentials = event["data"]["state"]["credentials"]
    assert identity("https://login.example", "anna") in credentials
    assert identity("https://x.example", "a") in credentials


async def test_a_revoked_role_ends_and_leaves_its_trace(town: Town) -> None:
    id, key = await town.person(OFFICIAL)

    answer = await town.call("POST", f"/api/persons/{id}/revocation", json={"role": "official", "scope": VARESE})

    await _forgotten(town)
    assert answer.status_code == 200
    assert (await town.call("GET", "/api/requests", key)).status_code == 403
    events = await published(town, id)
    assert events[-1]["type"] == "affianca.access.revoked.v1"
    assert events[-1]["data"]["state"]["grants"][0]["end"] is not None
    again = await town.call("POST", f"/api/persons/{id}/revocation", json={"role": "official", "scope": VARESE})
    assert again.status_code == 404


async def test_a_replaced_person_has_only_what_the_new_form_says(town: Town) -> None:
    id, key = await town.person(OFFICIAL)
    form = {"name": "Anna Neri", "email": None, "grants": [{"role": "monitor", "scope_kind": "programme"}]}

    answer = await town.call("PUT", f"/api/persons/{id}", json=form)

    await _forgotten(town)
    assert answer.json()["name"] == "Anna Neri"
    assert (await town.call("GET", "/api/requests", key)).status_code == 401
    assert [event["sequence"] for event in await published(town, id)] == [1, 2]


async def test_erasing_a_person_removes_names_keys_and_is_told(town: Town) -> None:
    id, key = await town.person(OFFICIAL)
    request = (await town.call("POST", "/api/requests", key, json=a_request())).json()

    answers = [await town.call("DELETE", f"/api/persons/{id}") for _ in range(2)]

    await _forgotten(town)
    assert [answer.status_code for answer in answers] == [204, 204]
    assert (await town.call("GET", "/api/requests", key)).status_code == 401
    assert (await town.call("GET", f"/api/persons?ids={id}", SERVICE_KEY)).json()["items"] == []
    stored = await town.service.database["persons"].find_one({"_id": id})
    assert "Bianchi" not in str(stored)
    assert "@" not in str(stored)
    types = [event["type"] for event in await published(town, id)]
    assert types == ["affianca.access.granted.v1", "affianca.access.person-erased.v1"]
    read = (await town.call("GET", f"/api/requests/{request['number']}")).json()
    assert read["requester"] == id


async def test_names_are_read_in_batches_by_services_and_by_nobody_else(town: Town) -> None:
    (first, _), (second, key) = await town.official(), await town.official()

    answer = await town.call("GET", f"/api/persons?ids={second},{first},{new_id()}", SERVICE_KEY)

    assert [item["id"] for item in answer.json()["items"]] == [second, first]
    assert set(answer.json()["items"][0]) == {"id", "name", "email", "language", "undeliverable_since"}
    assert (await town.call("GET", f"/api/persons?ids={first}", key)).status_code == 403


async def test_a_credential_belongs_to_one_person(town: Town) -> None:
    await town.person(OFFICIAL, identities=[{"subject": "one-person"}])
    form = {"name": "Altro", "identities": [{"subject": "one-person"}]}

    answer = await town.call("POST", "/api/persons", json=form)

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("credential-taken")


@pytest.mark.parametrize(
    ("grant", "pointer"),
    [
        ({"role": "official", "scope_kind": "programme"}, "/grants/0/scope_kind"),
        ({"role": "secretariat", "scope_kind": "body", "scope": VARESE}, "/grants/0/scope_kind"),
        ({"role": "official", "scope_kind": "body", "scope": "999999"}, "/grants/0/scope"),
        ({"role": "official", "scope_kind": "body"}, "/grants/0/scope"),
        ({"role": "expert", "scope_kind": "task_force", "scope": "magic"}, "/grants/0/scope"),
        ({"role": "king", "scope_kind": "programme"}, "/grants/0/role"),
        ({**OFFICIAL, "start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}, "/grants/0/end"),
        ({**OFFICIAL, "start": "2026-01-02T00:00:00"}, "/grants/0/start"),
    ],
)
async def test_a_role_is_bound_to_what_it_can_be_bound_to(town: Town, grant: dict[str, Any], pointer: str) -> None:
    answer = await town.call("POST", "/api/persons", json={"name": "Chi", "grants": [grant]})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("email", ["nobody", "a b@c.example", "a@b", "a@b.example\nBcc: x@y.example", "<a@b.example>"])
async def test_an_address_that_would_harm_a_mail_is_refused(town: Town, email: str) -> None:
    answer = await town.call("POST", "/api/persons", json={"name": "Chi", "email": email})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/email"


async def test_texts_are_read_by_services_only_and_in_the_order_asked(town: Town) -> None:
    first, second = await town.submitted(), await town.submitted(title="Seconda")
    posted = await town.call("POST", f"/api/requests/{first['number']}/messages", json={"text": "Ciao"})
    path = f"/api/intake/texts?requests={second['id']},{first['id']},{new_id()}&messages={posted.json()['id']}"

    answer = await town.call("GET", path, SERVICE_KEY)

    assert [item["title"] for item in answer.json()["requests"]] == ["Seconda", "Bonifica di una ex discarica"]
    assert answer.json()["requests"][0]["body_name"] == "Varese"
    assert answer.json()["messages"] == [{"id": posted.json()["id"], "text": "Ciao"}]
    assert (await town.call("GET", path, ADMIN_KEY)).status_code == 403
