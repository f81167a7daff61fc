"""Experts' persons: found by id or e-mail or created, with the role of expert and no other, however often asked."""

import asyncio
from typing import Any

import pytest

from contracts.envelope import new_id
from services.chassis.access import ACCESS, digest
from services.intake.store.persons import PERSONS
from tests.intake_pages.conftest import enrol

PATH = "/api/intake/experts"


@pytest.fixture
async def ask(service: Any, visit: Any) -> Any:
    """Calls as a service account."""
    key = new_id()
    person = await enrol(service, "service", None, "Routing", credentials=[digest(key)])
    service.principals.forget()
    browser = await visit()

    async def call(*people: dict[str, Any], dry_run: bool = False) -> list[dict[str, Any]]:
        content = {"experts": list(people), "dry_run": dry_run}
        answer = await browser.http.post(PATH, json=content, headers={"X-API-Key": key, "Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    assert person
    return call


async def grants(service: Any, id: str) -> list[tuple[str, str]]:
    found = await service.database[ACCESS].find_one({"_id": id})
    return [(grant["role"], grant["scope_kind"]) for grant in found["grants"]]


async def test_somebody_unknown_is_created_once_with_the_role_of_expert(service, ask) -> None:
    address = f"{new_id()}@esperti.example"
    somebody = {"email": address, "name": "Anna Bianchi"}

    (planned,) = await ask(somebody, dry_run=True)
    before = await service.database[PERSONS].count_documents({"email": address})
    answers = await asyncio.gather(*(ask(somebody) for _ in range(3)))
    (later,) = await ask({"email": address.upper()})

    assert (planned["outcome"], before) == ("created", 0)
    assert {items[0]["id"] for items in answers} == {planned["id"]} == {later["id"]}
    assert later["outcome"] == "known"
    assert await service.database[PERSONS].count_documents({"email_key": address}) == 1
    assert await grants(service, later["id"]) == [("expert", "programme")]


async def test_somebody_known_gets_the_role_once_and_keeps_the_rest(service, ask) -> None:
    id = await enrol(service, "coordinator", None, "Carla Verdi")
    held = await enrol(service, "expert", "site-remediation", "Dino Neri")
    await service.database[PERSONS].update_many({"_id": {"$in": [id, held]}}, {"$set": {"sequence": 1}})

    for _ in range(2):
        items = await ask({"id": id}, {"id": held})

    assert [item["name"] for item in items] == ["Carla Verdi", "Dino Neri"]
    assert await grants(service, id) == [("coordinator", "programme"), ("expert", "programme")]
    assert await grants(service, held) == [("expert", "task_force")]


async def sharing(service: Any, *names: str) -> tuple[str, list[str]]:
    """An address and the persons who use it."""
    address, ids = f"{new_id()}@comune.example", []
    for name in names:
        ids.append(id := await enrol(service, "official", "016024", name))
        facts = {"email": address, "email_key": address, "sequence": 1}
        await service.database[PERSONS].update_one({"_id": id}, {"$set": facts})
    return address, ids


async def test_who_cannot_be_told_is_named_and_nobody_is_created(service, ask) -> None:
    address, _ = await sharing(service, "Uno", "Due", "Due")
    before = await service.database[PERSONS].count_documents({})

    told = await ask(
        {"email": address}, {"email": address, "name": "Due"}, {"id": new_id()}, {"email": f"{new_id()}@x.example"}, {}
    )

    assert [item["outcome"] for item in told] == ["ambiguous", "ambiguous", "unknown", "unknown", "unknown"]
    assert await service.database[PERSONS].count_documents({}) == before


async def test_colleagues_who_share_an_address_are_told_apart_by_their_names(service, ask) -> None:
    address, (uno, due) = await sharing(service, "Uno Rossi", "Due Neri")

    known, new = await ask({"email": address, "name": "neri due"}, {"email": address, "name": "Tre Verdi"})

    assert (known["id"], known["outcome"], new["outcome"]) == (due, "known", "created")
    assert new["id"] not in (uno, due)
    assert await grants(service, uno) == [("official", "body")]
