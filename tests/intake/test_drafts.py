"""Drafts: kept while somebody writes, theirs alone, gone with the request that they become."""

import asyncio
from typing import Any

import pytest

from contracts.envelope import new_id
from services.intake.store.drafts import KEPT, MOST_DRAFTS
from tests.intake.conftest import ADMIN_KEY, BERGAMO, SARONNO, VARESE, Town, a_request, published

WRITTEN = {"body": VARESE, "title": "Una mezza frase", "description": "Non ho ancora "}


async def _kept(town: Town, key: str, id: str | None = None, **fields: object) -> str:
    id = id or new_id()
    answer = await town.call("PUT", f"/api/drafts/{id}", key, json=WRITTEN | fields)
    assert answer.status_code == 200, answer.text
    return id


async def _listed(town: Town, key: str) -> list[str]:
    return [item["id"] for item in (await town.call("GET", "/api/drafts", key)).json()["items"]]


async def test_a_draft_is_kept_changed_listed_and_deleted(town: Town) -> None:
    _, key = await town.official()

    first = await _kept(town, key)
    second = await _kept(town, key, title="Altra", body="c_l682")
    await _kept(town, key, first, description="Non ho ancora finito.\n")
    read = (await town.call("GET", f"/api/drafts/{first}", key)).json()
    listed = await _listed(town, key)
    gone = await town.call("DELETE", f"/api/drafts/{second}", key)

    assert read["description"] == "Non ho ancora finito.\n"
    assert read["updated_at"] > read["created_at"]
    assert listed == [first, second]
    assert gone.status_code == 204
    assert await _listed(town, key) == [first]
    assert (await town.call("GET", f"/api/drafts/{second}", key)).status_code == 404
    assert (await town.call("DELETE", f"/api/drafts/{second}", key)).status_code == 404


async def test_a_draft_keeps_further_themes_companies_and_the_earlier_request(town: Town) -> None:
    _, key = await town.official()
    earlier = (await town.submitted(key))["number"]
    about = {"further_themes": ["waste-management"], "companies": ["12345678903", "non so"], "follows": earlier}

    id = await _kept(town, key, **about)
    read = (await town.call("GET", f"/api/drafts/{id}", key)).json()
    await _kept(town, key, id)
    replaced = (await town.call("GET", f"/api/drafts/{id}", key)).json()

    assert {name: read[name] for name in about} == about
    assert {name: replaced[name] for name in about} == {"further_themes": [], "companies": [], "follows": None}


async def test_nobody_else_sees_changes_or_deletes_a_draft(town: Town) -> None:
    _, key = await town.official()
    _, colleague = await town.official()
    id = await _kept(town, key)

    for other in (colleague, ADMIN_KEY):
        assert id not in await _listed(town, other)
        assert (await town.call("GET", f"/api/drafts/{id}", other)).status_code == 404
        assert (await town.call("PUT", f"/api/drafts/{id}", other, json=WRITTEN)).status_code == 404
        assert (await town.call("DELETE", f"/api/drafts/{id}", other)).status_code == 404
        sent = await town.call("POST", f"/api/requests?draft={id}", other, json=a_request())
        assert sent.status_code == 201

    assert await _listed(town, key) == [id]


async def test_sending_a_draft_removes_it_and_what_is_saved_late_does_not_bring_it_back(town: Town) -> None:
    _, key = await town.official()
    id = await _kept(town, key)

    refused = await town.call("POST", f"/api/requests?draft={id}", key, json=a_request(title=""))
    still = await _listed(town, key)
    sent = await town.call("POST", f"/api/requests?draft={id}", key, json=a_request())
    late = await town.call("PUT", f"/api/drafts/{id}", key, json=WRITTEN)

    assert (refused.status_code, still) == (422, [id])
    assert sent.status_code == 201
    assert await _listed(town, key) == []
    assert late.status_code == 410
    row = await town.service.database["drafts"].find_one({"_id": id})
    assert row["fields"] == {}


async def test_a_submission_that_is_not_stored_leaves_its_draft(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    _, key = await town.official()
    id = await _kept(town, key)
    taken = await town.submitted()

    async def same_number(_: object) -> str:
        return str(taken["number"])

    with monkeypatch.context() as patch:
        patch.setattr(town.service.app.state.parts.stores.numbers, "take", same_number)
        answer = await town.call("POST", f"/api/requests?draft={id}", key, json=a_request())

    assert answer.status_code == 409
    assert await _listed(town, key) == [id]


async def test_two_windows_never_make_more_than_the_limit(town: Town) -> None:
    _, key = await town.official()

    answers = await asyncio.gather(
        *(town.call("PUT", f"/api/drafts/{new_id()}", key, json=WRITTEN) for _ in range(MOST_DRAFTS + 5))
    )

    statuses = [answer.status_code for answer in answers]
    assert len(await _listed(town, key)) == statuses.count(200) <= MOST_DRAFTS
    assert set(statuses) <= {200, 409}
    while len(await _listed(town, key)) < MOST_DRAFTS:
        await _kept(town, key)
    full = await town.call("PUT", f"/api/drafts/{new_id()}", key, json=WRITTEN)
    assert (full.status_code, full.json()["type"]) == (409, "urn:affianca:problem:too-many-drafts")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"description": "x" * 20_001}, 422), ({"title": "x" * 201}, 422), ({"title": "a\x00b"}, 422),
        ({"kind": "magic"}, 422), ({"number": "1"}, 422), ({"body": BERGAMO}, 403), ({"follows": "12"}, 422),
        ({"further_themes": ["x"] * 51}, 422), ({"companies": ["a\x00b"]}, 422), ({"companies": ["x" * 401]}, 422),
        ({"further_themes": ["half"], "companies": ["0307", "altra cosa"]}, 200),
        ({"description": "x" * 20_000}, 200),
    ],
)  # fmt: skip
async def test_what_a_draft_may_hold_is_limited(town: Town, fields: dict[str, Any], status: int) -> None:
    _, key = await town.official()

    answer = await town.call("PUT", f"/api/drafts/{new_id()}", key, json=WRITTEN | fields)

    assert answer.status_code == status


async def test_a_draft_of_a_body_for_which_one_no_longer_acts_is_not_shown(town: Town, eventually: Any) -> None:
    id, key = await town.person(*({"role": "official", "scope_kind": "body", "scope": b} for b in (VARESE, SARONNO)))
    theirs, left = await _kept(town, key), await _kept(town, key, body=SARONNO)

    await town.call("POST", f"/api/persons/{id}/revocation", json={"role": "official", "scope": SARONNO})

    async def hidden() -> bool:
        return await _listed(town, key) == [theirs]

    await eventually(hidden)
    assert (await town.call("GET", f"/api/drafts/{left}", key)).status_code == 404


async def test_erasing_a_person_empties_what_they_had_begun(town: Town) -> None:
    person, key = await town.official()
    id = await _kept(town, key, description="Con un nome: Mario Rossi")

    await town.call("DELETE", f"/api/persons/{person}")

    row = await town.service.database["drafts"].find_one({"_id": id})
    assert row["fields"] == {}
    assert await town.service.database["drafts"].count_documents({"person": person, "place": {"$type": "int"}}) == 0


async def test_the_drafts_of_a_person_are_read_from_an_index(town: Town) -> None:
    person, key = await town.official()
    await _kept(town, key)
    profile = town.service.database["system.profile"]
    await profile.drop()
    await town.service.database.raw.command({"profile": 2})

    await _listed(town, key)
    await town.service.database.raw.command({"profile": 0})

    (asked,) = [row async for row in profile.find({"op": "query", "ns": {"$regex": r"\.drafts$"}})]
    assert asked["planSummary"].startswith("IXSCAN { person: 1, place: 1 }")
    assert asked["docsExamined"] == 1
    assert person


async def test_mongodb_deletes_drafts_whose_time_is_over_and_no_event_tells_of_them(town: Town) -> None:
    _, key = await town.official()
    id = await _kept(town, key)

    indexes = await town.service.database["drafts"].index_information()
    row = await town.service.database["drafts"].find_one({"_id": id})

    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0
    assert row["expires_at"] - row["updated_at"] == KEPT
    assert await published(town, id) == []
