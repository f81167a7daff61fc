"""Mails that come in a rush are kept and answered first, and taken in their order when it ebbs; nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from prometheus_client import Gauge
from pymongo.errors import AutoReconnect

from contracts.envelope import new_id
from services.chassis.clock import Clock
from services.chassis.together import Together
from services.intake.handlers.mails import Door, queueing, receiving
from services.intake.handlers.mails.queueing import MailQueue
from services.intake.handlers.upkeep import OrphanFiles
from services.intake.mailbox.settings import MailSettings
from services.intake.store.mail_queue import MailQueueStore
from tests.intake.letters import SECRET, TO
from tests.intake.post import Post, mail

QUEUE, MAILS = "mail_queue", "mails"


@pytest.fixture(autouse=True)
async def calm_again(post: Post) -> AsyncIterator[None]:
    yield
    await asyncio.sleep(queueing._CALM)
    await post.taken()


@pytest.fixture
def rush(monkeypatch: pytest.MonkeyPatch, calm_again: None) -> pytest.MonkeyPatch:
    """However few come: too many. Undone, the rush is over."""
    monkeypatch.setattr(queueing, "_FEW", 0)
    return monkeypatch


async def test_in_a_rush_a_mail_is_answered_before_it_is_taken(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, key = await post.official()
    rush.setattr(queueing, "_CALM", 60.0)

    code, _ = await post.send(address, mail(address))

    waiting = await post.town.service.database[QUEUE].find_one({})
    assert code == 250 and waiting is not None
    assert await post.mine(key, address) == []
    rush.undo()
    await post.taken()
    (request,) = await post.mine(key, address)
    kept = await post.town.service.database[MAILS].find_one({"request": request["id"]})
    assert kept["raw"] == waiting["raw"] and kept["received_at"] == waiting["came_at"]
    assert request["received_at"] < request["submitted_at"]


async def test_in_a_rush_250_comes_after_the_insert_and_451_without_one(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, key = await post.official()
    insert, held = MailQueueStore._insert, asyncio.Event()

    async def away(store: Any, mails: Any) -> dict[Any, bool]:
        raise AutoReconnect("the database is away")

    async def held_up(store: Any, mails: Any) -> dict[Any, bool]:
        await held.wait()
        return await insert(store, mails)

    queue = post.town.service.app.state.parts.stores.mail_queue
    rush.setattr(queue, "_added", Together(partial(away, queue)))
    assert (await post.send(address, mail(address, "Persa")))[0] == 451

    rush.setattr(queue, "_added", Together(partial(held_up, queue)))
    sending = asyncio.create_task(post.send(address, mail(address, "Tenuta")))
    answered, _ = await asyncio.wait({sending}, timeout=0.3)

    held.set()
    assert not answered and (await sending)[0] == 250
    await post.taken()
    assert [request["title"] for request in await post.mine(key, address)] == ["Tenuta"]


async def test_what_a_process_has_kept_another_one_takes(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, key = await post.official()
    rush.setattr(queueing, "_PATIENCE", timedelta(days=1))
    rush.setattr(queueing, "_CALM", 60.0)
    await post.send(address, mail(address))
    other = MailQueue(post.town.service.app.state.parts, Door(TO, SECRET, MailSettings()), *gauges())

    assert await other.work_off()

    assert len(await post.mine(key, address)) == 1
    assert await post.town.service.database[QUEUE].count_documents({}) == 0


async def test_how_many_wait_and_since_when_is_measured(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, _ = await post.official()
    rush.setattr(queueing, "_CALM", 60.0)
    for _ in range(2):
        await post.send(address, mail(address))
    parts, (waiting, age), later = post.town.service.app.state.parts, gauges(), Clock()
    later.advance(timedelta(hours=1))
    queue = MailQueue(replace(parts, clock=later), Door(TO, SECRET, MailSettings()), waiting, age)
    rush.setattr(MailQueue, "rushed", True)
    rush.setattr(queueing, "_PATIENCE", timedelta(days=1))

    assert not await queue.work_off()

    assert waiting._value.get() == 2 and 3600 < age._value.get() < 3700
    rush.undo()


def gauges() -> tuple[Gauge, Gauge]:
    return Gauge("waiting", "-", registry=None), Gauge("age", "-", registry=None)


async def test_what_rushes_in_over_many_connections_becomes_requests(post: Post) -> None:
    address, key = await post.official()
    subjects = {f"Parere {number}" for number in range(24)}

    answers = await asyncio.gather(*(post.send(address, mail(address, subject)) for subject in subjects))

    assert {code for code, _ in answers} == {250}
    await post.taken()
    assert {request["title"] for request in await post.mine(key, address)} == subjects


async def test_an_answer_waits_for_the_mail_that_it_answers(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, key = await post.official()
    first = f"<{new_id()}@comune.example>"
    rush.setattr(queueing, "_CALM", 60.0)
    takes = _slow_first(rush)
    await post.send(address, mail(address, "Bonifica", Message_ID=first))
    for number in range(3):
        await post.send(address, mail(address, "R: Bonifica", f"Risposta {number}.", In_Reply_To=first))

    rush.setattr(queueing, "_CALM", 0.0)
    await post.taken()

    assert takes == ["Bonifica", *["R: Bonifica"] * 3]
    (request,) = await post.mine(key, address)
    said = post.town.service.database["messages"].find({"request": request["id"]}, sort=[("at", 1)])
    assert [row["text"] async for row in said] == [f"Risposta {number}." for number in range(3)]


def _slow_first(rush: pytest.MonkeyPatch) -> list[str]:
    """The first is taken slowly; the subjects in the order in which they were."""
    taken: list[str] = []
    take = receiving.take

    async def slow(parts: Any, door: Any, arrival: Any) -> None:
        if not taken:
            await asyncio.sleep(0.3)
        await take(parts, door, arrival)
        taken.append(arrival.mail.subject)

    rush.setattr(queueing, "take", slow)
    return taken


async def test_a_mail_that_comes_while_others_wait_does_not_overtake_them(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, key = await post.official()
    first = f"<{new_id()}@comune.example>"
    rush.setattr(queueing, "_CALM", 60.0)
    await post.send(address, mail(address, "Bonifica", Message_ID=first))
    rush.setattr(queueing, "_FEW", 2)
    rush.setattr(MailQueue, "rushed", False)
    held = asyncio.Event()
    rush.setattr(queueing, "take", _after(held))

    code, _ = await post.send(address, mail(address, "R: Bonifica", In_Reply_To=first))

    waiting = await post.town.service.database[QUEUE].count_documents({})
    held.set()
    assert (code, waiting) == (250, 2)
    await post.taken()
    assert [request["title"] for request in await post.mine(key, address)] == ["Bonifica"]


def _after(held: asyncio.Event) -> Any:
    """Takes nothing until this is set."""

    async def held_up(parts: Any, door: Any, arrival: Any) -> None:
        await held.wait()
        await receiving.take(parts, door, arrival)

    return held_up


async def test_in_a_long_rush_taking_goes_on(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, key = await post.official()
    rush.setattr(queueing, "_CALM", 60.0)
    await post.send(address, mail(address))
    assert await post.mine(key, address) == []

    rush.setattr(queueing, "_PATIENCE", queueing._PATIENCE * 0)

    await post.taken()
    assert len(await post.mine(key, address)) == 1


async def test_a_large_mail_waits_in_a_file_that_its_document_takes_over(post: Post, rush: pytest.MonkeyPatch) -> None:
    address, _ = await post.official()
    rush.setattr(queueing, "_CALM", 60.0)
    await post.send(address, mail(address, "Grande", ("x" * 998 + "\r\n") * 1_100))
    waiting = await post.town.service.database[QUEUE].find_one({})
    assert waiting is not None and waiting["file"] and not waiting["raw"]
    parts, later = post.town.service.app.state.parts, Clock()
    later.advance(timedelta(hours=25))
    while await OrphanFiles(replace(parts, clock=later)).run():
        pass

    rush.undo()
    await post.taken()

    kept = await post.town.service.database[MAILS].find_one({"file": waiting["file"]})
    assert kept is not None and kept["size"] == len(await parts.stores.mails.original(kept))


async def test_who_may_not_ask_is_told_by_mail_when_250_was_said(
    post: Post, rush: pytest.MonkeyPatch, eventually: Any
) -> None:
    address, key = await post.official("016024")

    code, _ = await post.send(address, mail(address))

    assert code == 250
    rush.undo()
    await post.taken()
    kept = await post.kept(address)
    assert (kept["state"], kept["reason"]) == ("quarantined", "not-admitted")
    assert await post.mine(key, address) == []
    await eventually(lambda: [sent for sent in post.sent if sent.to == address])


async def _as_many(post: Post, key: str, address: str, wanted: int) -> bool:
    return len(await post.mine(key, address)) >= wanted


async def test_one_that_is_never_possible_is_kept_unread_and_holds_nothing_up(
    post: Post, rush: pytest.MonkeyPatch, eventually: Any
) -> None:
    address, key = await post.official()
    rush.setattr(queueing, "_MOST_TRIES", 2)
    take = receiving.take

    async def poisoned(parts: Any, door: Any, arrival: Any) -> None:
        if arrival.mail.subject == "Veleno":
            raise ValueError("poison")
        await take(parts, door, arrival)

    rush.setattr(queueing, "take", poisoned)
    bad = mail(address, "Veleno")
    await post.send(address, bad)
    for number in range(3):
        await post.send(address, mail(address, f"Sano {number}"))
        await eventually(partial(_as_many, post, key, address, number + 1))

    await post.taken()
    kept = await post.town.service.database[MAILS].find_one({"raw": bad.encode()})
    assert (kept["state"], kept["reason"]) == ("quarantined", "unreadable")


async def test_when_too_many_wait_the_sending_server_is_told_to_keep_its_mail(
    post: Post, rush: pytest.MonkeyPatch
) -> None:
    address, key = await post.official()
    rush.setattr(queueing, "_CALM", 60.0)
    rush.setattr(queueing, "_COUNTED_EVERY", 0.0)
    parts = post.town.service.app.state.parts
    door = Door(TO, SECRET, MailSettings(queue_most=2))
    queue = MailQueue(parts, door, Gauge("few_waiting", "-", registry=None), Gauge("few_age", "-", registry=None))

    replies = [await queue.receive(mail(address, str(number)).encode(), address, TO) for number in range(3)]

    assert [reply.code for reply in replies] == [250, 250, 452]
    rush.undo()
    await post.taken()
    assert len(await post.mine(key, address)) == 2
