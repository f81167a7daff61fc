"""What somebody may have meant by a code that nobody has: the nearest valid ones, for the error message."""

from difflib import get_close_matches
from functools import cache
from typing import Literal

from contracts.vocabulary.subjects import procedures, themes
from contracts.vocabulary.territory import bodies

Kind = Literal["theme", "procedure", "body"]

# Comparing costs the product of both lengths; nothing valid is longer.
_LONGEST = 100
_WANTED = 3

# Of the few themes and procedures a faint likeness is worth showing (`waste`); among 1,500 names it is noise.
_LIKENESS: dict[Kind, float] = {"theme": 0.4, "procedure": 0.4, "body": 0.6}


def nearest(code: str, of: Kind) -> list[str]:
    """Up to three valid codes that look most like `code`, the best first; names count as well as codes.

    For a body these are ISTAT codes. Empty when nothing is near.
    """
    typed = code.strip().lower()[:_LONGEST].removeprefix("comune di ")
    spellings = _spellings(of)
    # A code can win by several of its spellings, so ask for more than are wanted.
    found = get_close_matches(typed, spellings, n=3 * _WANTED, cutoff=_LIKENESS[of])
    return list(dict.fromkeys(spellings[spelling] for spelling in found))[:_WANTED]


@cache
def _spellings(of: Kind) -> dict[str, str]:
    """Every lower-case way to write a thing -> its code."""
    if of == "body":
        return {text.lower(): item.code for item in bodies() for text in (item.code, item.ipa_code, item.name)}
    items = themes() if of == "theme" else procedures()
    return {text.lower(): item.code for item in items for text in (item.code, item.name_it, item.name_en or item.code)}
