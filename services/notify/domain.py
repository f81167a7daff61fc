"""Pure rules: how a body is named in a sentence, who holds a role at a moment, when to try again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from contracts.vocabulary import body, successor

FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=48)
TOO_OLD = timedelta(days=7)
"""What happened longer ago is shown on the page, but no longer brought to people."""

_FEMININE = ("provincia", "città", "comunità", "regione", "unione", "azienda", "agenzia", "autorità", "camera")
_OF = {"il": "del", "lo": "dello", "la": "della", "l’": "dell’"}
_VOWELS = "aeiouàèéìòù"


@dataclass(frozen=True)
class Naming:
    """A body as sentences need it: `the` "il Comune di Agra", `of` "del Comune di Agra"."""

    the: str
    of: str


def naming(code: str, name: str, language: Literal["it", "en"]) -> Naming:
    """How sentences of a language name a body; official names are not translated."""
    full = official_name(code, name)
    if language == "en":
        return Naming(f"the {full}", f"of the {full}")
    article = article_of(full)
    return Naming(_joined(article, full), _joined(_OF[article], full))


def official_name(code: str, name: str) -> str:
    """`Agra` is `Comune di Agra`; names that already say what the body is are kept."""
    known = body(code)
    if known and known.kind == "citta_metropolitana":
        return name.replace("Città Metropolitana", "Città metropolitana")
    is_comune = known.kind == "comune" if known else len(code) == 6 and code.isdecimal()
    return f"Comune di {name}" if is_comune and not name.lower().startswith("comune ") else name


def acting_for(code: str, day: date) -> list[str]:
    """The body, and after its end the one that carries on for it: their people are told."""
    known = body(code)
    heir = successor(known, day) if known else None
    return [code, heir.code] if heir else [code]


def article_of(name: str) -> Literal["il", "lo", "la", "l’"]:
    """The Italian article of a public body, elided before a vowel."""
    first = name.split(maxsplit=1)[0].lower() if name.strip() else ""
    if first[:1] in _VOWELS and first:
        return "l’"
    if first in _FEMININE:
        return "la"
    impure = first[:1] in ("z", "x", "y") or first[:2] in ("gn", "ps", "pn")
    if impure or (first[:1] == "s" and first[1:2] not in _VOWELS):
        return "lo"
    return "il"


def _joined(article: str, name: str) -> str:
    return f"{article}{name}" if article.endswith("’") else f"{article} {name}"


def holds(
    grants: Sequence[Mapping[str, Any]],
    told: Sequence[Mapping[str, Any]],
    roles: Iterable[str],
    scopes: Iterable[str | None] | None,
    at: datetime,
) -> bool:
    """Whether somebody held one of the roles in one of the scopes at a moment, as was already told at that moment.

    scopes: None for whichever.
    A grant that is dated back, but was told later, does not bring old news.
    """
    since = {(row["role"], row["scope"], row["start"]): row["told"] for row in told}
    wanted_roles, wanted_scopes = set(roles), None if scopes is None else set(scopes)
    return any(
        grant["role"] in wanted_roles
        and (wanted_scopes is None or grant["scope"] in wanted_scopes)
        and grant["start"] <= at
        and (grant["end"] is None or at < grant["end"])
        and since.get((grant["role"], grant["scope"], grant["start"]), at) <= at
        for grant in grants
    )


def delay_after(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many failed attempts: 1 minute, doubled up to 1 hour, spread by `chance` (0..1)."""
    grown = min(FIRST_DELAY * (1 << min(attempts - 1, 10)), LONGEST_DELAY)
    return grown * (0.8 + 0.4 * chance)


def patience(age: timedelta) -> timedelta:
    """When to look again for what a notice waits for: soon after the event, more seldom later."""
    return min(max(age / 4, timedelta(milliseconds=200)), timedelta(minutes=10))
