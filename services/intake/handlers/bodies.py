"""How a body enters the programme: registration with the signed protocol, approval, admission to the running phase."""

from dataclasses import asdict, dataclass
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
)
from contracts.measurements import MeasurementSubmitted
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Keys, Work
from services.intake.domain.programme import Programme
from services.intake.store.bodies import BODIES, body_id


@dataclass(frozen=True)
class StoredFile:
    """A file that is in GridFS already."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str


def body_keys(code: str) -> Keys:
    """The document of a body."""
    return {BODIES: [body_id(code)]}


def register(work: Work, body: vocabulary.Body, protocol: StoredFile, caller: Caller) -> Document:
    """Registers a body with its signed protocol; one that was refused may send it again. Raises 409 otherwise."""
    state = work.get(BODIES, body_id(body.code)) or _known(body)
    if state["status"] not in ("known", "rejected"):
        raise _not_now(state, N_("The body is registered already."))
    protocol_facts = asdict(protocol) | {"by": caller.id, "at": work.now}
    state |= {"status": "registered", "protocol": protocol_facts, "decision": None}
    _tell(work, state, BodyRegistered)
    return state


def decide(
    work: Work, body: vocabulary.Body, approved: bool, reason: str, caller: Caller, programme: Programme
) -> Document:
    """Approves or refuses a registration; an approved body enters the running phase if that asks nothing more."""
    state = work.get(BODIES, body_id(body.code)) or _known(body)
    if state["status"] != "registered":
        raise _not_now(state, N_("Only a registration that waits for approval can be decided."))
    state["status"] = "approved" if approved else "rejected"
    state["decision"] = {"approved": approved, "reason": reason, "by": caller.id, "at": work.now}
    _tell(work, state, BodyApproved if approved else BodyRejected)
    _admit(work, state, programme)
    return state


def measured(work: Work, event: MeasurementSubmitted, programme: Programme) -> None:
    """Notes that a body has sent its figures: they admit it to a phase that asks for them."""
    body = vocabulary.body(event.data.state.body)
    if body is None:
        return  # Reporting knows the same register; a body of an older one has nothing to enter.
    state = work.get(BODIES, body_id(body.code)) or _known(body)
    sent = event.data.state.submitted_at
    # The earliest, so that the order in which figures arrive does not matter.
    earliest = min(sent, state["measured_at"] or sent)
    if earliest == state["measured_at"]:
        return
    state["measured_at"] = earliest
    _admit(work, state, programme)
    work.put(BODIES, state)


def measured_in(programme: Programme) -> Any:
    """`measured` for a programme, as the table of events takes it."""
    return partial(measured, programme=programme)


def measured_keys(event: MeasurementSubmitted) -> Keys:
    """The body that the figures are about."""
    return body_keys(event.data.state.body)


def _admit(work: Work, state: Document, programme: Programme) -> None:
    measured = state["measured_at"] is not None
    if state["status"] != "approved" or state["admitted_at"] or not programme.admits(state["code"], False, measured):
        return
    state |= {"admitted_at": work.now, "phase": programme.running}
    _tell(work, state, BodyAdmitted)


def _tell(work: Work, state: Document, model: type[BodyEvent]) -> None:
    state["sequence"] += 1
    names = BodyState.model_fields.keys() - {"id"}
    data = BodyData(state=BodyState(id=state["_id"], **{name: state[name] for name in names}))
    work.publish(model, state["_id"], state["sequence"], data)
    work.put(BODIES, state)


def _known(body: vocabulary.Body) -> Document:
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
    }


def _not_now(state: Document, detail: str) -> Problem:
    extra = {"body_status": state["status"]}
    return Problem(409, N_("Not possible now"), detail, kind="transition-not-allowed", extra=extra)
