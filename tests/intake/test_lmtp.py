"""LMTP: each recipient has an answer of its own, also when the mail is too large; and nobody sends for ever."""

import asyncio

from tests.intake.letters import TO
from tests.intake.post import Post, mail


async def spoken(port: int, *lines: bytes) -> list[bytes]:
    """Says these lines one after the other; every line of the answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for line in lines:
        writer.write(line)
    writer.write(b"QUIT\r\n")
    await writer.drain()
    said = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return said.split(b"\r\n")


def session(sender: str, content: bytes, *recipients: str) -> tuple[bytes, ...]:
    asked = [f"RCPT TO:<{to}>\r\n".encode() for to in recipients]
    return (b"LHLO town\r\n", f"MAIL FROM:<{sender}>\r\n".encode(), *asked, b"DATA\r\n", content + b"\r\n.\r\n")


async def test_each_recipient_is_answered_once_the_mail_is_kept(post: Post) -> None:
    address, key = await post.official()
    content = mail(address, "Per LMTP").encode()

    said = await spoken(post.lmtp, *session(address, content, TO, "bonifiche@affianca.example"))

    assert [line for line in said if line.startswith(b"250 2.0.0")] == [b"250 2.0.0 OK"] * 2
    assert len(await post.mine(key, address)) == 2


async def test_one_recipient_may_be_refused_and_the_other_not(post: Post) -> None:
    address, _ = await post.official("016024")

    said = await spoken(post.lmtp, *session(address, mail(address).encode(), TO, "b@affianca.example"))

    assert len([line for line in said if line.startswith(b"550 5.7.1")]) == 2


async def test_a_mail_that_is_too_large_is_refused_for_each_recipient(post: Post) -> None:
    address, _ = await post.official()
    large = mail(address, text=("x" * 998 + "\r\n") * 31_000).encode()

    said = await spoken(post.lmtp, *session(address, large, TO, "b@affianca.example"))

    assert len([line for line in said if line.startswith(b"552")]) == 2


async def test_smtp_is_not_spoken_at_the_lmtp_door(post: Post) -> None:
    said = await spoken(post.lmtp, b"EHLO town\r\n")

    assert any(line.startswith(b"500") for line in said)


async def test_a_mail_without_end_is_cut_off_and_the_next_is_taken(post: Post) -> None:
    address, _ = await post.official()
    _, writer = await asyncio.open_connection("127.0.0.1", post.port)
    writer.write(f"EHLO x\r\nMAIL FROM:<{address}>\r\nRCPT TO:<{TO}>\r\nDATA\r\n".encode())
    cut = False
    try:
        for _ in range(200):
            writer.write(b"x" * 1_000_000)
            await asyncio.wait_for(writer.drain(), 20)
    except (ConnectionError, TimeoutError):
        cut = True
    writer.close()

    assert cut
    assert (await post.send(address, mail(address)))[0] == 250
