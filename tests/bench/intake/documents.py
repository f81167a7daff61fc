"""Documents like those that the handlers make: some that were really submitted, varied from a seed.

Realistic in what matters to an index: 1,517 bodies of very different size, eight themes, mostly closed, five years,
texts of the classifier's sentence generator (some hundred words are in a tenth of all texts, most words in a few).
Status and lead are derived by the handlers' own function from what a request of that status holds.
"""

import copy
import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from contracts import vocabulary
from contracts.envelope import derived_id
from deploy.classifier.synthetic import Writer
from services.intake.domain.words import tokens
from services.intake.handlers.aggregate import refresh

Document = dict[str, Any]
BODIES = vocabulary.bodies()
THEMES = tuple(theme.code for theme in vocabulary.themes())[:8]
EXPERTS = tuple(derived_id("bench-intake", "expert", str(number)) for number in range(200))
YEARS = 5
_BEYOND = 1_000_000
"""Numbers that no real submission of this run is given."""
_PROCEDURES = {theme.code: theme.procedures for theme in vocabulary.themes()}
_TEXTS_OF_A_THEME = 2_000
_KINDS = ("closed", "resolved", "withdrawn", "merged", "in_progress", "waiting", "assigned", "submitted", "triage")
_WEIGHTS = (0.86, 0.04, 0.02, 0.01, 0.03, 0.01, 0.01, 0.015, 0.005)
_PLACES = (
    "Cascina",
    "Lottizzazione",
    "Ex Cava",
    "Comparto",
    "Roggia",
    "Villa",
    "Mulino",
    "Molino",
    "Corte",
    "Opificio",
)
_SYLLABLES = ("ba", "co", "der", "fi", "gal", "lo", "mar", "ne", "pri", "ro", "san", "te", "ver", "zo", "lin", "gu")


def size_of(body: vocabulary.Body) -> float:
    """How much a body asks: by its people, but small ones ask more for each of them."""
    return float(max(body.population or 0, 300)) ** 0.7


class Maker:
    """Makes documents, oldest first; the same for the same seed and examples."""

    def __init__(self, seed: int, examples: Sequence[Document], until: datetime, count: int) -> None:
        self._chance = random.Random(seed)
        self._examples = examples
        self._texts = {theme: self._written(theme) for theme in THEMES}
        self._bodies = list(itertools.accumulate(size_of(body) for body in BODIES))
        self._names = {body.code: tokens(body.name) for body in BODIES}
        self._moment = until - timedelta(days=365 * YEARS)
        self._step = timedelta(days=365 * YEARS) / (count + 1)

    def _written(self, theme: str) -> list[tuple[str, str, list[str]]]:
        """Titles and descriptions of a theme, with their words; looked up, because making one costs 0.3 ms."""
        writer = Writer(random.Random(self._chance.random()))
        made = []
        for _ in range(_TEXTS_OF_A_THEME):
            title, _, first = writer.about(theme).text.partition("\n")
            text = f"{first}\n{writer.about(theme).text}"
            made.append((title[:150] or "Richiesta", text, tokens(title, text)))
        return made

    def documents(self, first: int, count: int) -> Iterator[Document]:
        """So many, numbered from `first` on."""
        for number in range(first, first + count):
            self._moment += self._step
            yield self._document(number)

    def _document(self, number: int) -> Document:
        chance = self._chance
        made = copy.copy(self._examples[number % len(self._examples)])
        body = chance.choices(BODIES, cum_weights=self._bodies)[0]
        theme = chance.choice(THEMES)
        procedure = chance.choice((None, *_PROCEDURES[theme]))
        title, text, words = chance.choice(self._texts[theme])
        other = chance.choice(self._texts[theme])
        place = f"{chance.choice(_PLACES)} {''.join(chance.choices(_SYLLABLES, k=3)).capitalize()}"
        protocol = f"{number % 90_000 + 1:07}/{self._moment.year}"
        shown = f"{self._moment.year}-{_BEYOND + number}"
        found = {*words, *other[2], *self._names[body.code], *tokens(place, protocol, shown)}
        made |= {
            "_id": derived_id("bench-intake", str(number)), "number": shown,
            "body": body.code, "body_name": body.name, "province": body.province,
            "kind": "technical" if chance.random() < 0.6 else "legal", "title": f"{title} - {place}",
            "description": f"{text}\n{other[1]}", "urgency": "high" if chance.random() < 0.1 else "normal",
            "protocol": {"number": protocol, "date": self._moment.date().isoformat(), "registry": ""},
            "theme": theme, "procedure": procedure, "tokens": sorted(found),
            "submitted_at": self._moment, "received_at": self._moment, "updated_at": self._moment,
        }  # fmt: skip
        return self._in_status(made, chance.choices(_KINDS, _WEIGHTS)[0])

    def _in_status(self, made: Document, status: str) -> Document:
        """What a request in this status holds; that recent ones are more often under way does not matter here."""
        if status == "triage":
            made |= {"theme": None, "procedure": None}
        if status == "merged":
            made["merged_into"] = {"id": made["_id"], "number": made["number"]}
        bases = {"closed", "resolved", "withdrawn", "merged", "waiting"}
        made["base"] = status if status in bases else "open"
        if status not in ("submitted", "triage", "withdrawn"):
            made["assignment"] = self._assignment("offered" if status == "assigned" else "accepted")
        if status in ("closed", "resolved"):
            made |= {
                "freed_round": 0,
                "last_lead": made["assignment"]["expert"],
                "rating": self._chance.choice((None, 4, 5)),
            }
            by = made["last_lead"]
            made["resolution"] = {"outcome": "solved", "message": made["_id"], "at": self._moment, "by": by}
        refresh(made)
        return made

    def _assignment(self, status: str) -> Document:
        expert = self._chance.choice(EXPERTS)
        times = {"offered_at": self._moment, "expires_at": self._moment, "accepted_at": self._moment}
        return {
            "id": expert, "round": 0, "status": status, "expert": expert, "task_force": None, "reason": None,
            "order": [1, 3], **times,
        }  # fmt: skip
