"""Which of several texts fit a question: those that share its rare words, those of its theme first."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_THEME_COUNTS = 1.5
_LEAST_SHARED = 2
_LEAST_SCORE = 0.12
"""Of what a text with every word of the question would have."""


@dataclass(frozen=True)
class Candidate:
    """A text by its stems, and its themes."""

    id: str
    stems: frozenset[str]
    themes: frozenset[str]


def fitting(question: Collection[str], themes: Collection[str], among: Sequence[Candidate], most: int) -> list[str]:
    """The ids of those that fit best, best first; none rather than some that do not."""
    wanted = set(question)
    seen = Counter(stem for candidate in among for stem in candidate.stems & wanted)
    weight = {stem: math.log(1 + (len(among) + 1) / (1 + seen[stem])) for stem in wanted}
    total = sum(weight.values())
    scored = []
    for candidate in among:
        shared = candidate.stems & wanted
        same = not candidate.themes.isdisjoint(themes)
        score = sum(weight[stem] for stem in shared) / total * (_THEME_COUNTS if same else 1) if total else 0.0
        if len(shared) >= _LEAST_SHARED and score >= _LEAST_SCORE:
            scored.append((-score, candidate.id))
    return [id for _, id in sorted(scored)[:most]]
