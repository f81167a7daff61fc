"""Who is erased leaves no mail: not in the queue, not in quarantine, not in what is being taken at that moment."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.chassis.errors import TransientError
from services.intake.handlers.mails import Door, MailQueue, forget_mails, queueing
from services.intake.handlers.mails.receiving import take
from services.intake.mailbox.settings import MailSettings
from tests.intake.letters import SECRET, TO
from tests.intake.post import Post, mail
from tests.intake.test_mail_queue import gauges

QUEUE, MAILS = "mail_queue", "mails"
DOOR = Door(TO, SECRET, MailSettings())


@pytest.fixture
async def rush(post: Post, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[pytest.MonkeyPatch]:
    """Whatever comes waits, until it is undone."""
    monkeypatch.setattr(queueing, "_FEW", 0)
    monkeypatch.setattr(queueing, "_CALM", 60.0)
    monkeypatch.setattr(queueing, "_PATIENCE", timedelta(days=1))
    yield monkeypatch
    monkeypatch.undo()
    await post.taken()


async def erase(post: Post, address: str) -> None:
    person = await post.person(address)
    assert person is not None
    answer = await post.town.call("DELETE", f"/api/persons/{person['_id']}")
    assert answer.status_code == 204, answer.text


async def emptied(post: Post, sent: str) -> dict[str, Any]:
    """What is left of the mail that was sent."""
    id = next(line for line in sent.splitlines() if line.startswith("Message-ID: ")).partition(" ")[2]
    row = await post.town.service.database[MAILS].find_one({"message_id": id})
    assert row is not None
    assert (row["raw"], row["file"], row["files"], row["author"], row["erased"]) == (b"", None, [], None, True)
    return dict(row)


async def test_mail_that_waits_in_the_queue_is_forgotten_with_its_file(post: Post, rush: pytest.MonkeyPatch) -> None:
    database, (address, _), (other, key) = post.town.service.database, await post.official(), await post.official()
    mails = [mail(address, "Breve"), mail(address, "Lunga", ("x" * 900 + "\r\n") * 1_300)]
    for sender, raw in ((address, mails[0]), (address, mails[1]), (other, mail(other, "Di un altro"))):
        assert (await post.send(sender, raw))[0] == 250
    files = [row["file"] async for row in database[QUEUE].find({"file": {"$ne": None}})]

    await erase(post, address)

    assert await database[QUEUE].count_documents({}) == 1
    assert len(files) == 1 and await database["files.files"].count_documents({"_id": files[0]}) == 0
    for raw in mails:
        await emptied(post, raw)
    rush.undo()
    await post.taken()
    assert [request["title"] for request in await post.mine(key, other)] == ["Di un altro"]
    assert await database["requests"].count_documents({"title": {"$in": ["Breve", "Lunga"]}}) == 0


async def test_a_mail_that_is_being_taken_at_that_moment_has_no_effect(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, _ = await post.official()
    raw = mail(address, "In mano")
    await post.send(address, raw)
    row = await post.town.service.database[QUEUE].find_one({})
    parts = post.town.service.app.state.parts
    assert row is not None
    arrival = await MailQueue(parts, DOOR, *gauges())._arrival(row)

    await erase(post, address)
    await take(parts, DOOR, arrival)

    await emptied(post, raw)


async def test_what_is_quarantined_while_the_person_is_erased_is_forgotten_too(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, _ = await post.official()
    before, between = (
        mail(address, title, Authentication_Results=f"mx.example; dmarc=fail header.from={address.partition('@')[2]}")
        for title in ("Prima", "Nel mentre")
    )
    await post.send(address, before)
    assert (await post.kept(address))["state"] == "quarantined"
    store = post.town.service.app.state.parts.stores.mails
    forget, sent = store.forget, 0

    async def forget_and_get(person: str) -> int:
        nonlocal sent
        count: int = await forget(person)
        if not sent:
            sent, _ = await post.send(address, between)
        return count

    monkeypatch.setattr(store, "forget", forget_and_get)
    await erase(post, address)

    assert sent == 250
    for raw in (before, between):
        await emptied(post, raw)


async def test_a_mail_of_somebody_else_that_this_person_only_sent_on_stays(
    post: Post, rush: pytest.MonkeyPatch
) -> None:
    (address, _), (other, key) = await post.official(), await post.official()
    assert (await post.send(other, mail(other, "Inoltrata"), return_path=address))[0] == 250
    nobody = mail(address, "Di nessuno").replace(f"From: {address}", "From: ")
    assert "From: \r\n" in nobody or "From: \n" in nobody
    assert (await post.send(address, nobody))[0] == 250

    await erase(post, address)

    await emptied(post, nobody)
    rush.undo()
    await post.taken()
    assert [request["title"] for request in await post.mine(key, other)] == ["Inoltrata"]


async def test_the_file_of_a_mail_that_was_taken_meanwhile_is_left_to_who_took_it(
    post: Post, rush: pytest.MonkeyPatch
) -> None:
    (address, _), database = await post.official(), post.town.service.database
    raw = mail(address, "Presa", ("x" * 900 + "\r\n") * 1_300)
    for _ in range(2):
        assert (await post.send(address, raw))[0] == 250
    taken, again = [row["file"] async for row in database[QUEUE].find({}, sort=[("_id", 1)])]
    parts = post.town.service.app.state.parts
    row = await database[QUEUE].find_one({"file": taken})
    assert row is not None
    await take(parts, DOOR, await MailQueue(parts, DOOR, *gauges())._arrival(row))

    await forget_mails(parts, DOOR, "nobody", [address])

    assert await database[MAILS].count_documents({"file": taken}) == 1
    assert await database["files.files"].count_documents({"_id": taken}) == 1
    assert await database["files.files"].count_documents({"_id": again}) == 0
    assert await database[QUEUE].count_documents({}) == 0


async def test_erasing_does_not_chase_what_comes_meanwhile(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, _ = await post.official()
    parts = post.town.service.app.state.parts
    queue, looked = parts.stores.mail_queue, 0
    first = queue.first
    for n in range(2):
        await post.send(address, mail(address, f"Prima {n}"))

    async def first_and_more(*args: Any) -> Any:
        nonlocal looked
        rows = await first(*args)
        looked += len(rows)
        assert looked < 20, "it never ends"
        await post.send(address, mail(address, "Ancora"))
        return rows

    rush.setattr(queue, "first", first_and_more)
    begun = await forget_mails(parts, DOOR, "nobody", [address])
    assert looked == 2

    rush.setattr(queue, "first", first)
    await forget_mails(parts, DOOR, "nobody", [address], begun)
    assert await post.town.service.database[QUEUE].count_documents({}) == 0


async def test_an_erasure_that_was_cut_short_is_finished_by_another(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, _ = await post.official()
    person = await post.person(address)
    assert person is not None
    between, calls = mail(address, "Nel mentre"), 0
    store, rows = post.town.service.app.state.parts.stores.mails, post.town.service.database["persons"]
    forget = store.forget

    async def fail_once(id: str) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            count: int = await forget(id)
            await post.send(address, between)
            # From here on the second pass will not get to the queue.
            rush.setattr(post.town.service.app.state.parts.stores.mail_queue, "last", away)
            return count
        return int(await forget(id))

    async def away() -> str:
        raise TransientError("away")

    whole = post.town.service.app.state.parts.stores.mail_queue.last
    rush.setattr(store, "forget", fail_once)
    answer = await post.town.call("DELETE", f"/api/persons/{person['_id']}")
    assert answer.status_code == 503
    assert ((await rows.find_one({"_id": person["_id"]})) or {})["forgetting"] == [address]
    rush.setattr(post.town.service.app.state.parts.stores.mail_queue, "last", whole)

    assert (await post.town.call("DELETE", f"/api/persons/{person['_id']}")).status_code == 204

    await emptied(post, between)
    assert "forgetting" not in ((await rows.find_one({"_id": person["_id"]})) or {})
