"""After a restore of one owner alone and the rebuilds, all services say the same; what was lost holds up nobody."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contracts.envelope import new_id
from deploy.tools.backup import dump, restore
from deploy.tools.numbers import SKIPPED
from deploy.tools.rebuild import rebuild
from services.chassis.mongo import Database
from services.chassis.settings import Settings
from tests.bad_input.installation import SERVICES, Installation, populate, running_services

HOME = "intake"


@pytest.fixture
async def databases(settings: Settings) -> AsyncIterator[None]:
    """Dropped at the end."""
    yield
    for name in SERVICES:
        database = Database(settings.mongo_url, settings.database(name))
        await database.drop()
        database.close()


async def _request(running: Installation, number: str) -> dict[str, Any] | None:
    return await running.services[HOME].database["requests"].find_one({"number": number})


async def lose_what_came_after(settings: Settings, folder: Path) -> tuple[dict[str, str], tuple[str, ...], str]:
    """Intake alone is put back. The people's keys, the numbers of three requests, and the id of the one that is lost.

    One went on after the back-up, one was ended after it, one was submitted after it.
    """
    async with running_services(settings, drop=False) as first:
        await populate(first)
        kept, over = [(await first.submit())["number"] for _ in range(2)]
        await first.settled()
        await asyncio.to_thread(dump, first.settings, folder)
        await first.call("official", "POST", f"/api/requests/{kept}/messages", json={"text": "Perduto."})
        await _accept(first, kept)
        assert (await first.call("official", "POST", f"/api/requests/{over}/withdraw", json={})).status_code == 200
        lost = (await first.submit(title="Perduta"))["number"]
        await first.settled()
        await _accept(first, lost)
        await first.settled()
        known, gone = await _request(first, kept), await _request(first, lost)
    assert known["status"] == "in_progress"
    await asyncio.to_thread(restore, first.settings, folder, [HOME], True)
    return first.keys, (kept, over, lost), gone["_id"]


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_after_a_restore_of_intake_new_writes_win_and_all_services_agree(
    settings: Settings, databases: None, tmp_path: Path, eventually: Any
) -> None:
    keys, (kept, over, lost), gone = await lose_what_came_after(settings, tmp_path / new_id())

    async with running_services(settings, drop=False) as second:
        second.keys = keys
        assert (await second.call("official", "GET", f"/api/requests/{lost}")).status_code == 404
        # What routing decided after the back-up was sent again.
        await eventually(lambda: _has_status(second, kept, "in_progress"), seconds=20)
        answer = await second.call("official", "POST", f"/api/requests/{kept}/messages", json={"text": "Nuovo."})
        assert answer.status_code == 201
        added = (await second.submit(title="Nuova"))["number"]
        await second.settled()
        for name in ("routing", "reporting", "notify"):
            await rebuild(name, second.settings)
        await second.settled()

        requests = {row["number"]: row async for row in second.services[HOME].database["requests"].find()}
        assert set(requests) == {kept, over, added}
        newest = await _newest(second)
        assert set(newest) == {row["_id"] for row in requests.values()}
        assert await _orders(second, "reporting", "facts") == newest
        assert await _orders(second, "notify", "requests") == newest
        cases = {row["_id"]: row async for row in second.services["routing"].database["cases"].find()}
        assert {id: tuple(case["order"]) for id, case in cases.items() if id in newest} == newest
        for request in requests.values():
            assert cases[request["_id"]]["lead"]["assignment"] == request["assignment"]["id"]
        # What nobody knows any more is over for routing, and its expert has the place back.
        assert set(cases) == {*newest, gone}
        assert (cases[gone]["queue"], cases[gone]["lead"]) == (None, None)
        held = [id async for load in second.services["routing"].database["loads"].find() for id in load["held"]]
        assert sorted(held) == sorted(request["assignment"]["id"] for request in requests.values())
        assert added > lost
        assert _consumed(second, "parked") == 0
        assert _consumed(second, "outdated") > 0


async def test_a_number_that_was_given_before_a_restore_is_never_given_again(
    settings: Settings, databases: None, tmp_path: Path
) -> None:
    database = Database(settings.mongo_url, settings.database(HOME))
    await database["numbers"].insert_many([{"_id": "2025", "blocks": 9}, {"_id": "2026", "blocks": 3}])
    await asyncio.to_thread(dump, settings, tmp_path / "one")
    await database["numbers"].update_one({"_id": "2026"}, {"$set": {"blocks": 8}})
    await database["numbers"].insert_one({"_id": "2027", "blocks": 2})

    await asyncio.to_thread(restore, settings, tmp_path / "one", [HOME], True)

    blocks = {row["_id"]: row["blocks"] async for row in database["numbers"].find()}
    database.close()
    assert blocks == {"2025": 9 + SKIPPED, "2026": 8 + SKIPPED, "2027": 2 + SKIPPED}


async def _accept(running: Installation, number: str) -> None:
    offered = (await running.call("expert", "GET", "/api/assignments")).json()["items"]
    id = next(item["id"] for item in offered if item["number"] == number)
    assert (await running.call("expert", "POST", f"/api/assignments/{id}/accept")).status_code == 200


async def _newest(running: Installation) -> dict[str, tuple[int, int]]:
    """The newest state of each request in its owner's own history."""
    rows = running.services[HOME].database["outbox"].find({"stream": "requests"}).sort("order", 1)
    return {row["key"]: tuple(row["order"]) async for row in rows}


def _consumed(running: Installation, outcome: str) -> float:
    registry = running.services[HOME].metrics.registry
    return registry.get_sample_value("affianca_intake_events_consumed_total", {"outcome": outcome}) or 0


async def _has_status(running: Installation, number: str, status: str) -> bool:
    request = await _request(running, number)
    return bool(request and request["status"] == status)


async def _orders(running: Installation, service: str, collection: str) -> dict[str, tuple[int, int]]:
    # What routing decided about requests that are no more leaves facts without a request, which no report counts.
    rows = running.services[service].database[collection].find({"order": {"$exists": True}}, {"order": 1})
    return {row["_id"]: tuple(row["order"]) async for row in rows}
