"""What an expert must know of a procedure before reading on: its name, who is competent, the legal term."""

from typing import Any

from contracts.vocabulary import procedure
from services.chassis.i18n import N_, Translator
from services.routing.labels import LEVEL, known

_PHASE = N_("{term} (one phase only)")


def about(code: str | None, words: Translator) -> dict[str, Any] | None:
    """The procedure in words; the statute stands beside its term, with the date of the text that was read."""
    found = procedure(code) if code else None
    if found is None:
        return None
    name = found.name_it if words.language == "it" else found.name_en or found.name_it
    levels = ", ".join(words(known(LEVEL, level)) for level in found.levels)
    term = found.statutory_term
    if term is None:
        return {"name": name, "levels": levels, "term": words(N_("no verified term known")), "statute": ""}
    length = words.duration(term.duration)
    shown = words(_PHASE, term=length) if term.clock == "phase" else length
    if not term.as_of:
        return {"name": name, "levels": levels, "term": shown, "statute": term.statute}
    statute = words(N_("{statute}, text of {date}"), statute=term.statute, date=term.as_of)
    return {"name": name, "levels": levels, "term": shown, "statute": statute}
