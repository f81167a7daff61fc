"""How a body enters the programme: registration with the signed protocol, approval, admission to the running phase.

A body carries on for those that merged into it: their documents are loaded with its own (`body_keys`).
"""

from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from typing import Any

from contracts import vocabulary
from contracts.bodies import (
    BodyAdmitted,
    BodyApproved,
    BodyData,
    BodyEvent,
    BodyRegistered,
    BodyRejected,
    BodyState,
    body_id,
)
from contracts.measurements import MeasurementSubmitted
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Keys, Work
from services.intake.domain.programme import Programme
from services.intake.handlers.admission import codes_of
from services.intake.handlers.days import day_of
from services.intake.store.bodies import BODIES


@dataclass(frozen=True)
class StoredFile:
    """A file that is in GridFS already. `signature`: what of one showed in it, see `domain.signed_documents`."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    signature: str = "none"


def body_keys(code: str) -> Keys:
    """The documents of a body and of its predecessors."""
    return {BODIES: [body_id(code), *(body_id(earlier.code) for earlier in vocabulary.predecessors(code))]}


def register(work: Work, body: vocabulary.Body, protocol: StoredFile, caller: Caller) -> Document:
    """Registers a body with its signed protocol; one that was refused may send it again. Raises 409 otherwise."""
    check_in_force(body, day_of(work.now))
    state = work.get(BODIES, body_id(body.code)) or unregistered(body)
    if state["status"] not in ("known", "rejected"):
        raise _not_now(state, N_("The body is registered already."))
    if state["protocol"]:
        # What was refused, and why, is kept: the next decision is about what has changed.
        state["earlier"] = [*state.get("earlier", ()), {name: state[name] for name in ("protocol", "decision")}]
    protocol_facts = asdict(protocol) | {"by": caller.id, "at": work.now}
    state |= {"status": "registered", "protocol": protocol_facts, "decision": None}
    _tell(work, state, BodyRegistered)
    return state


def decide(
    work: Work, body: vocabulary.Body, approved: bool, reason: str, caller: Caller, programme: Programme
) -> Document:
    """Approves or refuses a registration; an approved body enters the running phase if that asks nothing more."""
    state = work.get(BODIES, body_id(body.code)) or unregistered(body)
    if state["status"] != "registered":
        raise _not_now(state, N_("Only a registration that waits for approval can be decided."))
    state["status"] = "approved" if approved else "rejected"
    state["decision"] = {"approved": approved, "reason": reason, "by": caller.id, "at": work.now}
    _tell(work, state, BodyApproved if approved else BodyRejected)
    admit(work, body, programme)
    return work.get(BODIES, state["_id"]) or state


def admit(work: Work, body: vocabulary.Body, programme: Programme) -> bool:
    """Lets an approved body into the running phase, unless it is in one already or that asks for more."""
    state = work.get(BODIES, body_id(body.code))
    if state is None or state["status"] != "approved" or state["admitted_at"]:
        return False
    before = [row for earlier in vocabulary.predecessors(body.code) if (row := work.get(BODIES, body_id(earlier.code)))]
    measured = any(row["measured_at"] for row in (state, *before))
    if not programme.admits(codes_of(body), any(row["admitted_at"] for row in before), measured):
        return False
    state |= {"admitted_at": work.now, "phase": programme.running}
    _tell(work, state, BodyAdmitted)
    return True


def measured(work: Work, event: MeasurementSubmitted, programme: Programme) -> None:
    """Notes that a body has sent its figures: they admit it to a phase that asks for them."""
    body = vocabulary.body(event.data.state.body)
    if body is None:
        return  # Reporting knows the same register; a body of an older one has nothing to enter.
    state = work.get(BODIES, body_id(body.code)) or unregistered(body)
    sent = event.data.state.submitted_at
    # The earliest, so that the order in which figures arrive does not matter.
    earliest = min(sent, state["measured_at"] or sent)
    if earliest == state["measured_at"]:
        return
    state["measured_at"] = earliest
    work.put(BODIES, state)
    admit(work, body, programme)


def measured_in(programme: Programme) -> Any:
    """`measured` for a programme, as the table of events takes it."""
    return partial(measured, programme=programme)


def measured_keys(event: MeasurementSubmitted) -> Keys:
    """The body that the figures are about."""
    return body_keys(event.data.state.body)


def check_in_force(body: vocabulary.Body, day: date) -> None:
    """Raises 409 for a body that has ended, or has not begun, naming who carries on for it."""
    if body.valid_on(day):
        return
    heir = vocabulary.successor(body, day)
    detail = (
        N_("{body} has ended. {successor} ({code}) carries on for it.")
        if heir
        else N_("{body} is not in force on this day. Ask the Segreteria Tecnica which body carries on for it.")
    )
    values = {"body": body.name, "successor": heir.name if heir else "", "code": heir.code if heir else ""}
    extra = {"successor": heir.code if heir else None}
    raise Problem(409, N_("The body is not in force"), detail, kind="body-ended", values=values, extra=extra)


def _tell(work: Work, state: Document, model: type[BodyEvent]) -> None:
    state["sequence"] += 1
    names = BodyState.model_fields.keys() - {"id"}
    told = BodyState(id=state["_id"], **{name: state[name] for name in names})
    data = BodyData(state=told, registered_by=(state["protocol"] or {}).get("by"))
    work.publish(model, state["_id"], state["sequence"], data)
    work.put(BODIES, state)


def last_refusal(state: Document | None) -> str | None:
    """Why a registration of the body was refused last, also when a newer one has come since."""
    decided = [row["decision"] for row in (*state.get("earlier", ()), state)] if state else []
    return next((row["reason"] for row in reversed(decided) if row and not row["approved"]), None)


def unregistered(body: vocabulary.Body) -> Document:
    """The document of a body that has none yet."""
    return {
        "_id": body_id(body.code),
        "schema_version": 1,
        "sequence": 0,
        "code": body.code,
        "ipa_code": body.ipa_code,
        "province": body.province,
        "kind": body.kind,
        "population": body.population,
        "status": "known",
        "phase": None,
        "admitted_at": None,
        "measured_at": None,
        "protocol": None,
        "decision": None,
        "earlier": [],
    }


def _not_now(state: Document, detail: str) -> Problem:
    extra = {"body_status": state["status"]}
    return Problem(409, N_("Not possible now"), detail, kind="transition-not-allowed", extra=extra)
