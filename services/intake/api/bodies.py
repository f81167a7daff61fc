"""`/api/bodies`: the register of local authorities and their way into the programme."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, UploadFile
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response, StreamingResponse

from contracts.bodies import BodyStatus
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.chassis.paging import Limit
from services.chassis.problems import invalid
from services.chassis.work import Keys
from services.intake.api.answers import answer, parts_of
from services.intake.api.body_documents import admission_document, body_document, registration_document
from services.intake.api.code_filters import EmptyNarrowsNothing, ProvinceFilter
from services.intake.handlers import bodies
from services.intake.handlers.attachments.giving import disposition
from services.intake.handlers.days import today
from services.intake.handlers.fields import Prose
from services.intake.handlers.parts import Parts
from services.intake.handlers.register import RegisterQuery, search
from services.intake.handlers.registration import Decide, body_in_register, protocol_of, register_body

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


@routes.get("", summary="Search the register of bodies")
async def list_bodies(
    caller: Reader,
    parts: Here,
    province: ProvinceFilter,
    q: Annotated[str | None, Query(max_length=100, description="Words of the name, or a code.")] = None,
    phase: Annotated[
        int | None, Query(ge=1, description="The phase by which the body entered."), EmptyNarrowsNothing
    ] = None,
    status: Annotated[BodyStatus | None, EmptyNarrowsNothing] = None,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """In the order of ISTAT codes, those that have ended included; the cursor is the last code."""
    query = RegisterQuery(q or "", province or "", phase, status)
    rows, following = await search(parts, query, limit, cursor)
    day = today(parts)
    return answer({"items": [body_document(body, state, day) for body, state in rows], "next_cursor": following})


@routes.get("/{code}", summary="Read one body")
async def read_body(code: str, caller: Reader, parts: Here) -> Response:
    """By ISTAT or IPA code: validity, whose history it carries on, and its way into the programme."""
    body = body_in_register(code)
    state = await parts.stores.bodies.fresh(body.code)
    document = body_document(body, state, today(parts)) | admission_document(parts.programme, body, state)
    if state and (caller.has("secretariat") or body.code in caller.scopes("representative")):
        document |= registration_document(state)
    return answer(document)


@routes.post("/{code}/registration", status_code=201, summary="Register a body with its signed protocol")
async def register(
    sent: Repeatable, code: str, caller: Registrar, parts: Here, protocol: Annotated[UploadFile, File()]
) -> Response:
    """A PDF or .p7m of at most 20 MB, recognised by its content. A body that was refused may send it again."""

    async def run(keys: Keys, decide: Decide, checksum: str) -> Document:
        return await once(sent, caller, parts.executor, keys, decide, checksum.encode())

    state = await register_body(parts, caller, code, protocol.filename or "", protocol.read, run)
    body = body_in_register(code)
    document = body_document(body, state, today(parts)) | registration_document(state)
    return answer(document, 201, {"Location": f"/api/bodies/{body.code}"})


@routes.get("/{code}/protocol", summary="Download the signed protocol of a body")
async def read_protocol(code: str, caller: Registrar, parts: Here) -> Response:
    """As it was uploaded, byte for byte."""
    protocol = await protocol_of(parts, caller, code)
    headers = {
        "Content-Disposition": disposition(protocol["name"]),
        "Content-Length": str(protocol["size"]),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(parts.stores.files.read(protocol["id"]), 200, headers, protocol["media_type"])


@routes.post("/{code}/approval", summary="Approve or refuse a registration")
async def approve(code: str, form: Approval, caller: Secretariat, parts: Here) -> Response:
    """Once; a refusal needs its reason, which the body reads."""
    body = body_in_register(code)
    if not form.approved and not form.reason:
        raise invalid([{"pointer": "/reason", "detail": N_("A refusal needs its reason.")}])
    state = await parts.executor.run(
        bodies.body_keys(body.code),
        lambda work: bodies.decide(work, body, form.approved, form.reason or "", caller, parts.programme),
    )
    return answer(body_document(body, state, today(parts)) | registration_document(state))
