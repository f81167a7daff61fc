"""`/api/bodies`: the register of local authorities and their way into the programme."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, UploadFile
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from contracts import vocabulary
from contracts.bodies import BodyStatus
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.paging import Limit
from services.chassis.problems import invalid
from services.intake.api.answers import Json, answer, instant, parts_of
from services.intake.domain.texts import folded
from services.intake.handlers import bodies
from services.intake.handlers.parts import Parts
from services.intake.handlers.registration import body_in_register, register_body
from services.intake.handlers.submission import Prose

routes = APIRouter(prefix="/api/bodies", tags=["bodies"])
Here = Annotated[Parts, Depends(parts_of)]
Reader = Annotated[
    Caller,
    Depends(
        allow("official", "representative", "front_end", "expert", "coordinator", "secretariat", "monitor", "service")
    ),
]
Registrar = Annotated[Caller, Depends(allow("representative", "secretariat"))]
Secretariat = Annotated[Caller, Depends(allow("secretariat"))]


class Approval(BaseModel):
    """The decision about a registration; a refusal needs its reason."""

    model_config = ConfigDict(extra="forbid")

    approved: bool
    reason: Prose | None = None


@routes.get("")
async def list_bodies(
    caller: Reader,
    parts: Here,
    q: Annotated[str | None, Query(max_length=100)] = None,
    province: str | None = None,
    phase: Annotated[int | None, Query(ge=1)] = None,
    status: BodyStatus | None = None,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """The register, in the order of ISTAT codes; the cursor is the last code."""
    words = folded(q).split() if q else []
    candidates = [
        body
        for body in vocabulary.bodies()
        if (province is None or body.province == province.upper())
        and (cursor is None or body.code > cursor)
        and all(word in folded(f"{body.name} {body.code} {body.ipa_code}") for word in words)
    ]
    states = await parts.stores.bodies.states(body.code for body in candidates)
    found = [
        document
        for body in candidates
        if (document := body_document(body, states.get(body.code)))
        and status in (None, document["status"])
        and phase in (None, document["phase"])
    ]
    more = len(found) > limit
    return answer({"items": found[:limit], "next_cursor": found[limit - 1]["code"] if more else None})


@routes.get("/{code}")
async def read_body(code: str, caller: Reader, parts: Here) -> Response:
    """One body, by ISTAT or IPA code."""
    body = body_in_register(code)
    state = await parts.stores.bodies.fresh(body.code)
    document = body_document(body, state)
    if state and (caller.has("secretariat") or body.code in caller.scopes("representative")):
        document |= _registration(state)
    return answer(document)


@routes.post("/{code}/registration", status_code=201)
async def register(code: str, caller: Registrar, parts: Here, protocol: Annotated[UploadFile, File()]) -> Response:
    """Registers the body with its signed protocol (PDF or .p7m)."""
    state = await register_body(parts, caller, code, protocol.filename or "", protocol.read)
    body = body_in_register(code)
    return answer(body_document(body, state) | _registration(state), 201, {"Location": f"/api/bodies/{body.code}"})


@routes.post("/{code}/approval")
async def approve(code: str, form: Approval, caller: Secretariat, parts: Here) -> Response:
    """Approves or refuses a registration."""
    body = body_in_register(code)
    if not form.approved and not form.reason:
        raise invalid([{"pointer": "/reason", "detail": N_("A refusal needs its reason.")}])
    state = await parts.executor.run(
        bodies.body_keys(body.code),
        lambda work: bodies.decide(work, body, form.approved, form.reason or "", caller, parts.programme),
    )
    return answer(body_document(body, state) | _registration(state))


def body_document(body: vocabulary.Body, state: Document | None) -> Json:
    """What everybody who works with the programme may know of a body."""
    known = state or {"status": "known", "phase": None, "admitted_at": None}
    return {
        "code": body.code,
        "ipa_code": body.ipa_code,
        "name": body.name,
        "kind": body.kind,
        "province": body.province,
        "population": body.population,
        "valid_from": body.valid_from.isoformat() if body.valid_from else None,
        "valid_to": body.valid_to.isoformat() if body.valid_to else None,
        "successor": body.successor,
        "status": known["status"],
        "phase": known["phase"],
        "admitted_at": instant(known["admitted_at"]),
    }


def _registration(state: Document) -> Json:
    protocol, decision = state["protocol"], state["decision"]
    return {
        "protocol": {
            **{name: protocol[name] for name in ("name", "media_type", "size", "sha256")},
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
