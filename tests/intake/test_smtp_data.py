"""A mail is read as SMTP has it: it ends with a lone dot, doubled dots are single ones, only CRLF ends a line."""

import asyncio

import pytest

from services.intake.mailbox.dialogue import TOO_LARGE, TOO_LONG, Refused, read_data


async def read(sent: bytes, largest: int = 1_000, longest: int = 100, size: int = 7) -> tuple[bytes | Refused, bytes]:
    """What is read of these bytes, coming in small pieces, and what is left for the next command."""
    reader = asyncio.StreamReader(limit=64)

    async def feed() -> None:
        for at in range(0, len(sent), size):
            reader.feed_data(sent[at : at + size])
            await asyncio.sleep(0)
        reader.feed_eof()

    feeding = asyncio.create_task(feed())
    found = await read_data(reader, largest, longest)
    await feeding
    return found, await reader.read()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1_000])
@pytest.mark.parametrize(
    ("sent", "content"),
    [
        (b".\r\n", b""),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"\r\n.\r\n", b"\r\n"),
        (b"..a\r\n...\r\n.b.\r\nc.\r\n.\r\n", b".a\r\n..\r\nb.\r\nc.\r\n"),
        (b"a.\r\nb\n.\nc\r.\rd\r\n.\r\n", b"a.\r\nb\n.\nc\r.\rd\r\n"),
        (b"x" * 90 + b"\r\n" + b"y" * 90 + b"\r\n.\r\n", b"x" * 90 + b"\r\n" + b"y" * 90 + b"\r\n"),
    ],
)
async def test_what_comes_until_the_lone_dot_is_the_mail(sent: bytes, content: bytes, size: int) -> None:
    assert await read(sent + b"QUIT\r\n", size=size) == (content, b"QUIT\r\n")


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"a\r\n" * 400 + b".\r\n", TOO_LARGE),
        (b"a\r\n" + b"x" * 101 + b"\r\n.\r\n", TOO_LONG),
        (b"x" * 2_000 + b"\r\n.\r\n", TOO_LARGE),
    ],
)
async def test_what_is_too_large_or_too_long_is_read_to_its_end_and_refused(sent: bytes, answer: str) -> None:
    assert await read(sent + b"QUIT\r\n") == (Refused(answer), b"QUIT\r\n")
