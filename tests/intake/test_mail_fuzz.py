"""10,000 mutated mails: none crashes anything, none is answered as if the service were broken, none is stored half.

All are taken apart; a sample goes through the whole door into the database. `make fuzz-mail` sends all of them there.
MAIL_FUZZ_SEED and MAIL_FUZZ_STORED change where it starts and how many are stored.
"""

import asyncio
import os
import time
from typing import Any

import pytest

from services.chassis.mongo import Document
from services.intake.handlers.mails import Door, receive
from services.intake.handlers.mails.arrivals import arrival_of
from services.intake.mailbox.messages import IncomingMail, Unreadable, read_mail
from services.intake.mailbox.replies import folded_reply, folded_signature
from services.intake.mailbox.settings import MailSettings
from services.intake.store import open_stores
from tests.intake.letters import SECRET, TO
from tests.intake.mutations import mutated
from tests.intake.post import Post

SEED = int(os.environ.get("MAIL_FUZZ_SEED", "20261124"))
PARSED = 10_000
STORED = int(os.environ.get("MAIL_FUZZ_STORED", "400"))
SLOWEST = 5.0


def taken_apart(raw: bytes) -> IncomingMail | None:
    try:
        mail = read_mail(raw, "anna@comune.example")
    except Unreadable:
        return None
    reply, opened = folded_reply(mail.text, mail.subject), folded_signature(mail.text)
    # What MongoDB cannot keep would be refused later, after the mail was half done.
    for text in (mail.message_id, mail.subject, mail.text, reply.said, reply.folded, opened.said, *mail.senders):
        text.encode("utf-8")
        assert "\0" not in text
    for file in mail.files:
        file.name.encode("utf-8")
        assert "/" not in file.name and "\\" not in file.name and len(file.name) < 140
    return mail


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_mutated_mails_are_taken_apart_or_called_unreadable() -> None:
    slowest, unreadable = 0.0, 0

    for seed in range(SEED, SEED + PARSED):
        raw, start = mutated(seed, "anna@comune.example"), time.perf_counter()
        try:
            unreadable += taken_apart(raw) is None
        except Exception as error:
            pytest.fail(f"seed {seed}: {error!r}")
        slowest = max(slowest, time.perf_counter() - start)

    assert slowest < SLOWEST
    assert unreadable < PARSED / 10


def test_the_same_seed_is_the_same_mail_and_most_seeds_are_different_ones() -> None:
    assert mutated(7, "a@b.example") == mutated(7, "a@b.example")
    assert len({mutated(seed, "a@b.example") for seed in range(50)}) > 45


@pytest.mark.slow
@pytest.mark.timeout(1_700)
async def test_a_mutated_mail_is_stored_whole_or_not_at_all(post: Post) -> None:
    parts, database = post.town.service.app.state.parts, post.town.service.database
    door = Door(TO, SECRET, MailSettings())
    address, _ = await post.official()
    codes: dict[int, int] = {}

    for seed in range(SEED, SEED + STORED):
        raw = mutated(seed, address)
        before = await counted(database)
        reply = await receive(parts, door, raw, address, TO)
        again = await receive(parts, door, raw, address, TO)
        after = await counted(database)
        codes[reply.code] = codes.get(reply.code, 0) + 1
        assert (reply.code, again.code) in ((250, 250), (550, 550)), f"seed {seed}: {reply}, {again}"
        if reply.code == 550:
            assert before == after, f"seed {seed} was refused and left something"
        else:
            assert after["mails"] - before["mails"] in (0, 1), f"seed {seed} was kept twice"
            new = after["mails"] > before["mails"]
            # Mutations may leave two seeds with the same id, author, date, words and files: the same mail, then.
            assert new or await open_stores(database).mails.known(id_of(door, raw)), f"seed {seed} is not kept"
            if new:
                await check_whole(post, raw, seed)

    assert codes[250] > STORED * 0.9


def id_of(door: Door, raw: bytes) -> str:
    return arrival_of(door, raw, read_mail(raw, "anna@comune.example"), TO).id


async def counted(database: Any) -> dict[str, int]:
    # By the collections' own counts: counting 10,000 documents for each of 10,000 mails took hours.
    names = ("mails", "requests", "messages", "timeline", "outbox", "outgoing", "mail_answers")
    counts = await asyncio.gather(*(database[name].estimated_document_count() for name in names))
    return dict(zip(names, counts, strict=True))


async def check_whole(post: Post, raw: bytes, seed: int) -> None:
    """What was answered 250 is kept byte for byte, and whatever it made is complete."""
    database = post.town.service.database
    row = await database["mails"].find_one({"raw": raw}, {"raw": 0})
    assert row is not None or len(raw) > 1_000_000, f"seed {seed}: the original is not kept"
    if row is None or row["state"] != "taken" or row["request"] is None:
        return
    request = await database["requests"].find_one({"_id": row["request"]})
    assert request is not None, f"seed {seed}: the mail names a request that is not there"
    await check_request(database, request, seed)


async def check_request(database: Any, request: Document, seed: int) -> None:
    events = await database["outbox"].count_documents({"key": request["_id"]})
    lines = await database["timeline"].count_documents({"request": request["_id"], "action": "submitted"})
    assert (events, lines) == (request["sequence"], 1), f"seed {seed}: {request['number']} is half stored"


async def test_an_original_that_is_large_is_whole_too(post: Post) -> None:
    address, _ = await post.official()
    parts = post.town.service.app.state.parts
    raw = mutated(1, address) + b"x" * 1_200_000

    reply = await receive(parts, Door(TO, SECRET, MailSettings()), raw, address, TO)

    row = await post.town.service.database["mails"].find_one({"size": len(raw)})
    assert reply.code == 250
    assert row is not None
    assert await open_stores(post.town.service.database).mails.original(row) == raw
