"""How good a recogniser is on labelled texts: accuracy, confidently wrong, confusion table, calibration.

Right: the best theme is the labelled one; for a text that fits no theme, that it is left to a person.
Confidently wrong: a theme was set that is not the labelled one, also where none fits.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from deploy.classifier.material import CLASSES, Labelled
from services.intake.classifier.model import NOBODY
from services.intake.classifier.recognition import Recognition

_BANDS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.001)


@dataclass(frozen=True)
class Verdict:
    """One text, and what was recognised."""

    labelled: Labelled
    found: Recognition

    @property
    def best(self) -> str:
        """The best theme; `NOBODY` when not a single word was known."""
        return self.found.candidates[0][0] if self.found.candidates else NOBODY

    @property
    def right(self) -> bool:
        """See the top of this file."""
        if self.labelled.theme == NOBODY:
            return self.found.theme is None
        return self.best == self.labelled.theme

    @property
    def confidently_wrong(self) -> bool:
        """A theme was set, and it is the wrong one."""
        return self.found.theme is not None and self.found.theme != self.labelled.theme


@dataclass(frozen=True)
class Judgement:
    """All texts of a set."""

    verdicts: tuple[Verdict, ...]

    @property
    def accuracy(self) -> float:
        """Share of right ones, of all texts."""
        return _share(verdict.right for verdict in self.verdicts)

    @property
    def theme_accuracy(self) -> float:
        """The same among the texts that have a theme."""
        return _share(verdict.right for verdict in self.verdicts if verdict.labelled.theme != NOBODY)

    @property
    def confidently_wrong(self) -> float:
        """Share of all texts for which a wrong theme was set."""
        return _share(verdict.confidently_wrong for verdict in self.verdicts)

    @property
    def decided(self) -> float:
        """Share of the texts with a theme for which the right one was set, without a person."""
        with_theme = [verdict for verdict in self.verdicts if verdict.labelled.theme != NOBODY]
        return _share(verdict.found.theme == verdict.labelled.theme for verdict in with_theme)

    @property
    def calibration_error(self) -> float:
        """By how much confidence and truth differ, on average over bands of confidence."""
        return sum(abs(said - true) * count for _, count, said, true in self.bands()) / len(self.verdicts)

    def bands(self) -> list[tuple[str, int, float, float]]:
        """For each band of confidence: how many texts, mean confidence, share whose best theme is right."""
        rows = []
        for low, high in pairwise(_BANDS):
            inside = [verdict for verdict in self.verdicts if low <= verdict.found.confidence < high]
            if inside:
                said = sum(verdict.found.confidence for verdict in inside) / len(inside)
                true = _share(verdict.best == verdict.labelled.theme for verdict in inside)
                rows.append((f"{low:.2f}-{min(high, 1):.2f}", len(inside), said, true))
        return rows

    def confusion(self) -> list[str]:
        """Lines of a table: labelled theme against what was done."""
        counts = Counter((verdict.labelled.theme, verdict.best) for verdict in self.verdicts)
        left = Counter(verdict.labelled.theme for verdict in self.verdicts if verdict.found.theme is None)
        head = " " * 26 + "".join(f"{_short(code):>6}" for code in CLASSES) + "  left"
        lines = [
            f"{truth:<26}" + "".join(f"{counts[truth, best] or '.':>6}" for best in CLASSES) + f"{left[truth]:>6}"
            for truth in CLASSES
        ]
        return [head, *lines]

    def clashes(self) -> list[tuple[str, int, float]]:
        """For each clashing word: how many texts, and accuracy."""
        words = Counter(verdict.labelled.clash for verdict in self.verdicts if verdict.labelled.clash)
        return [
            (word, count, _share(verdict.right for verdict in self.verdicts if verdict.labelled.clash == word))
            for word, count in words.most_common()
        ]


def judge(recognise: Callable[[str], Recognition], texts: Sequence[Labelled]) -> Judgement:
    """Has every text recognised."""
    return Judgement(tuple(Verdict(text, recognise(text.text)) for text in texts))


def _share(values: Iterable[bool]) -> float:
    told = list(values)
    return sum(told) / len(told) if told else 0.0


def _short(code: str) -> str:
    return "".join(part[:3] for part in code.split("-"))[:5]
