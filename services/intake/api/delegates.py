"""`/api/bodies/{code}/delegates`: the officials of a body, whom only its representative lets in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from services.chassis.auth import Caller, allow
from services.chassis.idempotency import Repeatable, once
from services.chassis.paging import Cursor, Limit, cursor_of, key_of, uuid
from services.intake.api.answers import Json, answer, instant, parts_of
from services.intake.api.persons import id_of_installation
from services.intake.handlers import delegates
from services.intake.handlers.bodies import check_in_force
from services.intake.handlers.days import today
from services.intake.handlers.delegates import Delegate, DelegateForm, check_alone, delegates_of, whom
from services.intake.handlers.fields import Moment
from services.intake.handlers.parts import Parts
from services.intake.handlers.persons import person_keys
from services.intake.handlers.registration import body_in_register, check_represents

routes = APIRouter(prefix="/api/bodies/{code}/delegates", tags=["bodies"])
Here = Annotated[Parts, Depends(parts_of)]
Reader = Annotated[Caller, Depends(allow("representative", "secretariat"))]
Representative = Annotated[Caller, Depends(allow("representative"))]


class Period(BaseModel):
    """When the official stops acting for the body; null: not before somebody says so."""

    model_config = ConfigDict(extra="forbid")

    end: Moment | None


@routes.get("", summary="List the officials of a body")
async def list_delegates(
    code: str,
    caller: Reader,
    parts: Here,
    ended: Annotated[bool, Query(description="Also those who may no longer act for the body.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The officials who may act for the body, now or from a day to come, in the order of their ids."""
    body = body_in_register(code)
    check_represents(caller, body)
    found, following = await delegates_of(parts, body.code, limit, key_of(cursor, uuid), ended)
    items = [delegate_document(delegate) for delegate in found]
    return answer({"items": items, "next_cursor": cursor_of({"_id": following}, "_id") if following else None})


@routes.post("", status_code=201, summary="Let an official act for a body")
async def add_delegate(
    sent: Repeatable,
    code: str,
    form: DelegateForm,
    caller: Representative,
    parts: Here,
    issuer: Annotated[str, Depends(id_of_installation)],
) -> Response:
    """Name, and identity or e-mail, by which somebody already known is found again; for a period, or until it ends.

    409 for an identity of somebody with another name, for one that the person does not hold, or for several persons.
    Of an official who may act for the body already, the period changes. There is no limit to their number.
    """
    body = body_in_register(code)
    check_alone(caller, body)
    check_in_force(body, today(parts))
    id, credentials = await whom(parts, form, issuer)
    document = await once(
        sent,
        caller,
        parts.executor,
        person_keys(id),
        lambda work: {"id": delegates.enable(work, id, body.code, form, credentials, caller)["_id"]},
    )
    return answer(document, 201, {"Location": f"/api/bodies/{body.code}/delegates"})


@routes.patch("/{person}", summary="Say when an official stops acting for a body")
async def change_delegate(code: str, person: str, form: Period, caller: Representative, parts: Here) -> Response:
    """The end may be set, moved or taken back until it has come; from that moment on the official has no access."""
    body = body_in_register(code)
    check_alone(caller, body)
    await parts.executor.run(
        person_keys(person), lambda work: delegates.set_end(work, person, body.code, form.end, caller)
    )
    return answer({"id": person, "end": instant(form.end)})


@routes.delete("/{person}", status_code=204, summary="End an official's right to act for a body")
async def remove_delegate(code: str, person: str, caller: Representative, parts: Here) -> Response:
    """At once; what the official did stays theirs."""
    body = body_in_register(code)
    check_alone(caller, body)
    await parts.executor.run(person_keys(person), lambda work: delegates.remove(work, person, body.code, caller))
    return Response(status_code=204)


def delegate_document(delegate: Delegate) -> Json:
    """An official of a body."""
    return {
        "id": delegate.id,
        "name": delegate.name,
        "email": delegate.email,
        "since": instant(delegate.start),
        "start": instant(delegate.start),
        "end": instant(delegate.end),
        "state": delegate.state,
    }
