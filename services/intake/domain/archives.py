"""What lies in an archive, by its directory alone: nothing is unpacked here, so no archive can grow under our hands.

A ZIP is read from its end, as programs that open one do. Its directory is limited before it is read: thirty megabytes
of nothing but directory would be half a million names.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

_END, _ENTRY = b"PK\x05\x06", b"PK\x01\x02"
_END_SIZE, _LONGEST_COMMENT, _ENTRY_SIZE = 22, 65_535, 46
_LARGEST_DIRECTORY = 4_000_000
_UTF_8, _ENCRYPTED = 0x800, 0x1
_ELSEWHERE, _ZIP64 = 0xFFFFFFFF, 0x0001
MACROS = "_VBA_PROJECT".encode("utf-16-le")
"""The name of the folder in which old documents of Office keep their programs."""
_PIECE = 256 * 1024


@dataclass(frozen=True)
class Entry:
    """What the directory says of a file in an archive. at: where it begins. method: how it is packed."""

    name: str
    packed: int
    size: int
    method: int
    encrypted: bool
    at: int


def entries_in_zip(file: BinaryIO) -> list[Entry] | None:
    """What the directory says of each file, in order; None when it cannot be read, or is too large to be."""
    size = file.seek(0, 2)
    tail_at = max(0, size - _END_SIZE - _LONGEST_COMMENT)
    file.seek(tail_at)
    tail = file.read(_END_SIZE + _LONGEST_COMMENT)
    at = tail.rfind(_END)
    if at < 0 or at + _END_SIZE > len(tail):
        return None
    count, length, said = struct.unpack_from("<HII", tail, at + 10)
    # Whatever was put in front of the archive moves the directory, which ends where its end begins.
    start = tail_at + at - length
    if length > _LARGEST_DIRECTORY or start < 0:
        return None
    file.seek(start)
    return _entries(file.read(length), count, start - said)


def _entries(directory: bytes, count: int, moved: int) -> list[Entry] | None:
    found, at = [], 0
    while at + _ENTRY_SIZE <= len(directory) and directory[at : at + 4] == _ENTRY:
        flags, method = struct.unpack_from("<HH", directory, at + 8)
        packed, size, name, extra, comment = struct.unpack_from("<IIHHH", directory, at + 20)
        begins = struct.unpack_from("<I", directory, at + 42)[0]
        raw = directory[at + _ENTRY_SIZE : at + _ENTRY_SIZE + name]
        if size == _ELSEWHERE:
            size = _long_size(directory[at + _ENTRY_SIZE + name : at + _ENTRY_SIZE + name + extra])
        called = raw.decode("utf-8" if flags & _UTF_8 else "cp437", "replace")
        found.append(Entry(called, packed, size, method, bool(flags & _ENCRYPTED), begins + moved))
        at += _ENTRY_SIZE + name + extra + comment
    return found if len(found) & 0xFFFF == count and at == len(directory) else None


def _long_size(extra: bytes) -> int:
    """What an entry says of its size where four bytes do not hold it; as much as they hold when it says nothing."""
    at = 0
    while at + 12 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _ZIP64:
            return int(struct.unpack_from("<Q", extra, at + 4)[0])
        at += 4 + length
    return _ELSEWHERE


def has_macros(file: BinaryIO) -> bool:
    """Whether an old document of Office (OLE) holds programs."""
    file.seek(0)
    before = b""
    while piece := file.read(_PIECE):
        if MACROS in before + piece:
            return True
        before = piece[-len(MACROS) :]
    return False
