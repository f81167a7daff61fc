"""Where a text names who is known: the people and the body of one request, in whatever way people write names.

Case, accents (also typed as apostrophes), `Sant'`, `S.`, line breaks and hyphens make no difference. A name that is an
ordinary word as well (`Costa`, `Opera`) is certain where a capital stands within a sentence, beside a title, beside
another name of the person, after `comune di`; at the beginning of a sentence it is doubtful, in small letters nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from services.intake.domain.ordinary_names import BESIDE_NAMES, NOBODY, ORDINARY
from services.intake.domain.signs import plain_hyphens
from services.intake.domain.texts import is_small_word

Kind = Literal["person", "body", "email", "phone", "protocol", "tax_number", "street", "number"]


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


_PARTICLES = frozenset((
    "di", "de", "del", "dello", "della", "dei", "degli", "delle", "da", "dal", "dalla", "dai", "lo", "la", "le", "li",
    "san", "van", "von",
))  # fmt: skip
"""They belong to the word behind them: alone they name nobody."""
_BETWEEN_NAMES = re.compile(r"[\s,()\[\]\"«»“”-]+")
_SAINTS = frozenset(("san", "santo", "santa"))
_ELIDED = re.compile(r"(d|l|dell|dall|sull|sant)'(?=\w)")
_TITLE = re.compile(
    r"(?<!\w)(?:sig(?:\.|\.? ?ra|nor[ae]?)|dott(?:\.|\.? ?ssa|or|oressa)|dr(?:\.|\.? ?ssa)|geom\.|arch\.|ing\.|avv\.|"
    r"rag\.|prof(?:\.|\.? ?ssa|essor|essoressa))\s*$"
)
_BODY = (
    r"(?:comun[ei]|municipio|provinci?[ae]|citta'?(?:\s+metropolitana)?)\s+"
    r"(?:di\s+|del\s+|della\s+|dell'\s*|d'\s*)?"
)
_OF_A_BODY = re.compile(
    r"(?<!\w)(?:comune|municipio|citta'?|provincia|(?:vice)?sindac[oa]|giunta|consiglio comunale|ufficio tecnico|"
    r"polizia locale|amministrazione(?: comunale)?)\s+(?:di\s+|d'\s*)$|(?<!\w)comune\.$"
)
_PREPOSITION = re.compile(r"(?<!\w)(?:a|ad|di|da|presso|per|tra|fra|con|su)\s+$")
_BETWEEN = r"(?:[\s,()–-]|(?<=[^\W\d_])(?<![^\W\d_]{5})\.)"
"""Between the words of one citation; a full stop behind more than four letters ends a sentence."""
_COURT = re.compile(
    r"\b(?:[Tt]\.?[Aa]\.?[Rr]\.?|TRIBUNALE|[Tt]ribunale|[Cc]orte|[Cc]onsiglio di [Ss]tato|ARPA|[Aa]rpa|"
    rf"[Ss]oprintendenza)(?:{_BETWEEN}+(?:[A-ZÀ-Ý][\w'’]*|sez\b|sezione|staccata|ordinario|amministrativo|regionale|civile|penale|conti|"
    rf"controllo|dipartimento|distretto|province?|d[aei]|del|della|dell['’]|dei|per|la|le|e)(?!\w))*{_BETWEEN}*$"
)
"""Before a town's name it cites a ruling or an authority, and says nothing about whose request it was."""
_LEAST_NAME, _LEAST_SMALL = 3, 4
_START, _END = r"(?<![^\W_])", r"(?![^\W_])"
"""Where a name begins and ends: an underscore stands between words, as in the name of a file."""
_NEAR = 80
"""Characters around a name that tell what it is."""


def named(text: str, known: Known) -> Iterator[Finding]:
    """Every place, in no order; places may overlap. text: normalised (NFC)."""
    flattened = flat(text)
    for exact, kind in known.exact:
        written = r"\s+".join(map(re.escape, flat(exact).split()))
        # An underscore is a part of an address, and stands beside a number: `prot_8812/2026`.
        start, end = (r"(?<!\w)", r"(?!\w)") if kind == "email" else (_START, _END)
        yield from (_at(kind, text, found.span()) for found in re.finditer(f"{start}{written}{end}", flattened))
    for name in known.bodies:
        yield from _bodies(text, flattened, name)
    for name in known.persons:
        yield from _together(text, flattened, _units(name))
    for unit in sorted({unit for name in known.persons for unit in _units(name)}):
        yield from _alone(text, flattened, unit)


def flat(text: str) -> str:
    """Lower case without accents, letter for letter, so that places stay the same."""
    return "".join(map(_letter, plain_hyphens(unicodedata.normalize("NFC", text))))


@lru_cache(maxsize=2_000)
def _letter(letter: str) -> str:
    if letter in "’‘`´":
        return "'"
    plain = unicodedata.normalize("NFKD", letter)[:1].lower()
    return plain if len(plain) == 1 else letter


def _bodies(text: str, flattened: str, name: str) -> Iterator[Finding]:
    ordinary = (plain := flat(name)) in ORDINARY or is_small_word(plain)
    for found in re.finditer(rf"{_START}(?P<what>{_BODY})?(?P<name>{_written(name.split())}){_END}", flattened):
        start = found.start("name")
        before = flattened[max(0, start - _NEAR) : start]
        certain = _OF_A_BODY.search(before) is not None
        if not found["what"] and _COURT.search(text[max(0, start - _NEAR) : start]):
            continue
        if not ordinary or certain:
            yield _at("body", text, found.span())
        elif text[start].isupper():
            placed = _PREPOSITION.search(before) is not None and _capital_tells(text, start, found.end())
            yield _at("body", text, found.span(), known=placed)


def _together(text: str, flattened: str, units: Iterable[str]) -> Iterator[Finding]:
    """Two or more names of one person beside each other, in any order."""
    one = "|".join(_written(unit.split()) for unit in sorted(units, key=lambda unit: (-len(unit), unit)))
    joined = rf"(?:\s*\((?:{one}){_END}\)|(?:[\s,]+|[._-](?=\w))(?:{one}){_END})"
    for found in re.finditer(rf"{_START}(?:{one}){_END}(?:{joined})+", flattened):
        names = {*re.findall(rf"{_START}(?:{one}){_END}", found[0])}
        if len(names) > 1 and not names <= NOBODY:
            yield _at("person", text, found.span())


def _alone(text: str, flattened: str, unit: str) -> Iterator[Finding]:
    """A single name of a person, with the particles that belong to it."""
    bare = re.split(r"[\s']+", flat(unit).rstrip("'"))[-1]
    ordinary = bare in ORDINARY or is_small_word(bare)
    for found in re.finditer(rf"{_START}{_written(unit.split())}{_END}", flattened):
        start, end = found.span()
        capital = text[start + found[0].rstrip("'").rindex(bare)].isupper()
        if _TITLE.search(flattened[max(0, start - _NEAR) : start]):
            yield _at("person", text, (start, end))
        elif len(bare) < _LEAST_NAME or bare in NOBODY or (ordinary and not (capital and text[start].isupper())):
            continue
        elif ordinary:
            yield _at("person", text, (start, end), known=_capital_tells(text, start, end))
        elif capital or len(bare) >= _LEAST_SMALL:
            yield _at("person", text, (start, end), known=capital)


def _capital_tells(text: str, start: int, end: int) -> bool:
    """Whether a capital makes a word a name: within a sentence, and where not everything is in capitals."""
    before = text[max(0, start - _NEAR) : start].rstrip(" \t\"'’“«(*•·–—-")
    around = text[max(0, start - _NEAR) : start].rpartition("\n")[2] + text[end : end + _NEAR].partition("\n")[0]
    return bool(before) and before[-1] not in ".!?…\n" and not around.isupper()


def _units(name: str) -> list[str]:
    """The names of a person; each with its particles: `Giovanni`, `Della Valle`."""
    units: list[str] = []
    waiting: list[str] = []
    for word in _BETWEEN_NAMES.split(name):
        if not any(map(str.isalnum, word)) or flat(word).rstrip(".") in BESIDE_NAMES:
            continue
        waiting.append(word)
        if flat(word) not in _PARTICLES:
            units.append(" ".join(waiting))
            waiting = []
    return [*units, " ".join(waiting)] if waiting else units


def _written(words: Iterable[str]) -> str:
    """The pattern of a name in a flat text."""
    parts = [part for word in words for part in word.split("-") if part]
    pattern = ""
    for number, part in enumerate(parts, 1):
        last = number == len(parts)
        plain = flat(part)
        if plain in _SAINTS and not last:
            pattern += rf"(?:{plain}[\s-]+|s\.\s*)"
            continue
        pattern += _one(part, plain) + ("" if last else r"[\s-]+")
    return pattern


def _one(word: str, plain: str) -> str:
    elided = _ELIDED.match(plain)
    before = "" if elided is None else rf"{elided[1]}(?:'\s*|\s+)"
    if elided and elided[1] == "sant":
        before = r"(?:sant(?:'\s*|\s+)|s\.\s*)"
    rest = plain[elided.end() :] if elided else plain
    # An accent at the end is often typed as an apostrophe.
    accented = rest[-1:] == "'" or (rest[-1:] in "aeiou" and not word[-1:].isascii())
    return before + re.escape(rest.rstrip("'")) + ("'?" if accented else "")


def _at(kind: Kind, text: str, place: tuple[int, int], known: bool = True) -> Finding:
    return Finding(kind, text[place[0] : place[1]], place[0], known)
