"""Registrations: what is uploaded, who may look at it, what is kept of refusals, and files that nothing names."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from contracts.bodies import body_id
from contracts.envelope import new_id
from services.chassis.auth import Caller
from services.chassis.clock import Clock
from services.intake.domain.signed_documents import LARGEST, SignedDocument
from services.intake.handlers.registration import register_body
from services.intake.handlers.upkeep import OrphanFiles
from services.intake.store.attachments import BUCKET
from services.intake.store.bodies import PROTOCOL, BodyStore
from services.intake.store.files import FileStore
from services.intake.store.mails import ORIGINAL
from services.intake.store.orphans import RECORDS, OrphanStore, naming
from services.intake.store.persons import PersonStore
from tests.contracts.test_succession import grant
from tests.intake.conftest import BERGAMO, SARONNO, SERVICE_KEY, VARESE, Town, published

SCANNED = b"%PDF-1.7 scanned"
SIGNED = b"%PDF-1.7 " + b"x" * 300_000 + b"/ByteRange [0 10 20 30]"
DER = bytes.fromhex("308203a906092a864886f70d010702a082039a")


def a_file(content: bytes = SCANNED, name: str = "protocollo.pdf") -> dict[str, Any]:
    return {"protocol": (name, content, "application/pdf")}


async def register(town: Town, body: str, content: bytes = SCANNED, name: str = "protocollo.pdf", **more: Any) -> Any:
    return await town.call("POST", f"/api/bodies/{body}/registration", files=a_file(content, name), **more)


async def files(town: Town) -> int:
    return int(await town.service.database["files.files"].count_documents({}))


async def test_the_protocol_comes_back_byte_for_byte_to_its_people_and_the_secretariat_alone(town: Town) -> None:
    body, path = "017067", "/api/bodies/017067/protocol"
    _, mayor = await town.person({"role": "representative", "scope_kind": "body", "scope": body})
    _, other = await town.person({"role": "representative", "scope_kind": "body", "scope": SARONNO})
    _, official = await town.official(body)
    assert (await town.call("GET", path)).status_code == 404
    await register(town, body, SIGNED, "../Protocollo firmato.pdf")

    read = [await town.call("GET", path, key) for key in (mayor, "admin-key-of-the-tests")]

    assert [answer.content for answer in read] == [SIGNED, SIGNED]
    assert read[0].headers["content-disposition"].endswith("; filename*=UTF-8''Protocollo%20firmato.pdf")
    assert read[0].headers["content-type"] == "application/pdf"
    assert [(await town.call("GET", path, key)).status_code for key in (other, official)] == [403, 403]


async def test_a_file_over_the_limit_is_refused_in_words_and_nothing_is_kept(town: Town) -> None:
    before = await files(town)

    answer = await register(town, BERGAMO, b"%PDF-1.7" + b"\0" * LARGEST)
    within = await register(town, "017068", b"%PDF-1.7" + b"\0" * 2_000_000)

    assert answer.status_code == 413
    assert "20 MB" in answer.json()["detail"]
    assert within.status_code == 201
    assert await files(town) == before + 1


async def test_an_upload_far_over_the_limit_is_not_even_read(town: Town) -> None:
    answer = await register(town, BERGAMO, b"%PDF-1.7" + b"\0" * (2 * LARGEST))

    assert answer.status_code == 413
    assert (await town.call("GET", f"/api/bodies/{BERGAMO}")).json()["status"] == "known"


async def test_an_empty_file_is_refused_with_the_field_named(town: Town) -> None:
    answer = await register(town, BERGAMO, b"")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/protocol"


@pytest.mark.parametrize(
    ("content", "signature"), [(SCANNED, "none"), (SIGNED, "pades"), (DER, "cades"), (b"plain /ByteRange", "none")]
)
def test_a_signature_shows_wherever_the_pieces_are_cut(content: bytes, signature: str) -> None:
    for size in (len(content), 4096, 7):
        document = SignedDocument(content[:4096])
        for start in range(0, len(content), size):
            document.read(content[start : start + size])

        assert document.signature == signature


async def test_the_same_key_registers_once_and_keeps_one_file(town: Town) -> None:
    before, key = await files(town), {"Idempotency-Key": new_id()}

    first = await register(town, "017069", headers=key)
    second = await register(town, "017069", headers=key)
    other = await register(town, "017069", SIGNED, headers=key)

    assert (first.status_code, second.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == second.json()
    assert await files(town) == before + 1


async def test_what_was_refused_and_why_is_kept_beside_the_new_registration(town: Town) -> None:
    body = "017070"
    await register(town, body)
    await town.call("POST", f"/api/bodies/{body}/approval", json={"approved": False, "reason": "Manca la firma"})

    again = (await register(town, body, SIGNED)).json()
    approved = (await town.call("POST", f"/api/bodies/{body}/approval", json={"approved": True})).json()

    [earlier] = again["earlier"]
    assert earlier["decision"]["reason"] == "Manca la firma"
    assert earlier["protocol"]["signature"] == "none"
    assert (again["protocol"]["signature"], again["decision"]) == ("pades", None)
    assert approved["earlier"] == again["earlier"]
    assert (await register(town, body)).status_code == 409


async def stored(town: Town, kind: str, content: bytes = b"x") -> str:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    id = new_id()
    await town.service.app.state.parts.stores.files.keep(id, "a.pdf", pieces(), kind)
    return id


async def sweep(town: Town, clock: Clock) -> None:
    parts = town.service.app.state.parts
    job = OrphanFiles(type(parts)(**{**vars(parts), "clock": clock}))
    while await job.run():
        pass


async def test_files_that_nothing_names_are_removed_after_a_day_and_no_others(town: Town) -> None:
    orphans = [await stored(town, PROTOCOL), await stored(town, ORIGINAL)]
    foreign = await stored(town, "of another kind")
    body = "017071"
    for content in (SCANNED, SIGNED):
        await register(town, body, content)
        await town.call("POST", f"/api/bodies/{body}/approval", json={"approved": False, "reason": "Manca la firma"})
    state = await town.service.database["bodies"].find_one({"code": body})
    named = [state["protocol"]["id"], state["earlier"][0]["protocol"]["id"]]
    await town.service.database["files.chunks"].insert_one({"files_id": (cut_off := new_id()), "n": 0, "data": b"half"})

    async def left() -> list[str]:
        wanted = [*orphans, foreign, *named, cut_off]
        return sorted(await town.service.database["files.chunks"].distinct("files_id", {"files_id": {"$in": wanted}}))

    clock = Clock()
    clock.advance(timedelta(hours=23))
    await sweep(town, clock)
    before = await left()
    clock.advance(timedelta(hours=2))
    await sweep(town, clock)

    assert before == sorted([*orphans, foreign, *named, cut_off])
    assert await left() == sorted([foreign, *named])
    assert (await town.call("GET", f"/api/bodies/{body}/protocol")).content == SIGNED


class Asked:
    """Notes what a store asks of the database."""

    def __init__(self, town: Town) -> None:
        self._database = town.service.database
        self.asked: list[tuple[str, Any, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def __getitem__(self, name: str) -> Any:
        return self._database[name]

    async def find(self, name: str, where: Any, fields: Any = None, sort: Any = (), limit: int = 0) -> Any:
        self.asked.append((name, where, sort))
        return await self._database.find(name, where, fields, sort, limit)


async def test_every_question_about_bodies_their_people_and_files_is_answered_by_an_index(town: Town) -> None:
    asked: Any = Asked(town)
    bodies, persons, orphans = (
        BodyStore(asked),
        PersonStore(asked),
        OrphanStore(asked, FileStore(asked), FileStore(asked, BUCKET)),
    )
    now = town.service.clock.now()
    await bodies.waiting(20, "013000")
    await bodies.not_admitted(20, VARESE)
    await persons.holders("official", VARESE, now, 20, new_id())
    for search in orphans.searches:
        await search(now - timedelta(days=400), "", 20)
    for collection, field in (place for places in RECORDS.values() for place in places):
        asked.asked.append((collection, naming(field, ["a", "b"]), ()))

    for collection, where, sort in asked.asked:
        plan = await town.service.database[collection].find(where, sort=list(sort) or None, limit=21).explain()

        winning = str(plan["queryPlanner"]["winningPlan"])
        assert "COLLSCAN" not in winning, (collection, where)
        assert "'SORT'" not in winning, (collection, where)


async def test_a_client_that_goes_away_in_the_middle_takes_no_file_that_is_named(town: Town) -> None:
    parts, body, before = town.service.app.state.parts, "017072", await files(town)
    id, _ = await town.person({"role": "representative", "scope_kind": "body", "scope": body})
    pieces = iter([SIGNED, b""])

    async def read(most: int) -> bytes:
        return next(pieces)

    async def run(keys: Any, decide: Any, checksum: str) -> Any:
        await parts.executor.run(keys, decide)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await register_body(parts, Caller(id, (grant(body, "representative"),)), body, "a.pdf", read, run)

    assert await files(town) == before + 1
    assert (await town.call("GET", f"/api/bodies/{body}/protocol")).content == SIGNED


async def test_events_say_who_registered_and_services_read_why_it_was_refused(town: Town) -> None:
    body = "017073"
    mayor, key = await town.person({"role": "representative", "scope_kind": "body", "scope": body})
    town.service.principals.forget()
    assert (await register(town, body, key=key)).status_code == 201
    reason = {"approved": False, "reason": "Manca la firma"}
    assert (await town.call("POST", f"/api/bodies/{body}/approval", json=reason)).status_code == 200
    assert (await register(town, body, key=key)).status_code == 201

    texts = await town.call("GET", "/api/intake/texts", SERVICE_KEY, params={"bodies": f"{body},{VARESE},nobody"})

    assert texts.json()["bodies"] == [{"code": body, "refusal": "Manca la firma"}]
    events = await published(town, body_id(body))
    assert [event["data"]["registered_by"] for event in events] == [mayor] * 3
    assert "Manca" not in str(events)
