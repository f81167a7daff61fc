"""What lies in an archive, by its directory alone: nothing is unpacked, so no archive can grow under our hands.

A ZIP is read from its end, as programs that open one do. Its directory is limited before it is read: thirty megabytes
of nothing but directory would be half a million names.
"""

import struct
from typing import BinaryIO

_END, _ENTRY = b"PK\x05\x06", b"PK\x01\x02"
_END_SIZE, _LONGEST_COMMENT, _ENTRY_SIZE = 22, 65_535, 46
_LARGEST_DIRECTORY = 4_000_000
_UTF_8 = 0x800
MACROS = "_VBA_PROJECT".encode("utf-16-le")
"""The name of the folder in which old documents of Office keep their programs."""
_PIECE = 256 * 1024


def names_in_zip(file: BinaryIO) -> list[str] | None:
    """The names of the entries, in their order; None when the directory cannot be read, or is too large to be."""
    size = file.seek(0, 2)
    tail_at = max(0, size - _END_SIZE - _LONGEST_COMMENT)
    file.seek(tail_at)
    tail = file.read(_END_SIZE + _LONGEST_COMMENT)
    at = tail.rfind(_END)
    if at < 0 or at + _END_SIZE > len(tail):
        return None
    count, length = struct.unpack_from("<HI", tail, at + 10)
    # Whatever was put in front of the archive moves the directory, which ends where its end begins.
    start = tail_at + at - length
    if length > _LARGEST_DIRECTORY or start < 0:
        return None
    file.seek(start)
    return _names(file.read(length), count)


def _names(directory: bytes, count: int) -> list[str] | None:
    names, at = [], 0
    while at + _ENTRY_SIZE <= len(directory) and directory[at : at + 4] == _ENTRY:
        flags = struct.unpack_from("<H", directory, at + 8)[0]
        name, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
        raw = directory[at + _ENTRY_SIZE : at + _ENTRY_SIZE + name]
        names.append(raw.decode("utf-8" if flags & _UTF_8 else "cp437", "replace"))
        at += _ENTRY_SIZE + name + extra + comment
    return names if len(names) & 0xFFFF == count and at == len(directory) else None


def has_macros(file: BinaryIO) -> bool:
    """Whether an old document of Office (OLE) holds programs."""
    file.seek(0)
    before = b""
    while piece := file.read(_PIECE):
        if MACROS in before + piece:
            return True
        before = piece[-len(MACROS) :]
    return False
