"""`/api/bodies/{code}/delegates`: the officials of a body, whom only its representative lets in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from contracts.access import Grant
from contracts.envelope import new_id
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_
from services.chassis.idempotency import once
from services.chassis.problems import invalid
from services.intake.api.answers import answer, instant, parts_of
from services.intake.api.persons import credentials_free, id_of_installation
from services.intake.handlers import persons
from services.intake.handlers.parts import Parts
from services.intake.handlers.persons import PersonForm, person_keys
from services.intake.handlers.registration import body_in_register, check_represents

routes = APIRouter(prefix="/api/bodies/{code}/delegates", tags=["bodies"])
Here = Annotated[Parts, Depends(parts_of)]
Registrar = Annotated[Caller, Depends(allow("representative", "secretariat"))]


@routes.get("")
async def list_delegates(code: str, caller: Registrar, parts: Here) -> Response:
    """The officials who may act for the body now."""
    body = body_in_register(code)
    check_represents(caller, body)
    now = parts.clock.now()
    since = {}
    for row in await parts.stores.persons.holders("official", body.code):
        for grant in map(Grant.model_validate, row["grants"]):
            running = grant.start <= now and (grant.end is None or now < grant.end)
            if running and (grant.role, grant.scope) == ("official", body.code):
                since[row["_id"]] = grant.start
    found = await parts.stores.persons.by_ids(since)
    items = [
        {"id": row["_id"], "name": row["name"], "email": row["email"], "since": instant(since[row["_id"]])}
        for row in sorted(found, key=lambda row: str(row["name"]))
    ]
    return answer({"items": items, "next_cursor": None})


@routes.post("", status_code=201)
async def add_delegate(
    request: Request,
    code: str,
    form: PersonForm,
    caller: Registrar,
    parts: Here,
    issuer: Annotated[str, Depends(id_of_installation)],
) -> Response:
    """Lets an official act for the body: name and e-mail, with which somebody already known is found again."""
    body = body_in_register(code)
    check_represents(caller, body)
    faults = [
        {"pointer": f"/{field}", "detail": N_("Only the Segreteria Tecnica may set this.")}
        for field in ("id", "grants", "api_keys_sha256")
        if getattr(form, field)
    ]
    if form.email is None:
        faults.append({"pointer": "/email", "detail": N_("This field is required.")})
    if faults or form.email is None:
        raise invalid(faults)
    known = await parts.stores.persons.by_email(form.email)
    id = known[0]["_id"] if known else new_id(parts.clock.now())
    credentials = await credentials_free(parts, id, form, issuer)
    document = await once(
        request,
        caller,
        parts.executor,
        person_keys(id),
        lambda work: {"id": persons.add_official(work, id, body.code, form, credentials)["_id"]},
    )
    return answer(document, 201, {"Location": f"/api/bodies/{body.code}/delegates"})


@routes.delete("/{person}", status_code=204)
async def remove_delegate(code: str, person: str, caller: Registrar, parts: Here) -> Response:
    """Ends an official's right to act for the body."""
    body = body_in_register(code)
    check_represents(caller, body)
    await parts.executor.run(person_keys(person), lambda work: persons.revoke(work, person, "official", body.code))
    return Response(status_code=204)
