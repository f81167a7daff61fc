"""Saved views: a filter with a name, the person's own, and really a filter."""

import pytest

from services.intake.store.views import MOST_VIEWS
from tests.intake.conftest import Town


async def _save(town: Town, key: str, name: str = "Urgenti", query: str = "status=waiting") -> int:
    answer = await town.call("POST", "/api/views", key, json={"name": name, "query": query})
    return answer.status_code


async def _listed(town: Town, key: str) -> list[tuple[str, str]]:
    items = (await town.call("GET", "/api/views", key)).json()["items"]
    return [(item["name"], item["query"]) for item in items]


async def test_a_view_is_saved_replaced_by_its_name_and_deleted_by_its_owner_alone(town: Town) -> None:
    _, key = await town.official()
    _, other = await town.official()

    assert await _save(town, key) == 201
    assert await _save(town, key, "Rifiuti", "?theme=waste-management&q=isola+ecologica&lang=en") == 201
    assert await _save(town, key, "Urgenti", "status=resolved&sort=oldest") == 201
    listed = await _listed(town, key)
    id = (await town.call("GET", "/api/views", key)).json()["items"][0]["id"]

    assert listed == [
        ("Rifiuti", "q=isola+ecologica&theme=waste-management"),
        ("Urgenti", "status=resolved&sort=oldest"),
    ]
    assert await _listed(town, other) == []
    assert (await town.call("DELETE", f"/api/views/{id}", other)).status_code == 404
    assert (await town.call("DELETE", f"/api/views/{id}", key)).status_code == 204
    assert await _listed(town, key) == [("Urgenti", "status=resolved&sort=oldest")]
    assert (await town.call("DELETE", f"/api/views/{id}", key)).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "status=lost", "theme=magic", "province=XX", "from=yesterday", "cursor=abc", "sort=random", "unknown=1", "&",
        "status=waiting&status=closed", "https://elsewhere.example/", "q=" + "x" * 201, "q=%00", "q=" + "x" * 2_000,
        "to=9999-12-31",
    ],
)  # fmt: skip
async def test_what_is_no_filter_is_not_kept(town: Town, query: str) -> None:
    _, key = await town.official()

    assert await _save(town, key, query=query) == 422
    assert await _listed(town, key) == []


async def test_there_are_twenty_at_most_and_the_same_key_saves_once(town: Town) -> None:
    _, key = await town.official()

    for number in range(MOST_VIEWS):
        assert await _save(town, key, f"Vista {number}") == 201
    more = await _save(town, key, "Una di troppo")
    again = await _save(town, key, "Vista 3", "status=closed")
    headers = {"Idempotency-Key": "same"}
    form = {"name": "Vista 4", "query": "status=closed"}
    answers = [await town.call("POST", "/api/views", key, json=form, headers=headers) for _ in range(2)]

    assert (more, again) == (409, 201)
    assert answers[0].json() == answers[1].json()


async def test_erasing_a_person_empties_their_views(town: Town) -> None:
    person, key = await town.official()
    await _save(town, key, "Casi di Rossi")

    await town.call("DELETE", f"/api/persons/{person}")

    assert (await town.service.database["views"].find_one({"_id": person}))["views"] == []
