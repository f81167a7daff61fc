"""Names of bodies of the vocabulary, where a text writes them as names: with a capital, also without `Comune di`."""

import re
from collections.abc import Iterator
from functools import cache

from contracts import vocabulary
from services.intake.domain.texts import folded

_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_LONGEST = 5
_BEFORE = frozenset(("a", "ad", "di", "da", "presso", "per", "tra", "fra", "e", "ed", "con"))
_PREFIX = re.compile(r"^(?:provincia di|provincia del|citta metropolitana di|provincia della) ")
_LEAST = 5
"""A name of one word that is shorter, or that follows no preposition, is too often an ordinary word."""


def plain_name(name: str) -> str:
    """A body's name without what it is: `Varese` of `Provincia di Varese`."""
    found = _PREFIX.match(folded(name))
    return name[found.end() :] if found else name


def bodies_in(text: str) -> Iterator[tuple[int, int]]:
    """Where a text names bodies: first letter, and behind the last one."""
    words = list(_WORD.finditer(text))
    at = 0
    while at < len(words):
        found = _longest(text, words, at)
        if found:
            yield words[at].start(), words[at + found - 1].end()
        at += found or 1


def _longest(text: str, words: list[re.Match[str]], at: int) -> int:
    """How many words from here on are the name of a body, 0 for none."""
    if not words[at].group()[0].isupper():
        return 0
    for length in range(min(_LONGEST, len(words) - at), 0, -1):
        name = folded(text[words[at].start() : words[at + length - 1].end()]).replace("’", "'")
        if name in _names() and (length > 1 or _is_place(words, at)):
            return length
    return 0


def _is_place(words: list[re.Match[str]], at: int) -> bool:
    return len(words[at].group()) >= _LEAST and at > 0 and words[at - 1].group().lower() in _BEFORE


@cache
def _names() -> frozenset[str]:
    return frozenset(folded(plain_name(body.name)).replace("’", "'") for body in vocabulary.bodies())
