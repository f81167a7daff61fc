"""Recognition by the learnt model: sums over the text's words, then how sure that makes.

What a word contributes does not depend on its neighbours, so it is computed once and kept. No input, no output but
reading the model at the first call; nothing beyond the standard library.
"""

from collections import defaultdict
from functools import cache, lru_cache
from itertools import accumulate
from math import exp, sqrt
from operator import itemgetter, mul

from services.intake.classifier import features, tags
from services.intake.classifier.model import FILE, NOBODY, PROCEDURE_ROWS, Model, read
from services.intake.classifier.recognition import Recognition
from services.intake.classifier.wording import LONGEST_TEXT, Word, words
from services.intake.domain.texts import folded

_KEPT = 8_000
_SHOWN_WORDS = 6
_WORTH_SHOWING = 0.15
"""Of what the most telling word contributes."""
PROCEDURE_THRESHOLD = 0.8
_Contribution = tuple[tuple[float, ...], float]
"""For each class, and the square of its length."""


def recognise(text: str) -> Recognition:
    """What a text is about, as far as the model can tell."""
    return _recogniser().recognise(text)


def scale(contributions: float, length: float) -> float:
    """A long text says no more about its theme than a short one."""
    return contributions / sqrt(length) if length else 0.0


class Recogniser:
    """One model, ready to be asked."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._contribution = lru_cache(_KEPT)(self._computed)
        self._procedure = lru_cache(_KEPT)(self._procedure_row)
        themes = [name for name in model.classes if name != NOBODY]
        firsts = [0, *accumulate(len(model.procedures[theme]) for theme in themes)]
        self._columns = {theme: (first, firsts[-1]) for theme, first in zip(themes, firsts, strict=False)}

    def recognise(self, text: str) -> Recognition:
        """What a text is about."""
        said = words(text)
        shown = features.keys(said)
        likely = self.probabilities(shown)
        tagged = tags.tags_of(folded(text[:LONGEST_TEXT]))
        if not likely:
            return Recognition(tags=tagged)
        ranked = sorted((theme for theme in likely if theme != NOBODY), key=lambda theme: -likely[theme])
        best = ranked[0]
        confidence = round(likely[best], 3)
        procedures = self._procedures(best, shown)
        named = next((code for code, share in procedures if code and share >= PROCEDURE_THRESHOLD), None)
        sure = confidence >= self.model.threshold
        return Recognition(
            theme=best if sure else None,
            confidence=confidence,
            procedure=named if sure else None,
            words=self._deciding(best, said, shown),
            candidates=tuple((theme, round(likely[theme], 3)) for theme in ranked[:3]),
            procedures=tuple((code, round(share, 3)) for code, share in procedures if code)[:3],
            tags=tagged,
        )

    def probabilities(self, shown: dict[str, tuple[int, ...]]) -> dict[str, float]:
        """Each class with its probability; empty for a text without a single known word."""
        found = [contribution for key in shown if (contribution := self._contribution(key))[1]]
        if not found:
            return {}
        length = sum(square for _, square in found)
        sums = map(sum, zip(*(contributions for contributions, _ in found), strict=True))
        factor = self.model.scales["themes"]
        logits = [scale(known, length) * factor + bias for known, bias in zip(sums, self.model.bias, strict=True)]
        return dict(zip(self.model.classes, _shares(logits), strict=True))

    def _computed(self, key: str) -> _Contribution:
        telling = self.model.telling
        known = [(row, weight * telling[row]) for row, weight in features.rows(key) if telling[row]]
        if not known:
            return (0.0,) * len(self.model.classes), 0.0
        rows, counts = zip(*known, strict=True)
        # Row 0 besides, which is not counted: the getter of a single row would answer without a tuple.
        chosen = itemgetter(*rows, 0)
        sums = tuple(sum(map(mul, counts, chosen(weights))) for weights in self.model.weights)
        return sums, sum(map(mul, counts, counts))

    def _procedure_row(self, theme: str, key: str) -> memoryview:
        """What a thing says about the procedures of a theme."""
        start, width = self._columns[theme]
        row, _ = features.whole_row(key) if key[0] == "w" else features.rows(key)[0]
        first = (row % PROCEDURE_ROWS) * width + start
        return self.model.procedure_weights[first : first + len(self.model.procedures[theme])]

    def _deciding(self, theme: str, said: list[Word], shown: dict[str, tuple[int, ...]]) -> tuple[str, ...]:
        """The words that speak most for a theme, as they stand in the text, the most telling first."""
        place = self.model.classes.index(theme)
        gains: dict[str, float] = defaultdict(float)
        written = {word.folded: word.shown for word in reversed(said)}
        for key, places in shown.items():
            contributions, _ = self._contribution(key)
            gain = contributions[place] - sum(contributions) / len(contributions)
            for at in places:
                gains[said[at].folded] += gain / len(places)
        ranked = sorted(gains, key=lambda word: -gains[word])[:_SHOWN_WORDS]
        most = gains[ranked[0]]
        return tuple(written[word] for word in ranked if gains[word] > max(0.0, _WORTH_SHOWING * most))

    def _procedures(self, theme: str, shown: dict[str, tuple[int, ...]]) -> list[tuple[str | None, float]]:
        """The procedures of a theme, the likeliest first; None stands for none of them."""
        codes = self.model.procedures[theme]
        sums = map(sum, zip(*(self._procedure(theme, key) for key in shown), strict=True))
        factor = self.model.scales["procedures"]
        logits = [
            scale(known, len(shown)) * factor + bias
            for known, bias in zip(sums, self.model.procedure_bias[theme], strict=True)
        ]
        return sorted(zip(codes, _shares(logits), strict=True), key=lambda pair: -pair[1])


def _shares(logits: list[float]) -> list[float]:
    most = max(logits)
    grown = [exp(logit - most) for logit in logits]
    total = sum(grown)
    return [value / total for value in grown]


@cache
def _recogniser() -> Recogniser:
    return Recogniser(read(FILE.read_bytes()))
