"""Made-up labelled texts: the same for the same seed. Expressions of a theme in sentences that say nothing of it.

Every theme gets as many texts; a share of them mentions another theme in passing, some are about two themes at once
(such a text stands twice, each time for half), and some about none.
"""

import random
import re
from collections.abc import Iterator

from contracts.vocabulary import procedures
from deploy.classifier.material import Labelled, frames, lexicon
from deploy.classifier.noise import roughened
from services.intake.classifier.model import NOBODY

OF_A_THEME = 1_600
OF_NOBODY = 3_200
OF_TWO = 1_600
_IN_PASSING = 0.15
_PARENTHESES = re.compile(r"\s*\([^)]*\)")


def synthetic(seed: int) -> list[Labelled]:
    """All made-up texts."""
    writer = Writer(random.Random(seed))
    codes = [code for code in lexicon() if code != NOBODY]
    return [
        *(writer.about(code) for code in codes for _ in range(OF_A_THEME)),
        *(writer.about_nothing() for _ in range(OF_NOBODY)),
        *(text for _ in range(OF_TWO) for text in writer.about_two(codes)),
    ]


class Writer:
    """Writes one text after the other; what comes next follows from chance alone."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def about(self, code: str) -> Labelled:
        """A text about one theme, two times out of three about one of its procedures."""
        procedure = self._pick(theme_codes(code)) if self._chance.random() < 0.67 else None
        said = [self._sentence(code, procedure) for _ in range(self._chance.choice((1, 1, 2, 2, 3, 4)))]
        said += [self._neutral() for _ in range(self._chance.choice((0, 0, 1, 2)))]
        if self._chance.random() < _IN_PASSING:
            said.append(self._in_passing(code))
        self._chance.shuffle(said)
        subject = self._filled(self._pick(frames()["subjects"]), code, procedure)
        if "{" not in subject and subject in frames()["subjects"]:
            said.insert(0, self._framed(code, procedure))
        return Labelled(self._letter(subject, said), code, procedure)

    def about_two(self, codes: list[str]) -> Iterator[Labelled]:
        """A text about two themes in equal parts."""
        first, second = self._chance.sample(codes, 2)
        said = [self._framed(first, None), self._framed(second, None)]
        said += [self._sentence(code, None) for code in (first, second) if self._chance.random() < 0.5]
        subject = self._pick(("due quesiti", "quesiti vari", "richiesta", "supporto", "domande diverse"))
        text = self._letter(subject, said)
        yield Labelled(text, first, weight=0.5)
        yield Labelled(text, second, weight=0.5)

    def about_nothing(self) -> Labelled:
        """A text about no theme of the programme."""
        said = [self._neutral() for _ in range(self._chance.choice((0, 1, 1, 2)))]
        subject = self._pick(("richiesta", "informazioni", "aiuto", "", "domanda", "supporto", "comunicazione"))
        kind = self._chance.random()
        if kind < 0.15:
            # A clashing abbreviation and nothing else to tell by.
            word = self._pick(lexicon()[NOBODY]["ambiguous"])
            subject = self._pick((subject, word))
            said.append(self._placed(self._pick(frames()["sentences"]).replace("{x}", word)))
        elif kind < 0.8:
            subject = self._filled(self._pick(frames()["subjects"]), NOBODY, None)
            said += [self._sentence(NOBODY, None) for _ in range(self._chance.choice((1, 1, 2)))]
        elif not said or self._chance.random() < 0.5:
            said.append(self._pick(lexicon()[NOBODY]["sentences"]))
        self._chance.shuffle(said)
        return Labelled(self._letter(subject, said), NOBODY)

    def _letter(self, subject: str, said: list[str]) -> str:
        parts = frames()
        body = " ".join(part for part in (self._pick(parts["openings"]), *said) if part)
        closing = self._pick(parts["closings"])
        signature = self._placed(self._pick(parts["signatures"])) if closing else ""
        return roughened("\n".join(part for part in (subject, body, closing, signature) if part), self._chance)

    def _sentence(self, code: str, procedure: str | None) -> str:
        if self._chance.random() < 0.4:
            return self._pick(lexicon()[code]["sentences"])
        return self._framed(code, procedure)

    def _framed(self, code: str, procedure: str | None) -> str:
        return self._filled(self._pick(frames()["sentences"]), code, procedure)

    def _in_passing(self, code: str) -> str:
        other = self._pick([another for another in lexicon() if another not in (code, NOBODY)])
        return f"Si veda anche {self._pick(lexicon()[other]['things'])}."

    def _neutral(self) -> str:
        return self._placed(self._pick(frames()["neutral"]))

    def _filled(self, frame: str, code: str, procedure: str | None) -> str:
        while "{x}" in frame:
            frame = frame.replace("{x}", self._expression(code, procedure), 1)
        return self._placed(frame)

    def _placed(self, frame: str) -> str:
        street = f"{self._pick(frames()['streets'])} {self._chance.randrange(1, 90)}"
        return frame.replace("{street}", street).replace("{name}", self._pick(frames()["names"]))

    def _expression(self, code: str, procedure: str | None) -> str:
        things = lexicon()[code]["things"]
        if procedure and self._chance.random() < 0.7:
            return self._pick([_PARENTHESES.sub("", names()[procedure]), *lexicon()[code]["procedures"][procedure]])
        if code != NOBODY and procedure is None and self._chance.random() < 0.2:
            # Named besides, without being what the text is about.
            return self._pick(lexicon()[code]["procedures"][self._pick(theme_codes(code))])
        return self._pick(things)

    def _pick(self, choices: list[str] | tuple[str, ...]) -> str:
        return choices[self._chance.randrange(len(choices))]


def names() -> dict[str, str]:
    """Procedure -> its Italian name."""
    return {procedure.code: procedure.name_it for procedure in procedures()}


def theme_codes(code: str) -> tuple[str, ...]:
    """The procedures of a theme."""
    return tuple(procedure.code for procedure in procedures() if procedure.theme == code)
