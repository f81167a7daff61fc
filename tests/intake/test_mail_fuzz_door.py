"""Mutated mails through the SMTP door itself, over several connections at once: each answered, each kept whole or not.

MAIL_FUZZ_DOOR says how many (`make fuzz-mail` sends all of them).
"""

import asyncio
import os
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from services.intake.handlers.mails import Door, receiving
from services.intake.mailbox.messages import Unreadable
from services.intake.mailbox.settings import MailSettings
from services.intake.store import open_stores
from tests.intake.letters import SECRET, TO
from tests.intake.mutations import mutated
from tests.intake.post import Post
from tests.intake.test_mail_fuzz import SEED, check_whole, id_of

COUNT = int(os.environ.get("MAIL_FUZZ_DOOR", "200"))
CONNECTIONS = 8
_LINE_END = re.compile(rb"\r\n|\n|\r")


def on_the_wire(raw: bytes) -> bytes:
    """As a mail server sends it: every line ends with CRLF."""
    lines = _LINE_END.sub(b"\r\n", raw)
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


async def connection(port: int, path: str, seeds: Iterator[int], told: dict[int, tuple[int, bytes]]) -> None:
    """One connection that sends mail after mail; it must live to the end. told: seed -> answer, and what was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def say(line: bytes) -> int:
        writer.write(line)
        while (answer := await asyncio.wait_for(reader.readline(), 30))[3:4] == b"-":
            pass
        return int(answer[:3])

    await reader.readline()
    await say(b"EHLO fuzz.example\r\n")
    for seed in seeds:
        content = on_the_wire(mutated(seed, path))
        assert await say(f"MAIL FROM:<{path}>\r\n".encode()) == 250
        assert await say(f"RCPT TO:<{TO}>\r\n".encode()) == 250
        assert await say(b"DATA\r\n") == 354
        code = await say((b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
        told[seed] = code, content  # Made again it would have other ids.
    assert await say(b"QUIT\r\n") == 221
    writer.close()


@pytest.mark.slow
@pytest.mark.timeout(1_700)
async def test_mutated_mails_through_the_door_are_each_kept_whole_or_refused(post: Post) -> None:
    address, _ = await post.official()
    seeds, told = iter(range(SEED, SEED + COUNT)), dict[int, tuple[int, bytes]]()

    await asyncio.gather(*(connection(post.port, address, seeds, told) for _ in range(CONNECTIONS)))
    await post.taken()

    codes = Counter(code for code, _ in told.values())
    assert sum(codes.values()) == COUNT
    assert codes.keys() <= {250, 550, 500}, codes
    assert codes[250] > COUNT * 0.9
    door, stores = Door(TO, SECRET, MailSettings()), open_stores(post.town.service.database)
    for seed, (code, raw) in told.items():
        if code == 250:
            id = kept_as(door, raw)
            assert await stores.mails.known(id), f"seed {seed} was answered 250 and is not kept"
            if await post.town.service.database["mails"].find_one({"_id": id, "raw": raw}, {"_id": 1}):
                await check_whole(post, raw, seed)


def kept_as(door: Door, raw: bytes) -> str:
    """The id of the mail's document, also of one that cannot be taken apart."""
    try:
        return id_of(door, raw)
    except Unreadable:
        return receiving.unread(door, raw, TO).id
