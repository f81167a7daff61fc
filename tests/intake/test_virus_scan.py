"""Looking for viruses: a real server on the other side, with all the moods that one may have."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.envelope import new_id
from services.chassis.clock import Clock
from services.chassis.settings import Settings
from services.intake.files.clamd import Clamd, ScannerAway
from services.intake.files.settings import FileSettings
from services.intake.handlers.attachments.scanning import scan_unchecked
from services.intake.handlers.parts import Parts
from services.intake.handlers.upkeep import OrphanFiles
from services.intake.main import build
from services.intake.store.attachments import ATTACHMENTS
from tests.intake.conftest import ADMIN_KEY, VARESE, Town, published, running
from tests.intake.files import EICAR, PDF, FakeClamd, clamd
from tests.intake.test_attachments import listed, send
from tests.servers import KafkaServer, MongoServer

Eventually = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="module")
async def scanner() -> AsyncIterator[FakeClamd]:
    async with clamd() as fake:
        yield fake


@pytest.fixture(scope="module")
async def watched(mongod: MongoServer, broker: KafkaServer, scanner: FakeClamd) -> AsyncIterator[Town]:
    """An intake with a scanner."""
    prefix = f"t{new_id().replace('-', '')[4:24]}"
    settings = Settings(prefix=prefix, mongo_url=mongod.url, admin_key=SecretStr(ADMIN_KEY), **broker.settings)
    policy = FileSettings(clamav_host="127.0.0.1", clamav_port=scanner.port, clamav_timeout=1)
    async with running(build(settings, Clock(), files=policy)) as town:
        yield town


async def state(town: Town, number: str) -> str:
    return str((await listed(town, number))[0]["state"])


async def becomes(town: Town, number: str, wanted: str, eventually: Eventually) -> None:
    async def is_so() -> bool:
        return await state(town, number) == wanted

    await eventually(is_so, seconds=20)


async def test_a_clean_file_waits_for_the_scanner_and_is_then_given_out(
    watched: Town, scanner: FakeClamd, eventually: Eventually
) -> None:
    number, content = (await watched.submitted())["number"], PDF + new_id().encode() + bytes(700_000)

    made = (await send(watched, number, "a.pdf", content)).json()
    await becomes(watched, number, "clean", eventually)

    assert made["state"] == "pending"
    assert content in scanner.seen
    assert (await watched.call("GET", made["links"]["content"])).content == content


async def test_an_infected_file_is_kept_and_given_to_nobody(watched: Town, eventually: Eventually) -> None:
    request = await watched.submitted()
    number = request["number"]

    made = (await send(watched, number, "fattura.txt", b"prima " + EICAR)).json()
    await becomes(watched, number, "infected", eventually)

    answer = await watched.call("GET", made["links"]["content"])
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:affianca:problem:file-infected")
    (row,) = [row async for row in watched.service.database[ATTACHMENTS].find({"request": request["id"]})]
    assert (row["found"], row["due_at"]) == ("Eicar-Test-Signature", None)
    assert await watched.service.database["attached.files"].find_one({"_id": row["file"]})
    whole = (await watched.call("GET", f"/api/requests/{number}")).json()
    told = [line["details"] for line in whole["timeline"] if line["action"] == "quarantined"]
    assert [line["found"] for line in told] == ["Eicar-Test-Signature"]


async def test_a_virus_is_told_with_who_attached_the_file_as_long_as_they_may_see_it(town: Town) -> None:
    uploader, key = await town.official()
    former, other_key = await town.official()
    (request, old), parts = [await town.submitted() for _ in range(2)], town.service.app.state.parts
    made = (await send(town, request["number"], "fattura rossi.txt", b"prima " + EICAR, key)).json()
    await send(town, old["number"], "b.txt", b"dopo " + EICAR, other_key)
    await town.call("POST", f"/api/persons/{former}/revocation", json={"role": "official", "scope": VARESE})

    async with clamd() as fake:
        while await scan_unchecked(parts, Clamd("127.0.0.1", fake.port, 5).scan):
            pass

    told, unseen = [(await published(town, each["id"]))[-1] for each in (request, old)]
    assert told["type"] == unseen["type"] == "affianca.request.file-quarantined.v1"
    data = {name: told["data"][name] for name in ("attachment", "uploader", "visibility")}
    assert data == {"attachment": made["id"], "uploader": uploader, "visibility": "shared"}
    assert unseen["data"]["uploader"] is None
    assert "rossi" not in str(told).lower() and "Eicar" not in str(told)
    assert told["sequence"] == 2 and told["data"]["state"]["status"] == request["status"]


@pytest.mark.parametrize("mood", ["hangs up", "confused", "silent"])
async def test_without_a_clear_answer_a_file_stays_pending_and_is_asked_about_again(
    watched: Town, scanner: FakeClamd, eventually: Eventually, mood: str
) -> None:
    scanner.mood = mood
    number = (await watched.submitted())["number"]
    made = (await send(watched, number, "a.pdf", PDF)).json()

    async def asked() -> bool:
        row = await watched.service.database[ATTACHMENTS].find_one({"_id": made["id"]})
        return row is not None and row["attempts"] > 0

    await eventually(asked, seconds=20)
    refused = await watched.call("GET", made["links"]["content"])
    still = await state(watched, number)
    scanner.mood = "works"
    await becomes(watched, number, "clean", eventually)

    assert (refused.status_code, still) == (409, "pending")


async def test_a_file_that_is_too_large_for_the_scanner_is_never_called_clean() -> None:
    async def large() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield bytes(100_000)

    async with clamd() as fake:
        fake.largest = 1_000_000
        with pytest.raises(ScannerAway):
            await Clamd("127.0.0.1", fake.port, 5).scan(large())


async def test_a_scanner_that_is_not_there_is_away() -> None:
    async def content() -> AsyncIterator[bytes]:
        yield PDF

    async with clamd() as fake:
        port = fake.port
    with pytest.raises(ScannerAway):
        await Clamd("127.0.0.1", port, 5).scan(content())


async def test_what_came_before_there_was_a_scanner_is_looked_at_when_there_is_one(town: Town) -> None:
    number = (await town.submitted())["number"]
    await send(town, number, "a.txt", b"x" + EICAR)
    before = await state(town, number)
    parts: Parts = town.service.app.state.parts

    async with clamd() as fake:
        while await scan_unchecked(parts, Clamd("127.0.0.1", fake.port, 5).scan):
            pass

    assert (before, await state(town, number)) == ("unscanned", "infected")


async def test_what_an_upload_left_behind_is_swept_after_a_day_and_nothing_else(town: Town) -> None:
    number = (await town.submitted())["number"]
    await send(town, number, "a.pdf", PDF)
    parts: Parts = town.service.app.state.parts
    files, now = parts.stores.attachments.files, town.service.clock.now()

    async def content() -> AsyncIterator[bytes]:
        yield PDF

    old, new = new_id(now - timedelta(days=2)), new_id(now)
    for id in (old, new):
        await files.keep(id, "stray", content())
    kept = await town.service.database["attached.files"].count_documents({})
    orphans = OrphanFiles(parts)
    while await orphans.run():
        pass

    left = {row["_id"] async for row in town.service.database["attached.files"].find({}, {"_id": 1})}
    assert old not in left
    assert new in left
    assert len(left) == kept - 1
