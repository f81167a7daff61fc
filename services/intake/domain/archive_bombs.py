"""Archives that would fill the disk of whoever opens them: told by what their directories say.

Archives within archives are unpacked to read their directories, never more than `_MOST_UNPACKED` in all, on disk beyond
a megabyte. What is encrypted, or packed in an unusual way, is left to the scanner.
"""

import struct
import zlib
from collections.abc import Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from services.intake.domain.archives import Entry, entries_in_zip
from services.intake.domain.files import ending_of

_LARGEST, _RATIO = 100_000_000, 100
"""Unpacked it may be so large, or so many times its own size."""
_DEEPEST = 3
"""Archives within each other."""
_MOST_UNPACKED = 64_000_000
"""An archive is packed already: one that holds more of others than this was made to harm."""
_MOST_ENTRIES = 200_000
"""Of all archives together."""
_IN_MEMORY, _PIECE = 1_000_000, 64 * 1024
_LOCAL, _LOCAL_SIZE = b"PK\x03\x04", 30
_STORED, _DEFLATED = 0, 8


class _TooMuch(Exception):
    """Enough was seen."""


def is_bomb(file: BinaryIO, entries: Sequence[Entry]) -> bool:
    """Whether a ZIP says that it is absurdly large inside, or holds archives in archives beyond any use.

    entries: its directory.
    """
    try:
        _Look(file.seek(0, 2)).at(file, entries, level=1)
    except _TooMuch:
        return True
    return False


class _Look:
    """One file that is looked through. size: its own."""

    def __init__(self, size: int) -> None:
        self._most = max(_LARGEST, _RATIO * size)
        self._left, self._entries = _MOST_UNPACKED, _MOST_ENTRIES

    def at(self, archive: BinaryIO, entries: Sequence[Entry], level: int) -> None:
        """One archive, and those in it. Raises _TooMuch."""
        self._entries -= len(entries)
        self._most -= sum(entry.size for entry in entries)
        inner = [entry for entry in entries if ending_of(entry.name) == "zip"]
        if min(self._most, self._entries) < 0 or (inner and level >= _DEEPEST):
            raise _TooMuch
        for entry in inner:
            with SpooledTemporaryFile(_IN_MEMORY) as unpacked:
                if self._unpack(archive, entry, unpacked):
                    within = cast(BinaryIO, unpacked)
                    self.at(within, entries_in_zip(within) or (), level + 1)

    def _unpack(self, archive: BinaryIO, entry: Entry, into: IO[bytes]) -> bool:
        """Whether it could be read, as far as it goes."""
        archive.seek(max(0, entry.at))
        header = archive.read(_LOCAL_SIZE)
        if entry.encrypted or entry.method not in (_STORED, _DEFLATED) or not header.startswith(_LOCAL):
            return False
        archive.seek(sum(struct.unpack_from("<HH", header, 26)), 1)
        inflater = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None
        left = entry.packed
        while left > 0 and (piece := archive.read(min(left, _PIECE))):
            left -= len(piece)
            try:
                while piece:
                    self._keep(inflater.decompress(piece, _PIECE) if inflater else piece, into)
                    piece = inflater.unconsumed_tail if inflater else b""
            except zlib.error:
                return False
        return True

    def _keep(self, piece: bytes, into: IO[bytes]) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise _TooMuch
        into.write(piece)
