"""Italian text made comparable: clean characters, folded words, light stems for search and recognition."""

import re
import unicodedata

_WORD = re.compile(r"[a-z0-9]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
MOST_TOKENS = 400
_SMALL_WORDS = """
a ad ai al alla alle allo agli anche avere che chi ci come con cui da dai dal dalla dalle dallo dagli degli dei
del della delle dello di e ed essere fra gli ha hanno ho i il in io la le lei lo loro ma mi ne nei nel nella nelle
nello negli noi non o per piu quale quali quando questa queste questi questo se si sia sono su sui sul sulla sulle
sullo sugli suo sua tra un una uno vi voi l d un c s dell all nell sull dall quell
"""
_STOP_WORDS = frozenset(_SMALL_WORDS.split())


def has_control_characters(text: str) -> bool:
    """Whether a text holds characters that no person types, also those that turn the direction of writing.

    Line breaks and tabs are not among them.
    """
    return _CONTROL.search(text) is not None


def without_control_characters(text: str) -> str:
    """The text with such characters replaced by spaces: for what machines sent us and we must not refuse."""
    return _CONTROL.sub(" ", text)


def seen(text: str) -> str:
    """The text; nothing if nothing of it can be seen, as of spaces that have no width."""
    return text if any(unicodedata.category(letter)[0] not in "ZC" for letter in text) else ""


def folded(text: str) -> str:
    """Lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    # Only what is beyond ASCII is looked at: this runs over every word of every request.
    return _BEYOND_ASCII.sub(_without_accent, decomposed)


def _without_accent(found: re.Match[str]) -> str:
    return "" if unicodedata.combining(found[0]) else found[0]


def is_small_word(word: str) -> bool:
    """Whether a folded word only joins others: articles, prepositions and the like."""
    return word in _STOP_WORDS


def stem(word: str) -> str:
    """A folded word without its ending, so that singular and plural, masculine and feminine meet."""
    if len(word) < 5 or word[-1] not in "aeio" or word.isdigit():
        return word
    if word[-1] in "ei" and word[-2] in "hi":
        return word[:-2]
    if word[-1] in "ao" and word[-2] == "i":
        return word[:-2]
    return word[:-1]


def stems(text: str) -> list[str]:
    """The stems of a text in order, stop words left out."""
    return [stem(word) for word in _WORD.findall(folded(text)) if word not in _STOP_WORDS]


def tokens(*texts: str) -> list[str]:
    """What a document is found by: each stem once, sorted, a limited number."""
    found = dict.fromkeys(token[:40] for text in texts for token in stems(text))
    return sorted(list(found)[:MOST_TOKENS])
