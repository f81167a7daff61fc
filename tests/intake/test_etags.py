"""The ETag of an answer belongs to the state that it tells: nobody overwrites with it what they have not seen."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.intake.conftest import Town

Races = Callable[[str, dict[str, Any]], None]


@pytest.fixture
def meanwhile(town: Town, monkeypatch: pytest.MonkeyPatch) -> Races:
    """`meanwhile(collection, change)`: right after the next save somebody else changes the documents in it."""
    executor = town.service.app.state.parts.executor
    run = executor.run

    def change_after_save(collection: str, change: dict[str, Any]) -> None:
        async def raced(keys: dict[str, list[str]], *rest: Any, **more: Any) -> Any:
            result = await run(keys, *rest, **more)
            monkeypatch.setattr(executor, "run", run)
            where, update = {"_id": {"$in": keys[collection]}}, {"$set": change, "$inc": {"version": 1}}
            assert (await town.service.database[collection].update_many(where, update)).modified_count == 1
            return result

        monkeypatch.setattr(executor, "run", raced)

    return change_after_save


async def test_an_etag_of_a_changed_request_does_not_cover_what_somebody_else_did_then(
    town: Town, meanwhile: Races
) -> None:
    path = f"/api/requests/{(await town.submitted())['number']}"

    meanwhile("requests", {"title": "Di un’altra persona"})
    mine = await town.call("PATCH", path, json={"title": "Mio"})
    blind = await town.call("PATCH", path, json={"tags": ["x"]}, headers={"If-Match": mine.headers["etag"]})

    assert (mine.status_code, mine.json()["title"]) == (200, "Mio")
    assert blind.status_code == 412


@pytest.mark.parametrize("title", ["Mio", "Bonifica di una ex discarica"], ids=["changed", "as it was"])
async def test_an_etag_of_an_answer_is_that_of_the_next_reading(town: Town, title: str) -> None:
    path = f"/api/requests/{(await town.submitted())['number']}"

    changed = await town.call("PATCH", path, json={"title": title})
    read = await town.call("GET", path)

    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] == read.headers["etag"]


async def test_what_others_say_and_do_meanwhile_makes_no_edit_late(town: Town) -> None:
    path = f"/api/requests/{(await town.submitted())['number']}"
    seen = (await town.call("GET", path)).headers["etag"]

    asked = await town.call("POST", f"{path}/ask", json={"text": "Quale ente?"})
    said = await town.call("POST", f"{path}/messages", json={"text": "La provincia.", "visibility": "shared"})
    now = await town.call("GET", path)
    mine = await town.call("PATCH", path, json={"title": "Mio"}, headers={"If-Match": seen})

    assert (asked.status_code, said.status_code, now.headers["etag"]) == (201, 201, seen)
    assert (mine.status_code, mine.json()["title"]) == (200, "Mio"), mine.text


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Altro"}, {"tags": ["x"]}, {"urgency": "high"},
        {"protocol": {"number": "7/2026", "date": "2026-03-02", "registry": "Ufficio"}},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
async def test_every_field_that_people_edit_makes_it_another_request(town: Town, change: dict[str, Any]) -> None:
    path = f"/api/requests/{(await town.submitted())['number']}"
    seen = {"If-Match": (await town.call("GET", path)).headers["etag"]}

    first = await town.call("PATCH", path, json=change, headers=seen)
    late = await town.call("PATCH", path, json={"title": "Tardi"}, headers=seen)

    assert (first.status_code, late.status_code) == (200, 412), first.text


async def test_a_changed_practice_is_answered_as_it_was_saved_with_the_etag_of_that(
    town: Town, meanwhile: Races
) -> None:
    number = (await town.submitted())["number"]
    solved = await town.call("POST", f"/api/requests/{number}/resolve", json={"outcome": "solved", "text": "Così."})
    path = f"/api/practices/{(await town.call('POST', '/api/practices', json={'request': number})).json()['id']}"
    assert solved.status_code == 200, solved.text
    plain = await town.call("PATCH", path, json={"title": "Prima"})
    assert plain.headers["etag"] == (await town.call("GET", path)).headers["etag"]

    meanwhile("practices", {"content.title": "Di un’altra persona"})
    mine = await town.call("PATCH", path, json={"title": "Mio"})
    blind = await town.call("PATCH", path, json={"title": "Ancora"}, headers={"If-Match": mine.headers["etag"]})

    assert (mine.status_code, mine.json()["work"]["title"]) == (200, "Mio")
    assert blind.status_code == 412
