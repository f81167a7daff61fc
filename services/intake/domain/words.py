"""What a request is found by: stems of its words, and numbers with their marks, the same for texts and for questions.

Beyond `texts.stems`: words of four letters meet their plurals (gara, gare), abbreviations count with and without
their dots (V.I.A., VIA), and numbers count as they are written, whole and without leading zeros: `2026-000123`,
`380/2001`, `0012345/2026`, also close behind an abbreviation (`prot.n.12345/2026`).
To teach it another small word that says nothing: `_MORE_SMALL_WORDS`.
"""

import re

from services.intake.domain.signs import plain_hyphens, without_unseen
from services.intake.domain.texts import folded, is_small_word, stem

MOST_TOKENS = 400
"""Of one document."""
MOST_ASKED = 12
"""Words of a question that count; more of them hardly narrow it."""
_LONGEST = 40
_DOTTED = re.compile(r"\b(?:[a-z]{1,3}\.){2,}(?:[a-z]{1,3}\b)?")
_ABBREVIATED = re.compile(r"(?<=[a-z])\.(?=[0-9])")
"""The full stop of an abbreviation close before a number is no part of it."""
_PART = re.compile(r"[a-z0-9]+(?:[-/.][a-z0-9]+)*")
_MARKS = re.compile(r"[-/.]")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_MORE_SMALL_WORDS = frozenset(
    ["un", "quest", "dov", "com", "nessun", "ciascun", "cos", "bell", "buon", "sant", "dev", "puo"]
)
"""Left over where an apostrophe was: quest'anno, dov'è, com'è."""

_BEFORE_NUMBERS = frozenset(["n", "nr", "num", "numero", "prot", "protocollo"])
"""What people write before a number that they look for, and what may not stand before it where it was written."""


def tokens(*texts: str) -> list[str]:
    """What a document is found by: each once, sorted, a limited number."""
    found = dict.fromkeys(token for text in texts for part in _parts(text) for token in _kept(part))
    return sorted(list(found)[:MOST_TOKENS])


def asked(text: str) -> list[str]:
    """What a question looks for: each once, in order. Empty when it has no word that says anything."""
    parts = _parts(text)
    if any(part[0].isdigit() for part in parts):
        parts = [part for part in parts if part not in _BEFORE_NUMBERS]
    found = dict.fromkeys(token for part in parts for token in _wanted(part))
    return list(found)[:MOST_ASKED]


def search_stem(word: str) -> str:
    """A folded word without its ending; words of four letters have one, too."""
    if len(word) == 4 and word[-1] in "aeio" and word.isalpha():
        return word[:-1]
    return stem(word)


def _parts(text: str) -> list[str]:
    """The words of a text, and its numbers with what joins them."""
    spaced = _ABBREVIATED.sub(". ", folded(plain_hyphens(without_unseen(text))))
    plain = _DOTTED.sub(lambda found: found[0].replace(".", ""), spaced)
    return _PART.findall(plain)


def _kept(part: str) -> list[str]:
    """A word, or of what is joined by marks each piece and, where it holds a number, the whole."""
    pieces = _MARKS.split(part)
    if len(pieces) == 1:
        return _single(part)
    whole = _whole(pieces)
    # The year of a number is in all numbers of that year: nobody is found by it.
    found = [token for piece in pieces if not (whole and _YEAR.fullmatch(piece)) for token in _single(piece)]
    return [whole, *found] if whole else found


def _wanted(part: str) -> list[str]:
    """The same, but a number that is asked for whole is meant whole."""
    pieces = _MARKS.split(part)
    whole = _whole(pieces) if len(pieces) > 1 else ""
    return [whole] if whole else [token for piece in pieces for token in _single(piece)]


def _whole(pieces: list[str]) -> str:
    if not any(piece.isdigit() for piece in pieces):
        return ""
    return "-".join(map(_number, pieces))[:_LONGEST]


def _single(word: str) -> list[str]:
    if word.isdigit():
        return [_number(word)[:_LONGEST]]
    if is_small_word(word) or word in _MORE_SMALL_WORDS:
        return []
    return [search_stem(word)[:_LONGEST]]


def _number(word: str) -> str:
    return (word.lstrip("0") or "0") if word.isdigit() else word
