"""How alike two requests are: 0 for nothing in common, 1 for the same words.

Words count by what they tell: those of every letter (`_GENERAL`) hardly, and those that many of the compared requests
share less than rare ones. A short text within a long one counts as alike, and what stands in the title counts more.
The threshold was chosen on `tests/intake/similar/pairs.yaml`; change a number here and that test says what it costs.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.intake.domain.words import tokens

ALIKE = 0.4
"""From here on people are told."""
_TITLE, _WHOLE, _WITHIN = 0.2, 0.4, 0.4
_HARDLY = 0.15
_LEAST = 3
"""Words that say something, below which nothing is compared: of two words one is soon the same."""
_AMONG = 40
"""Texts that are compared, at least: among two alone every shared word would be one that half of them hold."""
_SHARED = 2
"""Words that say something, which two texts must have in common."""
_GENERAL = frozenset(
    tokens(
        """
    gentilmente cortesemente pregiati esimi ringraziamo ringraziando porgiamo porgo disposizione telefono mail
    prot protocollo buongiorno salve gentili egregi spettabile cordiali distinti saluti grazie attesa riscontro
    anticipatamente comune comunale ente enti ufficio uffici sindaco segretario responsabile tecnico tecnica
    settore servizio richiesta richiedere chiede chiediamo chiedere richiede assistenza supporto aiuto quesito
    parere domanda informazioni indicazioni chiarimenti consulenza esperto esperti task force serve bisogno
    occorre necessario dobbiamo possiamo vorremmo come procedere procedura procedimento pratica pratiche istanza
    norma normativa legge decreto articolo art comma termine termini giorni mesi anno anni data entro scadenza
    urgente urgenza presente oggetto relativa relativo merito riguardo inerente circa seguito allegato allegati
    documenti documento modello schema atto atti fac simile caso situazione problema territorio area zona via
    piazza nuovo nuova privato ditta societa cittadino proprietario presentato presentata ricevuto ricevuta fare
    fatto stato stata competente competenza possibile corretto deve devono essere prima dopo senza sempre anche
    ancora gia
    """
    )
)


@dataclass(frozen=True)
class Text:
    """The words of a request: of its title, and all."""

    title: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, title: str, words: Iterable[str], besides: Iterable[str] = ()) -> "Text":
        """Without numbers, which are other ones in each request, and `besides`, such as the name of the body."""
        left = frozenset(besides)
        told = frozenset(_plain(tokens(title))) - left
        return cls(told, frozenset(_plain(words)) - left | told)

    def shares(self, words: Iterable[str]) -> bool:
        """Whether these words hold enough of ours for a comparison to be worth its while."""
        return len((self.words - _GENERAL).intersection(words)) >= _SHARED

    @property
    def telling(self) -> list[str]:
        """The words that say something, of the title first; long ones before short ones, which are oftener frequent."""
        return sorted(self.words - _GENERAL, key=lambda word: (word not in self.title, -len(word), word))

    @property
    def says_something(self) -> bool:
        """Whether there is enough to compare."""
        return len(self.words - _GENERAL) >= _LEAST


def _plain(words: Iterable[str]) -> Iterable[str]:
    return (word for word in words if word.isalpha())


class _Weights(dict[str, float]):
    """What each word weighs, worked out when it is first asked for: sums over words then need no call of ours."""

    def __init__(self, counts: Mapping[str, int], number: int) -> None:
        super().__init__()
        self._counts, self._number = counts, number
        self._highest = math.log(2 + number)

    def __missing__(self, word: str) -> float:
        rarity = math.log((2 + self._number) / (1 + self._counts.get(word, 0)))
        share = _HARDLY if word in _GENERAL else 1.0
        # Squared once: that is what every sum needs.
        weight = self[word] = (share * max(rarity / self._highest, _HARDLY)) ** 2
        return weight


class Scale:
    """Weighs words by how many of the compared texts hold them: each text as its words, ours among them."""

    def __init__(self, compared: Iterable[Iterable[str]]) -> None:
        counts: Counter[str] = Counter()
        number = 0
        for words in compared:
            counts.update(words)
            number += 1
        self._weights = _Weights(counts, max(number, _AMONG))

    def _of(self, words: Iterable[str]) -> float:
        return sum(map(self._weights.__getitem__, words))

    def shared(self, text: Text, words: Iterable[str]) -> float:
        """What a text has in common with these words: cheap, to choose what is worth a comparison."""
        return self._of(text.words.intersection(words))

    def likeness(self, one: Text, other: Text) -> float:
        """From 0 to 1."""
        shared, mine, theirs = self._of(one.words & other.words), self._of(one.words), self._of(other.words)
        if not shared:
            return 0.0
        whole = _WHOLE * shared / math.sqrt(mine * theirs) + _WITHIN * shared / min(mine, theirs)
        # A title such as "urgent request" says nothing: then the rest decides.
        named, called = one.title - _GENERAL, other.title - _GENERAL
        if not (named and called):
            return whole / (_WHOLE + _WITHIN)
        return whole + _TITLE * self._of(named & called) / math.sqrt(self._of(named) * self._of(called))
