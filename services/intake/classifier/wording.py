"""What of a text counts: its words in order, without greetings, signatures, and whatever comes after too much.

Bounded on purpose: a text of a megabyte costs what a page costs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from services.intake.domain.texts import folded, is_small_word, stem

LONGEST_TEXT = 4_000
MOST_WORDS = 120
"""Different words that are looked at."""
LONGEST_WORD = 30
_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|\w+")
"""`V.I.A.` is one word."""
_FAREWELL = re.compile(
    r"^[ \t>]*(?:in attesa di [^\n]{0,60}|con i migliori |un )?"
    r"(?:(?:cordiali|distinti|cordialissimi|migliori) saluti|cordialmente|(?:grazie e )?(?:buon lavoro|saluti))\b"
    r"[^\n]*$|"
    r"^(?:-- ?|_{5,}|-{5,})$",
    re.IGNORECASE | re.MULTILINE,
)
_LIKE_AN_ABBREVIATION = re.compile(r"(?=.{2,6}$)[A-Z][A-Za-z]*[A-Z][A-Za-z]*")
_SHOUTED = 0.4
"""From this share of capitals on (of all characters), capitals say nothing."""


@dataclass(frozen=True, slots=True)
class Word:
    """shown: as it stands in the text. stem: what it is compared by. capitals: written like an abbreviation."""

    shown: str
    folded: str
    stem: str
    capitals: bool


def words(text: str) -> list[Word]:
    """The words that may say what the text is about, in their order."""
    spoken = said(text[:LONGEST_TEXT])
    capitals = not _shouted(spoken)
    found: list[Word] = []
    seen: set[str] = set()
    for shown in _WORD.findall(spoken):
        plain, root = _compared(shown[:LONGEST_WORD])
        if not root:
            continue
        if plain not in seen:
            if len(seen) == MOST_WORDS:
                break
            seen.add(plain)
        found.append(Word(shown, plain, root, capitals and _abbreviates(shown)))
    return found


def said(text: str) -> str:
    """Without the signature: the office's name under a mail is not its problem. A text of a farewell alone stays."""
    for farewell in _FAREWELL.finditer(text):
        if len(text[: farewell.start()].split()) > 2:
            return text[: farewell.start()]
    return text


def _abbreviates(shown: str) -> bool:
    return _LIKE_AN_ABBREVIATION.fullmatch(shown.replace(".", "")) is not None


def _shouted(text: str) -> bool:
    return len(text) > 20 and sum(map(str.isupper, text)) > _SHOUTED * len(text)


@lru_cache(maxsize=8_000)
def _compared(shown: str) -> tuple[str, str]:
    """The word folded, and its stem; empty for what carries no meaning."""
    plain = "".join(_letters(folded(shown)))
    if len(plain) < 2 or is_small_word(plain):
        return plain, ""
    return plain, stem(plain)


def _letters(text: str) -> Iterator[str]:
    return (letter for letter in text if letter.isascii() and letter.isalnum())
