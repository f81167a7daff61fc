"""What in a text names somebody: bodies, persons, addresses, numbers. Found, said, and replaced by neutral words.

Names that are known (`Known`: the people and the body of one request) are found however they are written, and must
not stand in what is published. The rest is found by its form alone: it is pointed out, and a person decides.
No rule finds every name; that is why a second person reads before everybody does.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from services.intake.domain.places import bodies_in
from services.intake.domain.tax_numbers import is_company_number

Kind = Literal["person", "body", "email", "phone", "protocol", "tax_number", "street", "number"]
NEUTRAL: dict[Kind, str] = {
    "person": "una persona",
    "body": "(ente)",
    "email": "(indirizzo di posta)",
    "phone": "(telefono)",
    "protocol": "(numero di protocollo)",
    "tax_number": "(codice fiscale)",
    "street": "(indirizzo)",
    "number": "(richiesta)",
}
"""What stands in a draft instead."""
_BODIES = {
    "comun": "Comune interessato",
    "provinc": "Provincia interessata",
    "citta": "Città metropolitana interessata",
}
"""The same for a body that is written with what it is."""


@dataclass(frozen=True)
class Known:
    """What is known of one request. bodies: names without `Comune di`. exact: addresses and numbers, kind by text."""

    persons: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    exact: tuple[tuple[str, Kind], ...] = ()


@dataclass(frozen=True)
class Finding:
    """A place in a text. known: it names the people or the body of the request; else it only looks like a name."""

    kind: Kind
    text: str
    start: int
    known: bool

    @property
    def end(self) -> int:
        """Behind its last character."""
        return self.start + len(self.text)


_CAPITAL = r"[A-ZÀ-Ý][\w'’]+"
_CITY = r"(?:[Cc]omun[ei]|[Mm]unicipio|[Pp]rovinci?[ae]|[Cc]ittà [Mm]etropolitana|COMUNE|PROVINCIA)"
_TITLES = (
    r"[Ss]ig\.(?: ?ra)?|[Ss]ignor[ae]?|[Dd]ott\.(?: ?ssa)?|[Dd]ottor(?:essa)?|[Gg]eom\.|[Gg]eometra|[Aa]rch\.|"
    r"[Aa]rchitetto|[Ii]ng\.|[Ii]ngegner[ea]?|[Aa]vv\.|[Aa]vvocat[oa]|[Rr]ag\.|[Ss]indac[oa]|[Aa]ssessor[ea]"
)
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("tax_number", re.compile(r"\b[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]\b")),
    ("tax_number", re.compile(r"\b(?:IT ?)?\d{11}\b")),
    ("protocol", re.compile(
        r"\b[Pp]rot(?:ocollo|\.)?(?: ?(?:n|num|nr)\.?| ?n°| ?numero| gen(?:erale|\.))* ?:? ?\d[\d./-]*\b"
    )),
    ("phone", re.compile(r"(?<![\d/.])(?:\+39[ .-]?)?(?:0\d{1,3}|3\d{2})(?:[ ./-]?\d){6,8}(?![\d/])")),
    ("street", re.compile(
        r"\b(?:[Vv]ia|[Vv]iale|[Pp]iazza|[Pp]iazzale|[Cc]orso|[Vv]icolo|[Ll]argo|[Ll]ocalità|[Ss]trada) "
        rf"(?:(?:d[aei]l?l?[aoe']?|della|delle|degli|dei|San|Santa) ?)?{_CAPITAL}(?: {_CAPITAL}){{0,3}}"
        r"(?:,? ?(?:n\.?|n°)? ?\d{1,4}(?:/?[A-Za-z])?\b)?"
    )),
    ("person", re.compile(rf"\b(?:{_TITLES}) ?{_CAPITAL}(?: {_CAPITAL}){{0,2}}")),
    ("body", re.compile(
        rf"\b{_CITY} (?:di |del |della |dell['’]|d['’])?{_CAPITAL}(?: (?:(?:di|del|al|sul|con) )?{_CAPITAL}){{0,3}}"
    )),
)  # fmt: skip
_COURT = re.compile(
    r"\b(?:T\.?A\.?R\.?|tribunale|corte|consiglio di stato|arpa|soprintendenza)\b[^;\n]{0,40}$", re.IGNORECASE
)
"""Before a town's name it cites a ruling or an authority, and says nothing about whose request it was."""
_LEAST_PART = 3


def findings(text: str, known: Known) -> list[Finding]:
    """Every place that names somebody, in order; what is known wins over what only looks like a name."""
    text = unicodedata.normalize("NFC", text)
    kept: list[Finding] = []
    for finding in [*_known(text, known), *_alike(text)]:
        if not any(finding.start < other.end and other.start < finding.end for other in kept):
            kept.append(finding)
    return sorted(kept, key=lambda finding: finding.start)


def neutral(text: str, known: Known) -> str:
    """The text with neutral words in those places."""
    text = unicodedata.normalize("NFC", text)
    for finding in reversed(findings(text, known)):
        text = text[: finding.start] + _instead(finding) + text[finding.end :]
    return text


def _instead(finding: Finding) -> str:
    flat = _flat(finding.text)
    named = next((words for start, words in _BODIES.items() if flat.startswith(start)), None)
    return named if named and finding.kind == "body" and " " in flat else NEUTRAL[finding.kind]


def _known(text: str, known: Known) -> Iterator[Finding]:
    flat = _flat(text)
    for exact, kind in sorted(known.exact, key=lambda entry: -len(entry[0])):
        yield from _each(kind, text, re.finditer(rf"(?<!\w){_loose(exact)}(?!\w)", flat))
    for name in known.persons:
        parts = [part for part in re.split(r"[\s]+", _flat(name)) if part]
        orders = {tuple(parts), tuple(reversed(parts))} if len(parts) > 1 else set()
        for order in sorted(orders):
            whole = r"[\s,]+".join(map(re.escape, order))
            yield from _each("person", text, re.finditer(rf"\b{whole}\b", flat))
    for name in known.bodies:
        place = rf"(?:{_CITY.lower()} (?:di |del |della |dell'|d')?)?\b{_loose(name)}\b"
        for finding in _each("body", text, re.finditer(place, flat)):
            if _capital(finding.text) and not _COURT.search(text[: finding.start]):
                yield finding
    yield from _parts(text, flat, known.persons)


def _parts(text: str, flat: str, persons: Iterable[str]) -> Iterator[Finding]:
    """A single name of a person, where it is written as a name: with a capital."""
    parts = {part for name in persons for part in re.split(r"\s+", _flat(name)) if len(part) >= _LEAST_PART}
    for part in sorted(parts):
        for finding in _each("person", text, re.finditer(rf"\b{re.escape(part)}\b", flat)):
            if finding.text[:1].isupper():
                yield finding


def _alike(text: str) -> Iterator[Finding]:
    for kind, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            digits = re.sub(r"\D", "", found.group())
            if kind == "tax_number" and len(digits) == 11 and not is_company_number(digits):
                continue
            yield Finding(kind, found.group(), found.start(), known=False)
    for start, end in bodies_in(text):
        yield Finding("body", text[start:end], start, known=False)


def _each(kind: Kind, text: str, places: Iterable[re.Match[str]]) -> Iterator[Finding]:
    for found in places:
        yield Finding(kind, text[found.start() : found.end()], found.start(), known=True)


def _capital(text: str) -> bool:
    """Whether the last part of a name is written as one."""
    return any(word[:1].isupper() for word in re.split(r"[\s'’]+", text) if len(word) > 1)


def _loose(text: str) -> str:
    return r"\s+".join(map(re.escape, _flat(text).split()))


def _flat(text: str) -> str:
    """Lower case without accents, letter for letter, so that places stay the same."""
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", text))


def _letter(letter: str) -> str:
    if letter in "’‘`´":
        return "'"
    plain = unicodedata.normalize("NFKD", letter)[:1].lower()
    return plain if len(plain) == 1 else letter
