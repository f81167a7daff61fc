"""`/api/requests/{number}/...`: what can be done with a request; 409 names what the state allows instead."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid
from services.chassis.work import Work
from services.intake.api import commands
from services.intake.api.answers import answer, message_document, parts_of, whole_document
from services.intake.api.request_models import RequestWithHistory
from services.intake.handlers import conversation, requests
from services.intake.handlers.merging import merge_whole
from services.intake.handlers.parts import Parts, act, find
from services.intake.handlers.reading import read, whole
from services.intake.store.requests import REQUESTS

routes = APIRouter(prefix="/api/requests/{number}", tags=["requests"])
Here = Annotated[Parts, Depends(parts_of)]
Requester = Annotated[Caller, Depends(allow("official", "representative", "front_end", "coordinator", "secretariat"))]
Worker = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Coordination = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]


@routes.post("/ask", status_code=201)
async def ask(sent: Repeatable, number: str, form: commands.Question, caller: Worker, parts: Here) -> Response:
    """Asks the requester for information; the clock pauses until the answer."""
    id: str = (await find(parts, caller, number))["_id"]
    asked = await once(
        sent, caller, parts.executor, {REQUESTS: [id]},
        lambda work: message_document(conversation.ask(work, id, caller, form.text)),
    )  # fmt: skip
    return answer(asked, 201)


@routes.post("/resolve", response_model=RequestWithHistory)
async def resolve(number: str, form: commands.Resolution, caller: Worker, parts: Here) -> Response:
    """Declares the request resolved."""
    return await _acted(
        parts, caller, number, lambda work, id: requests.resolve(work, id, caller, form.outcome, form.text)
    )


@routes.post("/reopen", response_model=RequestWithHistory)
async def reopen(number: str, form: commands.Reopening, caller: Requester, parts: Here) -> Response:
    """Takes a resolved or closed request up again."""
    return await _acted(parts, caller, number, lambda work, id: requests.reopen(work, id, caller, form.reason))


@routes.post("/close", response_model=RequestWithHistory)
async def close(number: str, caller: Requester, parts: Here, form: commands.Closing | None = None) -> Response:
    """Ends a resolved request, with a rating if the requester gives one."""
    told = form or commands.Closing()
    return await _acted(
        parts, caller, number, lambda work, id: requests.close(work, id, caller, told.rating, told.comment or "")
    )


@routes.post("/withdraw", response_model=RequestWithHistory)
async def withdraw(number: str, caller: Requester, parts: Here, form: commands.Withdrawal | None = None) -> Response:
    """Ends a request that the body no longer needs."""
    reason = (form.reason if form else None) or ""
    return await _acted(parts, caller, number, lambda work, id: requests.withdraw(work, id, caller, reason))


@routes.post("/reclassify", response_model=RequestWithHistory)
async def reclassify(number: str, form: commands.Reclassification, caller: Worker, parts: Here) -> Response:
    """Corrects, or gives, themes, procedure and companies; what is not sent of the last three stays as it is."""
    about = (form.theme, form.procedure, form.further_themes, form.companies)
    return await _acted(parts, caller, number, lambda work, id: requests.reclassify(work, id, caller, *about))


@routes.post("/merge", response_model=RequestWithHistory)
async def merge(number: str, form: commands.Merging, caller: Coordination, parts: Here) -> Response:
    """Joins the request to another one of the same body, where its conversation is read from then on."""
    id: str = (await find(parts, caller, number))["_id"]
    try:
        into: str = (await find(parts, caller, form.into))["_id"]
    except Problem as problem:
        fault = {"pointer": "/into", "detail": N_("No request that you may see has this number.")}
        raise invalid([fault]) from problem
    await merge_whole(parts, id, into, caller, parts.executor.run)
    return answer(whole_document(await read(parts, caller, number)))


async def _acted(parts: Parts, caller: Caller, number: str, decide: Callable[[Work, str], Document]) -> Response:
    request = await act(parts, caller, number, decide)
    return answer(whole_document(await whole(parts, caller, request)))
