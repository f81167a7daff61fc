"""`make words`: requests stored under earlier rules are found by today's, beside a service that goes on."""

from typing import Any

import pytest

from deploy.tools.words import run
from services.chassis.clock import Clock
from services.intake.handlers import words
from services.intake.main import build
from tests.intake.conftest import Town, a_request, town  # noqa: F401 (the fixture)


async def stored_before(town: Town, **fields: Any) -> dict[str, Any]:  # noqa: F811
    """A request whose words are those of rules that knew no whole numbers."""
    request = await town.submitted(**fields)
    await town.service.database["requests"].update_one({"_id": request["id"]}, {"$set": {"tokens": ["bonific"]}})
    return request


async def found_by(town: Town, question: str) -> list[str]:  # noqa: F811
    answer = await town.call("GET", "/api/requests", params={"q": question})
    return [item["number"] for item in answer.json()["items"]]


async def again(town: Town, first: str = "requests", after: str = "", meanwhile: Any = None) -> tuple[int, list[str]]:  # noqa: F811
    """Runs it as a process of its own would, beside the service. meanwhile: happens once before something is saved."""
    said: list[str] = []
    beside = build(town.service.settings, Clock())
    save, pending = beside.executor._save, [meanwhile] if meanwhile else []

    async def later(work: Any) -> None:
        if pending:
            await pending.pop()()
        await save(work)

    beside.executor._save = later
    try:
        return await run(beside, first, after, said.append), said
    finally:
        beside.database.close()


async def test_an_older_request_is_found_by_its_number_and_its_protocol_afterwards(town: Town) -> None:  # noqa: F811
    protocol = {"number": "0012345/2026", "date": "2026-11-20"}
    request = await stored_before(town, title="Parere su 380/2001", protocol=protocol)
    assert request["number"] not in await found_by(town, request["number"])

    changed, said = await again(town)

    assert changed >= 1 and "requests: " in said[0] and "changed, up to " in said[0]
    for question in (request["number"], "12345/2026", "380/2001", "bonifica"):
        assert request["number"] in await found_by(town, question), question
    events = town.service.database["outbox"].count_documents({"key": request["id"]})
    assert await events == 1


async def test_a_second_run_writes_nothing(town: Town) -> None:  # noqa: F811
    await stored_before(town)
    await again(town)
    before = await town.service.database["requests"].find({}, {"version": 1}).sort("_id", 1).to_list(None)

    changed, _ = await again(town)

    assert changed == 0
    assert await town.service.database["requests"].find({}, {"version": 1}).sort("_id", 1).to_list(None) == before


async def test_it_goes_on_behind_an_id_in_bounded_batches(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    first, second, third = [await stored_before(town) for _ in range(3)]
    monkeypatch.setattr(words, "AT_ONCE", 1)

    changed, said = await again(town, after=first["id"])

    assert changed == 2
    assert [line.rpartition(" ")[2] for line in said if "requests" in line] == [second["id"], third["id"]]
    assert first["number"] not in await found_by(town, first["number"])
    assert second["number"] in await found_by(town, second["number"])


async def test_what_somebody_changes_meanwhile_is_kept(town: Town) -> None:  # noqa: F811
    request = await stored_before(town)
    id, path = request["id"], f"/api/requests/{request['number']}"

    async def edited() -> None:
        answer = await town.call("PATCH", path, json={"title": "Titolo nuovo zirconio"})
        assert answer.status_code == 200, answer.text

    await again(town, meanwhile=edited)

    row = await town.service.database["requests"].find_one({"_id": id})
    assert row["title"] == "Titolo nuovo zirconio"
    assert request["number"] in await found_by(town, f"{request['number']} zirconio caratterizzazione")


async def test_who_was_joined_is_found_in_the_survivor(town: Town) -> None:  # noqa: F811
    one, other = await town.submitted(), await town.submitted(**a_request(title="Altra richiesta"))
    await town.call("POST", f"/api/requests/{one['number']}/merge", json={"into": other["number"]})
    await town.service.database["requests"].update_many(
        {"_id": {"$in": [one["id"], other["id"]]}}, {"$set": {"tokens": []}}
    )

    await again(town)

    assert {one["number"], other["number"]} <= {*await found_by(town, one["number"])}
