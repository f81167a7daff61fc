"""A text as rows of numbers: its words, pairs of words, pieces of words (for slips of the pen) and abbreviations.

Rows are found by hashing, so the model holds no word of any text. Training and recognition use this same file; a
change of it makes the stored model stale, which a test tells.
"""

from collections.abc import Iterable
from itertools import pairwise
from math import sqrt
from zlib import crc32

from services.intake.classifier.wording import Word
from services.intake.domain.texts import stem

ROWS = 1 << 16
_PIECES = (3, 4, 5)
_PIECES_WEIGHT = 1.2
"""Of all pieces of a word together, so that a long word counts no more than a short one."""
_PAIR_WEIGHT = 0.6

Rows = tuple[tuple[int, float], ...]
"""Row and how much it counts."""


def keys(words: Iterable[Word]) -> dict[str, tuple[int, ...]]:
    """Each thing that the text shows, once, with the places of the words that show it."""
    found: dict[str, tuple[int, ...]] = {}
    listed = list(words)
    for place, word in enumerate(listed):
        found.setdefault("w" + word.folded, (place,))
        if word.capitals:
            found.setdefault("A" + word.folded, (place,))
    for place, (first, second) in enumerate(pairwise(listed)):
        found.setdefault(f"b{first.stem} {second.stem}", (place, place + 1))
    return found


def rows(key: str) -> Rows:
    """The rows of one thing."""
    if key[0] != "w":
        return ((_row(key.encode()), _PAIR_WEIGHT if key[0] == "b" else 1.0),)
    pieces = _pieces(key[1:])
    weight = _PIECES_WEIGHT / sqrt(len(pieces))
    return (whole_row(key), *((_row(piece), weight) for piece in pieces))


def whole_row(key: str) -> tuple[int, float]:
    """The row of a word as a whole, by its stem."""
    return (_row(b"s" + stem(key[1:]).encode()), 1.0)


def _pieces(word: str) -> list[bytes]:
    """Each once, in an order that does not depend on chance: sums would differ in the last digit."""
    framed = f"#{word}#".encode()
    found = (framed[at : at + size] for size in _PIECES for at in range(len(framed) - size + 1))
    return list(dict.fromkeys(found))


def _row(thing: bytes) -> int:
    return crc32(thing) & (ROWS - 1)
