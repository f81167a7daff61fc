"""Signs that word processors and PDFs leave in a text and nobody sees or means: soft hyphens, spaces without width,
hyphens that do not break. Who compares texts must not stumble over them; what people wrote is kept as it came.
"""

import re

_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
"""What is typed, or made by programs, where a hyphen is meant."""


def without_unseen(text: str) -> str:
    """The text without what has no width: a word stays one word."""
    return text if text.isascii() else _UNSEEN.sub("", text)


def plain_hyphens(text: str) -> str:
    """The text with one kind of hyphen, sign for sign."""
    return text if text.isascii() else text.translate(_HYPHENS)
