"""`/api/requests/{number}/links`: that one request has to do with another."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_
from services.chassis.idempotency import Repeatable, once
from services.chassis.problems import Problem, invalid, not_found
from services.intake.api.answers import Json, answer, instant, parts_of
from services.intake.handlers import links
from services.intake.handlers.fields import Number
from services.intake.handlers.parts import Parts, find
from services.intake.store.requests import REQUESTS

routes = APIRouter(prefix="/api/requests/{number}/links", tags=["requests"])
Here = Annotated[Parts, Depends(parts_of)]
Participant = Annotated[
    Caller, Depends(allow("official", "representative", "front_end", "expert", "coordinator", "secretariat"))
]


class LinkForm(BaseModel):
    """The number of the other request, and what it is to this one."""

    model_config = ConfigDict(extra="forbid")

    to: Number
    kind: links.Kind = "related"


@routes.post("", status_code=201)
async def link_request(sent: Repeatable, number: str, form: LinkForm, caller: Participant, parts: Here) -> Response:
    """Links a request to another one; both are requests that the caller has a part in."""
    id: str = (await find(parts, caller, number))["_id"]
    try:
        other: str = (await find(parts, caller, form.to))["_id"]
    except Problem as problem:
        fault = {"pointer": "/to", "detail": N_("No request that you may see has this number.")}
        raise invalid([fault]) from problem
    keys = {REQUESTS: sorted({id, other})}
    made = await once(
        sent, caller, parts.executor, keys, lambda work: _made(links.link(work, id, other, form.kind, caller))
    )
    return answer(made, 201, {"Location": f"/api/requests/{number}/links/{made['id']}"})


@routes.delete("/{id}", status_code=204, responses={404: {}})
async def unlink_request(number: str, id: str, caller: Participant, parts: Here) -> Response:
    """Removes a link from both requests."""
    request = await find(parts, caller, number)
    other = links.other_end(request, id)
    if other is None:
        raise not_found()
    keys = {REQUESTS: [request["_id"], other]}
    if not await parts.executor.run(keys, lambda work: links.unlink(work, request["_id"], other, id, caller)):
        raise not_found()
    return Response(status_code=204)


def _made(link: Json) -> Json:
    return {"id": link["id"], "kind": link["kind"], "number": link["number"], "at": instant(link["at"])}
