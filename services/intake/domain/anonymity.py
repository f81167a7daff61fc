"""What in a text names somebody: bodies, persons, addresses, numbers. Found, said, and replaced by neutral words.

Names that are known (`Known`: the people and the body of one request) are found however they are written, and must
not stand in what is published. The rest is found by its form alone: it is pointed out, and a person decides.
No rule finds every name; that is why a second person reads before everybody does.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from services.intake.domain.known_names import Finding, Kind, Known, flat, named
from services.intake.domain.places import bodies_in
from services.intake.domain.signs import without_unseen
from services.intake.domain.tax_numbers import is_company_number

__all__ = ["NEUTRAL", "Finding", "Kind", "Known", "findings", "neutral"]
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
    "citta metropolitana": "Città metropolitana interessata",
    "citta": "Comune interessato",
}
"""The same for a body that is written with what it is."""
_CAPITAL = r"[A-ZÀ-Ý][\w'’]+"
_CITY = r"(?:[Cc]omun[ei]|[Mm]unicipio|[Pp]rovinci?[ae]|[Cc]ittà [Mm]etropolitana|COMUNE|PROVINCIA)"
_TITLES = (
    r"[Ss]ig\.(?: ?ra)?|[Ss]ignor[ae]?|[Dd]ott\.(?: ?ssa)?|[Dd]ottor(?:essa)?|[Gg]eom\.|[Gg]eometra|[Aa]rch\.|"
    r"[Aa]rchitetto|[Ii]ng\.|[Ii]ngegner[ea]?|[Aa]vv\.|[Aa]vvocat[oa]|[Rr]ag\.|[Ss]indac[oa]|[Aa]ssessor[ea]"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("email", _EMAIL),
    ("tax_number", re.compile(r"\b[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]\b")),
    ("tax_number", re.compile(r"\b(?:IT ?)?\d{11}\b")),
    ("protocol", re.compile(
        r"(?<![^\W_])[Pp]rot(?:ocollo|\.)?(?:[ _]?(?:n|num|nr)\.?|[ _]?n°|[ _]?numero|[ _]gen(?:erale|\.))*[ _]?:?[ _]?"
        r"\d[\d./_-]*(?<![./_-])(?![^\W_])"
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


def findings(text: str, known: Known) -> list[Finding]:
    """Every place that names somebody, in order; what is known wins over what only looks like a name."""
    text = _comparable(text)
    names = list(_in_addresses(text, named(text, known)))
    sure = sorted((one for one in names if one.known), key=lambda one: (one.start - one.end, one.start))
    kept: list[Finding] = []
    taken = bytearray(len(text))
    for finding in [*sure, *_alike(text), *(one for one in names if not one.known)]:
        place = slice(finding.start, finding.end)
        if not any(taken[place]):
            kept.append(finding)
            taken[place] = b"x" * len(finding.text)
    return sorted(kept, key=lambda finding: finding.start)


def neutral(text: str, known: Known) -> str:
    """The text with neutral words in those places."""
    text = _comparable(text)
    for finding in reversed(findings(text, known)):
        text = text[: finding.start] + _instead(finding) + text[finding.end :]
    return text


def _comparable(text: str) -> str:
    """The text as places in it are told: a name with a soft hyphen in it is that name."""
    return unicodedata.normalize("NFC", without_unseen(text))


def _instead(finding: Finding) -> str:
    plain = re.sub(r"[\s']+", " ", flat(finding.text))
    what = next((words for start, words in _BODIES.items() if plain.startswith(start)), None)
    return what if what and finding.kind == "body" and " " in plain else NEUTRAL[finding.kind]


def _in_addresses(text: str, names: Iterator[Finding]) -> Iterator[Finding]:
    """The same; a name within a mail address stands for all of the address."""
    addresses = list(_EMAIL.finditer(text))
    for one in names:
        within = next((each for each in addresses if each.start() <= one.start and one.end <= each.end()), None)
        yield replace(one, kind="email", text=within[0], start=within.start()) if within else one


def _alike(text: str) -> Iterator[Finding]:
    for kind, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            digits = re.sub(r"\D", "", found.group())
            if kind == "tax_number" and len(digits) == 11 and not is_company_number(digits):
                continue
            yield Finding(kind, found.group(), found.start(), known=False)
    for start, end in bodies_in(text):
        yield Finding("body", text[start:end], start, known=False)
