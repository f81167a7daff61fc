"""The IMAP poller against a real server: nothing lost, nothing doubled, nothing that blocks what lies behind it."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pydantic import SecretStr

from services.intake.handlers.mails import Door, receive
from services.intake.mailbox.listener import Reply
from services.intake.mailbox.poller import Poller
from services.intake.mailbox.settings import MailSettings
from tests.intake.imap import DOVECOT, PASSWORD, USER, Mailbox, mailbox
from tests.intake.letters import SECRET, TO, letter
from tests.intake.post import Post, mail

pytestmark = pytest.mark.skipif(
    DOVECOT is None and not os.environ.get("CI"), reason="there is no Dovecot here (Debian: dovecot-imapd)"
)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    # Not among pytest's folders: the next run on the machine closes them to everybody else, Dovecot's users too.
    with TemporaryDirectory(prefix="imap-") as folder, mailbox(Path(folder)) as opened:
        yield opened


@asynccontextmanager
async def polling(post: Post, box: Mailbox, take: Any = None) -> AsyncIterator[Poller]:
    """A poller that runs; `take` stands in for what keeps a mail."""
    settings = MailSettings(
        imap_host="127.0.0.1", imap_port=box.port, imap_tls=False, imap_user=USER, imap_password=SecretStr(PASSWORD)
    )
    poller = Poller(post.town.service.database, settings, TO, take or keeping(post), pause=0.2)
    await poller.start()
    try:
        yield poller
    finally:
        await poller.stop()


def keeping(post: Post) -> Any:
    door = Door(TO, SECRET, MailSettings())

    async def take(raw: bytes, path: str, recipient: str) -> Reply:
        return await receive(post.town.service.app.state.parts, door, raw, path, recipient)

    return take


async def folders(box: Mailbox) -> dict[str, int]:
    names = {"INBOX": "inbox", "Affianca-taken": "taken", "Affianca-unread": "unread"}
    return {short: len(await asyncio.to_thread(box.inside, name)) for name, short in names.items()}


async def test_what_waits_and_what_comes_later_is_taken_and_moved(post: Post, box: Mailbox, eventually: Any) -> None:
    address, key = await post.official()
    box.put(letter("new-request", address), letter("pec-envelope", address))

    async with polling(post, box):
        await eventually(lambda: post.mine(key, address))
        await asyncio.to_thread(box.put, mail(address, "Arrivata dopo").encode())

        async def all_three() -> bool:
            return len(await post.mine(key, address)) == 3 and (await folders(box))["taken"] == 3

        await eventually(all_three, seconds=20)

    assert await folders(box) == {"inbox": 0, "taken": 3, "unread": 0}
    assert {item["channel"] for item in await post.mine(key, address)} == {"email", "pec"}


async def test_who_dies_between_taking_and_moving_takes_nothing_twice(
    post: Post, box: Mailbox, eventually: Any
) -> None:
    address, key = await post.official()
    box.put(*(mail(address, f"Numero {number}").encode() for number in range(5)))
    take, dead = keeping(post), asyncio.Event()

    async def dies(raw: bytes, path: str, recipient: str) -> Reply:
        await take(raw, path, recipient)
        dead.set()
        raise ConnectionAbortedError

    async with polling(post, box, dies):
        await asyncio.wait_for(dead.wait(), 20)
    before = await folders(box)
    async with polling(post, box):
        await eventually(lambda: _is(box, {"inbox": 0, "taken": 5, "unread": 0}), seconds=20)

    assert before["inbox"] == 5
    assert len(await post.mine(key, address)) == 5


async def _is(box: Mailbox, expected: dict[str, int]) -> bool:
    return await folders(box) == expected


async def test_what_is_refused_lies_apart_with_the_reason(post: Post, box: Mailbox, eventually: Any) -> None:
    address, _ = await post.official("016024")
    refused = mail(address, "Ente non ammesso").encode()
    box.put(refused)

    async with polling(post, box):
        await eventually(lambda: _is(box, {"inbox": 0, "taken": 0, "unread": 2}), seconds=20)

    note, kept = await asyncio.to_thread(box.inside, "Affianca-unread")
    assert kept == refused
    assert b"Bergamo" in note


async def test_a_poisonous_mail_holds_up_none_behind_it(post: Post, box: Mailbox, eventually: Any) -> None:
    address, key = await post.official()
    take = keeping(post)
    box.put(mail(address, "Veleno").encode(), *(mail(address, f"Dopo {number}").encode() for number in range(3)))

    async def poisoned(raw: bytes, path: str, recipient: str) -> Reply:
        return Reply(451, "4.3.0 no") if b"Veleno" in raw else await take(raw, path, recipient)

    async with polling(post, box, poisoned):
        await eventually(lambda: _is(box, {"inbox": 0, "taken": 3, "unread": 2}), seconds=20)

    assert len(await post.mine(key, address)) == 3


async def test_a_server_that_goes_away_and_comes_back_is_polled_again(
    post: Post, box: Mailbox, eventually: Any
) -> None:
    address, key = await post.official()

    async with polling(post, box):
        box.put(mail(address, "Prima").encode())
        await eventually(lambda: post.mine(key, address), seconds=20)
        await asyncio.to_thread(box.stop)
        await asyncio.to_thread(box.start)
        await asyncio.to_thread(box.put, mail(address, "Dopo").encode())
        await eventually(lambda: _is(box, {"inbox": 0, "taken": 2, "unread": 0}), seconds=40)

    assert len(await post.mine(key, address)) == 2
