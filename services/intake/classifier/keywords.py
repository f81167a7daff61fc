"""The baseline: words of the vocabulary (keywords of themes, names of procedures), found whole, as stems.

A longer expression weighs more, one that several themes use weighs less. Abbreviations count only in capitals, so
that `via Roma` is not an environmental assessment. The confidence is the best theme's lead over the second one.
To improve it, edit the vocabulary: no code changes.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from contracts.vocabulary import procedures, themes
from services.intake.classifier.recognition import Recognition
from services.intake.domain.texts import stems

THRESHOLD = 0.45
"""Below it a person decides."""
_DOUBT = 1.2
"""Weight of what the text may say besides: a single short word is never a sure sign."""
_LONGEST_TEXT = 20_000
_ABBREVIATION = re.compile(r"[A-Z][A-Za-z]*[A-Z][A-Za-z]*|[A-Z]{1,2}[0-9]{2}")
_PARENTHESES = re.compile(r"\(([^)]*)\)")
_PARTS = re.compile(r"[:,/;]")


@dataclass(frozen=True)
class Phrase:
    """An expression that speaks for a theme, perhaps for one of its procedures."""

    words: tuple[str, ...]
    shown: str
    theme: str
    procedure: str | None


@dataclass(frozen=True)
class _Lexicon:
    """Phrases by their first stem, abbreviations by their exact letters, and how many themes use each."""

    phrases: dict[str, list[Phrase]]
    abbreviations: dict[str, list[Phrase]]
    themes_of: dict[tuple[str, ...], int]


def recognise(text: str) -> Recognition:
    """What a text is about, as far as the vocabulary's words tell."""
    found = list(_found(text[:_LONGEST_TEXT]))
    scores: dict[str, float] = defaultdict(float)
    for phrase, weight in found:
        scores[phrase.theme] += weight
    ranked = sorted(scores, key=lambda theme: (-scores[theme], theme))
    if not ranked:
        return Recognition()
    best = ranked[0]
    second = scores[ranked[1]] if len(ranked) > 1 else 0.0
    confidence = round((scores[best] - second) / (scores[best] + second + _DOUBT), 3)
    words = tuple(dict.fromkeys(phrase.shown for phrase, _ in found if phrase.theme == best))
    total = sum(scores.values())
    candidates = tuple((theme, round(scores[theme] / total, 3)) for theme in ranked[:3])
    if confidence < THRESHOLD:
        return Recognition(None, confidence, None, words, candidates)
    return Recognition(best, confidence, _procedure(found, best), words, candidates)


def _procedure(found: list[tuple[Phrase, float]], theme: str) -> str | None:
    """The procedure that the text names; None when it names none, or several equally."""
    scores: dict[str, float] = defaultdict(float)
    for phrase, weight in found:
        if phrase.theme == theme and phrase.procedure:
            scores[phrase.procedure] += weight
    ranked = sorted(scores, key=lambda code: -scores[code])
    if not ranked or (len(ranked) > 1 and scores[ranked[0]] == scores[ranked[1]]):
        return None
    return ranked[0]


def _found(text: str) -> Iterator[tuple[Phrase, float]]:
    """Each phrase that occurs, once, with its weight."""
    lexicon = _lexicon()
    words = stems(text)
    seen: set[Phrase] = set()
    for place, word in enumerate(words):
        for phrase in lexicon.phrases.get(word, ()):
            if phrase not in seen and tuple(words[place : place + len(phrase.words)]) == phrase.words:
                seen.add(phrase)
                yield phrase, _weight(lexicon, phrase)
    for abbreviation in _ABBREVIATION.findall(text):
        for phrase in lexicon.abbreviations.get(abbreviation, ()):
            if phrase not in seen:
                seen.add(phrase)
                yield phrase, _weight(lexicon, phrase)


def _weight(lexicon: _Lexicon, phrase: Phrase) -> float:
    length = len(phrase.words)
    return (
        (1.0 + 0.75 * (length - 1))
        * (1.5 if length > 1 or phrase.procedure is None else 1.0)
        / (lexicon.themes_of[phrase.words])
    )


@cache
def _lexicon() -> _Lexicon:
    phrases: dict[str, list[Phrase]] = defaultdict(list)
    abbreviations: dict[str, list[Phrase]] = defaultdict(list)
    users: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for phrase in dict.fromkeys(_vocabulary()):
        users[phrase.words].add(phrase.theme)
        if _ABBREVIATION.fullmatch(phrase.shown):
            abbreviations[phrase.shown].append(phrase)
        else:
            phrases[phrase.words[0]].append(phrase)
    return _Lexicon(dict(phrases), dict(abbreviations), {words: len(who) for words, who in users.items()})


def _vocabulary() -> Iterator[Phrase]:
    for theme in themes():
        for keyword in theme.keywords_it:
            yield from _phrase(keyword, theme.code, None)
    for procedure in procedures():
        inside = _PARENTHESES.findall(procedure.name_it)
        outside = _PARENTHESES.sub(" ", procedure.name_it)
        for part in _PARTS.split(outside):
            yield from _phrase(part, procedure.theme, procedure.code)
        for part in inside:
            if _ABBREVIATION.fullmatch(part.strip()):
                yield from _phrase(part, procedure.theme, procedure.code)


def _phrase(text: str, theme: str, procedure: str | None) -> Iterator[Phrase]:
    shown = " ".join(text.split())
    words = tuple(stems(shown))
    # One everyday word out of a procedure's name ("controlli") says nothing.
    telling = procedure is None or _ABBREVIATION.fullmatch(shown)
    if len(words) > 1 or (words and telling):
        yield Phrase(words, shown, theme, procedure)
