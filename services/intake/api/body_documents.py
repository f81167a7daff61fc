"""How bodies look in answers: what everybody may know, and what their people and the Segreteria Tecnica may."""

from datetime import date

from contracts import vocabulary
from services.chassis.mongo import Document
from services.intake.api.answers import Json, instant
from services.intake.domain.programme import Programme
from services.intake.handlers.admission import entrances, may_enter


def body_document(body: vocabulary.Body, state: Document | None, day: date) -> Json:
    """What everybody who works with the programme may know of a body."""
    known = state or {"status": "known", "phase": None, "admitted_at": None}
    heir = vocabulary.successor(body, day)
    return {
        "code": body.code,
        "ipa_code": body.ipa_code,
        "name": body.name,
        "kind": body.kind,
        "province": body.province,
        "population": body.population,
        "valid_from": body.valid_from.isoformat() if body.valid_from else None,
        "valid_to": body.valid_to.isoformat() if body.valid_to else None,
        "in_force": body.valid_on(day),
        "successor": heir.code if heir else body.successor,
        "predecessors": [earlier.code for earlier in vocabulary.predecessors(body.code)],
        "status": known["status"],
        "phase": known["phase"],
        "admitted_at": instant(known["admitted_at"]),
    }


def admission_document(programme: Programme, body: vocabulary.Body, state: Document | None) -> Json:
    """Whether the running phase is open to the body once it is approved, else how and when it can enter."""
    open_to_it = may_enter(programme, body, state)
    ways = () if open_to_it else entrances(programme, body)
    return {"admission": {"phase": programme.running, "open": open_to_it, "enters": list(ways)}}


def registration_document(state: Document) -> Json:
    """The newest registration, and those that were refused before."""
    earlier = [_attempt(attempt) for attempt in state.get("earlier", ())]
    return _attempt(state) | {"measured_at": instant(state["measured_at"]), "earlier": earlier}


def _attempt(attempt: Document) -> Json:
    protocol, decision = attempt["protocol"], attempt["decision"]
    return {
        "protocol": {
            **{name: protocol[name] for name in ("name", "media_type", "size", "sha256")},
            "signature": protocol.get("signature"),
            "at": instant(protocol["at"]),
        }
        if protocol
        else None,
        "decision": {
            "approved": decision["approved"],
            "reason": decision["reason"],
            "at": instant(decision["at"]),
        }
        if decision
        else None,
    }
