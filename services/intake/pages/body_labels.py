"""What people are told of bodies instead of codes: kinds, how far a body has come, what its protocol bears."""

from datetime import date
from typing import Any

from contracts import vocabulary
from services.chassis.i18n import N_, Translator
from services.chassis.mongo import Document
from services.intake.handlers.register import status_of
from services.intake.pages.labels import Tone

KINDS = {
    "comune": N_("Municipality"),
    "provincia": N_("Province"),
    "citta_metropolitana": N_("Metropolitan city"),
}
STATUSES: dict[str, tuple[str, Tone]] = {
    "known": (N_("Not registered"), "neutral"),
    "registered": (N_("Registration to be approved"), "warning"),
    "approved": (N_("Approved"), "success"),
    "rejected": (N_("Registration refused"), "danger"),
}
ENDED: tuple[str, Tone] = (N_("Ended"), "neutral")
SIGNATURES = {
    "cades": N_("The file is a signed envelope (.p7m)."),
    "pades": N_("The PDF bears a digital signature."),
    "none": N_("The PDF bears no digital signature: it may be a scan of a document signed by hand."),
}
DELEGATES: dict[str, tuple[str, Tone]] = {
    "active": (N_("Enabled"), "success"),
    "planned": (N_("From a day to come"), "info"),
    "ended": (N_("No longer enabled"), "neutral"),
}


def status(body: vocabulary.Body, state: Document | None, day: date) -> tuple[str, Tone]:
    """How far a body has come: words (msgid) and tone."""
    if body.valid_to is not None and body.valid_to < day:
        return ENDED
    return STATUSES[status_of(state)]


def provinces() -> list[tuple[str, str]]:
    """Provinces to choose from, by name."""
    return sorted(((item.sigla, item.name) for item in vocabulary.provinces()), key=lambda entry: entry[1])


def facts(body: vocabulary.Body, words: Translator) -> list[tuple[str, Any]]:
    """What stands in the register about a body: names and values."""
    province = vocabulary.province(body.province)
    rows: list[tuple[str, Any]] = [
        (words(N_("Kind of body")), words(KINDS[body.kind])),
        (words(N_("Province")), province.name if province else body.province),
        (words(N_("ISTAT code")), body.code),
        (words(N_("IPA code")), body.ipa_code),
        (words(N_("Inhabitants")), words.number(body.population)),
    ]
    if body.valid_from:
        rows.append((words(N_("In force since")), words.date(body.valid_from)))
    if body.valid_to:
        rows.append((words(N_("In force until")), words.date(body.valid_to)))
    return rows


def choice(body: vocabulary.Body) -> dict[str, str]:
    """A body as links show it."""
    return {"code": body.code, "name": body.name}


def attempts(state: Document | None, names: dict[str | None, str], words: Translator) -> list[dict[str, Any]]:
    """The registrations of a body, the newest first: protocol, decision, and who sent and decided."""
    found = [*(state.get("earlier", ()) if state else ()), *([state] if state and state.get("protocol") else ())]
    return [
        {
            **attempt["protocol"],
            "sent_by": names.get(attempt["protocol"]["by"], ""),
            "megabytes": words.number(max(round(attempt["protocol"]["size"] / 1_000_000, 1), 0.1)),
            "signature": words(SIGNATURES[attempt["protocol"].get("signature", "none")]),
            "decision": attempt["decision"],
        }
        for attempt in reversed(found)
    ]
