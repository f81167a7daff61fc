"""Mails that are broken in every way that chance finds, from a seed: the real-shaped ones, mutated."""

import random
from collections.abc import Callable

from tests.intake.letters import NAMES, letter

Mutation = Callable[[random.Random, bytes], bytes]
_NASTY = (
    b"\0", b"\xff\xfe", b"\r\n\r\n", b"\r\n.\r\n", b"\n", b"=?utf-8?b?", b"=?x?q?=FF?=", b"\xe2\x80\xae", b"--", b"<",
    b'"', b"From: a@b, c@d\r\n", b"Content-Type: multipart/mixed; boundary=\"\"\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"$where: {}",
    b"Content-Type: message/rfc822\r\n", b"Message-ID: <\xc3\xa8@x>\r\n", b"Subject: [9999-999999999999]\r\n",
    b"Content-Type: text/plain; charset=\"utf-16\"\r\n", b"X-Trasporto: posta-certificata\r\n", b"X-Ricevuta: \r\n",
    b"Date: Fri, 99 Xyz 99999 99:99:99 +9999\r\n", b"Content-Disposition: attachment; filename*=x'y'%ZZ\r\n",
)  # fmt: skip


def mutated(seed: int, sender: str) -> bytes:
    """The mail of this seed, the same in every run."""
    chance = random.Random(seed)
    values = {"id": f"fuzz-{seed}", "ours": f"<fuzz-{seed}@affianca.example>", "day": "03/11/2026", "hour": "10:20:12"}
    content = letter(chance.choice(NAMES), sender, **values)
    for _ in range(chance.randint(1, 6)):
        content = chance.choice(_MUTATIONS)(chance, content)
    return content


def _place(chance: random.Random, content: bytes) -> int:
    # Half of them hit the headers, where most of what is read stands.
    return chance.randint(0, max(0, min(len(content), 900) if chance.random() < 0.5 else len(content)))


def _flip(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 20)):
        if changed:
            changed[_place(chance, content) % len(changed)] = chance.randrange(256)
    return bytes(changed)


def _cut(chance: random.Random, content: bytes) -> bytes:
    at = _place(chance, content)
    return content[:at] + content[at + chance.randint(1, 400) :]


def _truncate(chance: random.Random, content: bytes) -> bytes:
    return content[: _place(chance, content)]


def _repeat(chance: random.Random, content: bytes) -> bytes:
    at = _place(chance, content)
    return content[:at] + content[at : at + chance.randint(1, 200)] * chance.randint(2, 60) + content[at:]


def _insert(chance: random.Random, content: bytes) -> bytes:
    at = _place(chance, content)
    return content[:at] + chance.choice(_NASTY) * chance.choice((1, 1, 1, 2, 50)) + content[at:]


def _head(chance: random.Random, content: bytes) -> bytes:
    return chance.choice(_NASTY) + content


def _shuffle(chance: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\r\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\r\n".join(lines)


def _splice(chance: random.Random, content: bytes) -> bytes:
    other = letter(chance.choice(NAMES))
    return content[: _place(chance, content)] + other[_place(chance, other) :]


def _nest(chance: random.Random, content: bytes) -> bytes:
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="n%d"\r\n\r\n--n%d\r\n' % (depth, depth)
        for depth in range(chance.choice((2, 5, 120)))
    )
    return opening + content


_MUTATIONS: tuple[Mutation, ...] = (_flip, _cut, _truncate, _repeat, _insert, _head, _shuffle, _splice, _nest)
