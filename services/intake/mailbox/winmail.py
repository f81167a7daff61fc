"""winmail.dat: what Outlook sends when it wraps a mail in its own format (TNEF): text, and the files within.

Every step goes forward and stays within the bytes that are there, so a hostile file costs no more than its length.
A file that cannot be taken apart hides nothing from us: it stays an attachment under its own name.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from services.intake.mailbox.charsets import decoded_text

_SIGNATURE = 0x223E9F78
_BODY, _TITLE, _DATA, _NEW_FILE, _PROPERTIES, _FILE_PROPERTIES, _CODE_PAGE = (
    0x800C, 0x8010, 0x800F, 0x9002, 0x9003, 0x9005, 0x9007,
)  # fmt: skip
_PLAIN, _HTML, _LONG_NAME, _SHORT_NAME, _CONTENT = 0x1000, 0x1013, 0x3707, 0x3704, 0x3701
_FIXED = {0x02: 4, 0x0B: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}
"""Bytes of a value by its type, filled up to four."""
_VARIABLE = frozenset({0x00, 0x0D, 0x1E, 0x1F, 0x102})
_UTF_16 = 0x1F
_MANY, _NAMED = 0x1000, 0x8000
_MOST_FILES, _MOST_OBJECTS, _MOST_PROPERTIES = 100, 5_000, 2_000


@dataclass(frozen=True)
class Winmail:
    """The text, the HTML, and name and content of each file."""

    text: str
    html: str
    files: tuple[tuple[str, bytes], ...]


def read_winmail(content: bytes) -> Winmail:
    """Takes a winmail.dat apart; never raises."""
    whole = Winmail("", "", (("winmail.dat", content),))
    try:
        return _read(content) if struct.unpack_from("<I", content)[0] == _SIGNATURE else whole
    except (struct.error, ValueError):
        return whole


def _read(content: bytes) -> Winmail:
    text, html, charset = "", "", "cp1252"
    files: list[tuple[str, bytes]] = []
    for name, value in _objects(content):
        if name == _CODE_PAGE:
            charset = f"cp{struct.unpack_from('<I', value)[0]}"
        elif name == _BODY:
            text = text or _text(value, charset)
        elif name == _PROPERTIES:
            found = dict(_properties(value))
            text, html = text or _told(found, _PLAIN, charset), html or _told(found, _HTML, charset)
        elif name == _NEW_FILE and len(files) < _MOST_FILES:
            files.append(("", b""))
        elif files and name in (_TITLE, _DATA, _FILE_PROPERTIES):
            files[-1] = _described(files[-1], name, value, charset)
    return Winmail(text, html, tuple((title or "file.bin", held) for title, held in files))


def _described(file: tuple[str, bytes], name: int, value: bytes, charset: str) -> tuple[str, bytes]:
    title, held = file
    if name == _TITLE:
        return title or _text(value, charset), held
    if name == _DATA:
        return title, value
    found = dict(_properties(value))
    title = _told(found, _LONG_NAME, charset) or title or _told(found, _SHORT_NAME, charset)
    return title, held or found.get(_CONTENT, ("", b""))[1]


def _told(found: dict[int, tuple[str, bytes]], id: int, charset: str) -> str:
    own, value = found.get(id, ("", b""))
    return _text(value, own or charset)


def _objects(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Name and value of each object: level, name, type, length, value, checksum."""
    at = 6
    for _ in range(_MOST_OBJECTS):
        if at + 11 > len(content):
            return
        _, name, _, length = struct.unpack_from("<BHHI", content, at)
        if at + 11 + length > len(content):
            # Cut off: what came before is worth having.
            return
        yield name, content[at + 9 : at + 9 + length]
        at += 11 + length


def _properties(value: bytes) -> Iterator[tuple[int, tuple[str, bytes]]]:
    """Id of each property that holds bytes, with its charset if it has one; ends where the bytes stop making sense."""
    at, count = 4, struct.unpack_from("<I", value)[0]
    for _ in range(min(count, _MOST_PROPERTIES)):
        if at + 4 > len(value):
            return
        kind, id = struct.unpack_from("<HH", value, at)
        at = _past_name(value, at + 4) if id >= _NAMED else at + 4
        many, kind = bool(kind & _MANY), kind & ~_MANY
        values = struct.unpack_from("<I", value, at)[0] if many or kind in _VARIABLE else 1
        at += 4 if many or kind in _VARIABLE else 0
        if values > _MOST_PROPERTIES or (kind not in _FIXED and kind not in _VARIABLE):
            return
        for _ in range(values):
            if kind in _FIXED:
                at += _FIXED[kind]
                continue
            length = struct.unpack_from("<I", value, at)[0]
            if at + 4 + length > len(value):
                return
            yield id, ("utf-16-le" if kind == _UTF_16 else "", value[at + 4 : at + 4 + length])
            at += 4 + (length + 3) // 4 * 4


def _past_name(value: bytes, at: int) -> int:
    """The end of a property's name: a GUID, then a number or a text."""
    named, length = struct.unpack_from("<II", value, at + 16)
    return at + 24 + (0 if named == 0 else (length + 3) // 4 * 4)


def _text(value: bytes, charset: str) -> str:
    return decoded_text(value, charset).partition("\0")[0]
