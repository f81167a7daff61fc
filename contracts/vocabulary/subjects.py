"""What a request can be about: themes and the procedures under them."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class StatutoryTerm:
    """A legal maximum that was read in a source; always show `statute` and `as_of` with it.

    duration: ISO 8601 (`P90D`, `P9M`; months are not days).
    clock: what it counts; `phase` is a term of one phase only, which `note_en` describes.
    as_of: the date that the source's text refers to, `2026`, `2026-01` or `2026-01-31`; None if it bears no date.
    """

    duration: str
    clock: Literal["calendar_days", "months", "phase"]
    statute: str
    as_of: str | None
    note_en: str | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Procedure:
    """An administrative procedure; `statutory_term` is None where no verified term is known.

    name_en: None where nobody has translated the name.
    listed: the programme's own pages name this procedure.
    levels: the kinds of authority competent for it.
    """

    code: str
    theme: str
    name_it: str
    name_en: str | None
    listed: bool
    levels: tuple[str, ...]
    statutory_term: StatutoryTerm | None


@dataclass(frozen=True, slots=True)
class Theme:
    """A subject with a task force of its own; `procedures` are codes, `keywords_it` help to recognise it."""

    code: str
    name_it: str
    name_en: str
    definition_en: str
    keywords_it: tuple[str, ...]
    procedures: tuple[str, ...]


def themes() -> tuple[Theme, ...]:
    """All themes in the programme's order."""
    return tuple(_themes().values())


def procedures() -> tuple[Procedure, ...]:
    """All procedures, theme by theme."""
    return tuple(_procedures().values())


def theme(code: str) -> Theme | None:
    """The theme with exactly this code, None if there is none."""
    return _themes().get(code)


def procedure(code: str) -> Procedure | None:
    """The procedure with exactly this code, None if there is none."""
    return _procedures().get(code)


@cache
def _entries() -> list[dict[str, Any]]:
    text = Path(__file__).with_name("themes.json").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = json.loads(text)["themes"]
    return entries


@cache
def _themes() -> dict[str, Theme]:
    return {
        entry["code"]: Theme(
            code=entry["code"],
            name_it=entry["name_it"],
            name_en=entry["name_en"],
            definition_en=entry["definition_en"],
            keywords_it=tuple(entry["keywords_it"]),
            procedures=tuple(procedure["code"] for procedure in entry["procedures"]),
        )
        for entry in _entries()
    }


@cache
def _procedures() -> dict[str, Procedure]:
    return {item["code"]: _procedure(entry["code"], item) for entry in _entries() for item in entry["procedures"]}


def _procedure(theme_code: str, item: dict[str, Any]) -> Procedure:
    return Procedure(
        code=item["code"],
        theme=theme_code,
        name_it=item["name_it"],
        name_en=item["name_en"],
        listed=item["listed"],
        levels=tuple(item["levels"]),
        statutory_term=_statutory_term(item),
    )


def _statutory_term(item: dict[str, Any]) -> StatutoryTerm | None:
    term = item.get("term")
    # The data holds no other terms, but a wrong day shown as law costs more than a second look.
    if term is None or item["verification"] != "verified":
        return None
    return StatutoryTerm(**{**term, "sources": tuple(term["sources"])})
