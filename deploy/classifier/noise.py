"""How people really type: small letters, slips, missing accents and full stops, now and then all capitals."""

import random
import re

_WORD = re.compile(r"[^\W\d_]{5,}")
_PLAIN = str.maketrans({"à": "a'", "è": "e'", "é": "e", "ì": "i'", "ò": "o'", "ù": "u'"})


def roughened(text: str, chance: random.Random) -> str:
    """The text as somebody in a hurry would have typed it; often unchanged."""
    style = chance.random()
    if style < 0.35:
        text = text.lower()
    elif style < 0.39:
        text = text.upper()
    if chance.random() < 0.3:
        text = text.translate(_PLAIN)
    if chance.random() < 0.35:
        rate = chance.choice((0.02, 0.06))
        text = _WORD.sub(lambda found: _slip(found[0], chance) if chance.random() < rate else found[0], text)
    return text


def _slip(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    if kind == 2:
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    return word[: chance.randrange(4, len(word))] + "."
