"""A mail as bytes, written directly: the standard library's message object parses and folds each header anew (2 ms).

What it guarantees: only ASCII, no line longer than 78 columns but for an address that is longer itself, CRLF
everywhere, and no value that can begin a header of its own. What is not plain ASCII is encoded (RFC 2047) in words
that end at the ends of characters; the texts are quoted-printable. Dots at the beginnings of lines are left to the
SMTP client.
"""

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterable
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address

CRLF = "\r\n"
_WIDTH = 76
_WORD_BYTES = 39
"""Bytes of text in one encoded word: 64 columns, which leaves room for the name of the header."""
_PLAIN = re.compile(r"[A-Za-z0-9 !#$%&'*+/?^`{|}~.,:;\[\]()-]*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/^`{|}~-]+")
_PARTS = re.compile(r"[^ ]* |[^ ]+")
_VISIBLE = re.compile(r"[!-~]{1,320}")
_PLAIN_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[\w-]+(\.[\w-]+)*", re.ASCII)


def header(name: str, value: str) -> str:
    """A header of free text."""
    text = _one_line(value)
    if _PLAIN.fullmatch(text) and len(name) + len(text) < _WIDTH:
        return f"{name}: {text}{CRLF}"
    return f"{name}: {_encoded(text)}{CRLF}"


def address_header(name: str, person: str, address: str) -> str:
    """A header with the address of one person. Raises ValueError for what cannot stand there."""
    checked, shown = _checked(address), _one_line(person)
    if not shown:
        return f"{name}: {checked}{CRLF}"
    plain = _PLAIN_NAME.fullmatch(shown) and len(name) + len(shown) < _WIDTH
    phrase = shown if plain else _encoded(shown)
    last = len(phrase.rpartition(CRLF)[2]) + (0 if CRLF in phrase else len(name) + 2)
    fold = CRLF if last + len(checked) + 3 > _WIDTH else ""
    return f"{name}: {phrase}{fold} <{checked}>{CRLF}"


@dataclass(frozen=True)
class CalendarPart:
    """An appointment beside the text; calendars offer to do what the method says (RFC 6047)."""

    method: str
    text: str


def alternatives(headers: Iterable[str], id: str, plain: str, html: str, calendar: CalendarPart | None = None) -> bytes:
    """A mail with both forms of its text, and perhaps an appointment. `id`: unique, of letters, digits and hyphens."""
    # "=_" never occurs in quoted-printable text, so the boundary cannot either.
    boundary = f"=_{id}"
    head = "".join(headers) + f'MIME-Version: 1.0{CRLF}Content-Type: multipart/alternative;{CRLF} boundary="{boundary}"'
    return b"".join((
        head.encode("ascii"), b"\r\n\r\n",
        _part(boundary, "plain", plain), _part(boundary, "html", html),
        _part(boundary, "calendar", calendar.text, f"; method={calendar.method}") if calendar else b"",
        f"--{boundary}--{CRLF}".encode("ascii"),
    ))  # fmt: skip


def _part(boundary: str, subtype: str, text: str, more: str = "") -> bytes:
    lines = text.encode("utf-8", "replace").splitlines()
    # With a line end in it, also the soft ones are written as the first real one.
    body = b2a_qp(b"\r\n".join((*lines, b"")), istext=True)
    head = (
        f'--{boundary}{CRLF}Content-Type: text/{subtype}; charset="utf-8"{more}{CRLF}'
        f"Content-Transfer-Encoding: quoted-printable{CRLF}{CRLF}"
    )
    return head.encode("ascii") + body + b"\r\n"


def _one_line(value: str) -> str:
    """Without line ends and other control characters, which could begin a header of their own."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())


def _encoded(text: str) -> str:
    """Encoded words, one a line; each holds whole characters. A reader joins them without the spaces between.

    They end after a space where there is one, because some readers do not join them in names.
    """
    words, word = [], ""
    for part in _PARTS.findall(text):
        if word and _size(word + part) > _WORD_BYTES:
            words.append(word)
            word = ""
        for sign in part:
            if _size(word + sign) > _WORD_BYTES:
                words.append(word)
                word = ""
            word += sign
    words.append(word)
    return f"{CRLF} ".join(f"=?utf-8?b?{b2a_base64(each.encode(), newline=False).decode()}?=" for each in words)


def _size(text: str) -> int:
    return len(text.encode())


def _checked(address: str) -> str:
    if not _VISIBLE.fullmatch(address):
        raise ValueError("no address")
    if _PLAIN_ADDRESS.fullmatch(address):
        return address
    try:
        return Address(addr_spec=address).addr_spec
    except (HeaderParseError, IndexError, ValueError) as error:
        raise ValueError("no address") from error
