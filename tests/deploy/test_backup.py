"""A back-up is one moment, whole or not there; after a restore the owner's new writes win and all services agree."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.tools.backup import MANIFEST, Refused, dump, restore
from services.chassis.epoch import raise_epoch, read_epoch
from services.chassis.mongo import Database
from services.chassis.settings import Settings
from tests.bad_input.installation import SERVICES

HOME = "intake"


@pytest.fixture
async def databases(settings: Settings):
    made = {name: Database(settings.mongo_url, settings.database(name)) for name in SERVICES}
    yield made
    for database in made.values():
        await database.drop()
        database.close()


@pytest.fixture
async def backed_up(settings, databases, tmp_path) -> Path:
    """A back-up of four databases with a document each, and a file of some pieces."""
    for name, database in databases.items():
        await database["things"].insert_one({"_id": name, "n": 2**40})
        await database["leases"].insert_one({"_id": "relay", "holder": "x"})
    await databases[HOME]["files.chunks"].insert_many([{"_id": n, "data": bytes([n]) * 300_000} for n in range(20)])
    await asyncio.to_thread(dump, settings, tmp_path / "one")
    return tmp_path / "one"


def put_back(settings: Settings, folder: Path, *services: str, replace: bool = True) -> Any:
    return asyncio.to_thread(restore, settings, folder, services or SERVICES, replace)


async def test_what_was_dumped_comes_back_and_what_came_later_is_gone(settings, databases, backed_up) -> None:
    await databases[HOME]["things"].insert_one({"_id": "later"})
    await databases[HOME]["things"].update_one({"_id": HOME}, {"$set": {"n": 0}})

    told = await put_back(settings, backed_up)

    assert told[0] == "intake: 21 documents restored, epoch 2 begins"
    assert [row async for row in databases[HOME]["things"].find()] == [{"_id": HOME, "n": 2**40}]
    pieces = [row["data"] async for row in databases[HOME]["files.chunks"].find().sort("_id", 1)]
    assert pieces == [bytes([n]) * 300_000 for n in range(20)]
    assert await databases[HOME]["leases"].count_documents({}) == 0


async def test_a_back_up_is_of_one_moment_although_writing_goes_on(settings, databases, tmp_path) -> None:
    going = True

    async def write() -> None:
        number = 0
        while going:
            # The same number everywhere, the first database first: later ones must never be ahead.
            for name in SERVICES:
                await databases[name]["counter"].insert_one({"_id": number})
            number += 1

    await asyncio.gather(*(databases[name]["counter"].insert_one({"_id": -1}) for name in SERVICES))
    await databases[HOME]["bulk"].insert_many([{"_id": n, "x": "x" * 2_000} for n in range(5_000)])
    task = asyncio.create_task(write())
    manifest = await asyncio.to_thread(dump, settings, tmp_path / "one")
    going = False
    await task

    counts = [manifest["databases"][name]["counter"]["documents"] for name in SERVICES]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] - counts[-1] <= 1
    assert await databases[HOME]["counter"].count_documents({}) > counts[0]


async def test_an_existing_folder_is_never_overwritten(settings, backed_up) -> None:
    manifest = (backed_up / MANIFEST).read_bytes()

    with pytest.raises(Refused, match="exists"):
        await asyncio.to_thread(dump, settings, backed_up)

    assert (backed_up / MANIFEST).read_bytes() == manifest


async def test_a_database_that_is_not_empty_is_replaced_on_demand_only(settings, databases, backed_up) -> None:
    await databases[HOME]["things"].insert_one({"_id": "later"})

    with pytest.raises(Refused, match="--replace"):
        await put_back(settings, backed_up, replace=False)

    assert await databases[HOME]["things"].find_one({"_id": "later"})


async def test_a_damaged_or_missing_file_changes_nothing(settings, databases, backed_up) -> None:
    damaged = backed_up / "reporting" / "things.bson"
    content = bytearray(damaged.read_bytes())
    content[-3] ^= 1
    damaged.write_bytes(content)
    await databases[HOME]["things"].insert_one({"_id": "later"})

    with pytest.raises(Refused, match="damaged"):
        await put_back(settings, backed_up)
    damaged.unlink()
    with pytest.raises(Refused, match="cannot be read"):
        await put_back(settings, backed_up)
    (backed_up / MANIFEST).unlink()
    with pytest.raises(Refused, match="no whole back-up"):
        await put_back(settings, backed_up)

    assert await databases[HOME]["things"].find_one({"_id": "later"})


async def test_a_restore_under_a_running_service_is_refused(settings, databases, backed_up) -> None:
    until = (await databases[HOME].raw.client.admin.command("hello"))["localTime"].replace(year=2999)
    await databases[HOME]["leases"].update_one({"_id": "relay"}, {"$set": {"until": until}})

    with pytest.raises(Refused, match="Stop it"):
        await put_back(settings, backed_up)


async def test_the_folder_is_for_its_owner_alone(backed_up) -> None:
    assert backed_up.stat().st_mode & 0o77 == 0
    assert all(path.stat().st_mode & 0o77 == 0 for path in backed_up.rglob("*"))


async def test_each_restore_begins_an_epoch_that_was_never_used(settings, databases, backed_up) -> None:
    await put_back(settings, backed_up)
    assert await read_epoch(databases[HOME]) == 2

    await put_back(settings, backed_up)
    assert await read_epoch(databases[HOME]) == 3
    assert await raise_epoch(databases[HOME], above=9) == 10


async def test_the_manifest_counts_what_is_there(backed_up) -> None:
    manifest = json.loads((backed_up / MANIFEST).read_text())

    assert manifest["databases"][HOME]["files.chunks"]["documents"] == 20
    assert set(manifest["databases"]) == set(SERVICES)
    assert "leases" not in manifest["databases"][HOME]
