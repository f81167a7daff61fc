"""The pages of talks: the part of a request's page where its body books one, and the slots that an expert offers."""

from collections.abc import Awaitable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from contracts.envelope import Id
from services.chassis.appointments import Appointment, calendar_text, uid_of
from services.chassis.auth import PEOPLE, Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.i18n import N_, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.routing.labels import TALK_ENDED, WAY
from services.routing.pages.times import span
from services.routing.pages.today import Today
from services.routing.talks import is_of_body, takes_part

Anybody = Annotated[Caller, Depends(allow(*PEOPLE))]
Reader = Annotated[Caller, Depends(allow("official", "representative", "expert", "coordinator", "secretariat"))]
Booking = Annotated[Caller, Depends(allow("official", "representative"))]
Taking = Annotated[Caller, Depends(allow("official", "representative", "expert"))]
Checked = Annotated[FormData, Depends(checked_form)]

_DONE = {
    "booked": N_("The talk is booked. Both sides are told by e-mail, with the appointment for their calendars."),
    "moved": N_("The talk is moved. Both sides are told by e-mail."),
    "cancelled": N_("The talk is cancelled. Both sides are told by e-mail."),
}


class ChoiceForm(BaseModel):
    """The slot that was chosen."""

    model_config = ConfigDict(extra="forbid")
    slot: Id


def router(today: Today) -> APIRouter:
    """The routes."""
    talks = today.talks
    routes = APIRouter(include_in_schema=False)

    @routes.get("/desk/requests/{number}/talks")
    async def about(request: Request, caller: Anybody, number: str, done: str = "") -> Response:
        notices = [Notice("success", _DONE[done])] if done in _DONE else []
        return await _page(today, request, caller, number, notices=notices)

    @routes.post("/desk/requests/{number}/talks")
    async def book(request: Request, caller: Booking, number: str, form: Checked) -> Response:
        choice, errors = fill(ChoiceForm, form)
        if choice is None:
            return await _page(today, request, caller, number, 422, errors=errors)
        found = await talks.about(number, caller)
        if found.lead is None:
            detail = N_("Nobody follows the request now: a talk can be booked once an expert has accepted.")
            return await _page(today, request, caller, number, 409, notices=[Notice("warning", detail)])
        act = talks.booked(found, choice.slot, caller)
        return await _told(today, request, caller, number, act, "booked")

    @routes.post("/desk/talks/{id}/move")
    async def move(request: Request, caller: Taking, id: str, form: Checked) -> Response:
        talk = await talks.talk(id, caller)
        choice, errors = fill(ChoiceForm, form)
        if choice is None:
            return await _page(today, request, caller, talk["number"], 422, errors=errors)
        act = talks.move(id, choice.slot, caller)
        return await _told(today, request, caller, talk["number"], act, "moved")

    @routes.post("/desk/talks/{id}/cancel")
    async def cancel(request: Request, caller: Taking, id: str, form: Checked) -> Response:
        talk = await talks.talk(id, caller)
        return await _told(today, request, caller, talk["number"], talks.cancel(id, caller), "cancelled")

    @routes.get("/desk/talks/{id}/calendar")
    async def calendar(request: Request, caller: Reader, id: str) -> Response:
        talk = await talks.talk(id, caller)
        text = _appointment(talk, today, request, caller)
        headers = {"Content-Disposition": f'attachment; filename="affianca-{talk["number"]}.ics"'}
        return Response(text, headers=headers, media_type="text/calendar; charset=utf-8")

    return routes


async def _page(
    today: Today,
    request: Request,
    caller: Caller,
    number: str,
    status: int = 200,
    notices: list[Notice] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    """The whole page, or the part of it that the request's page includes."""
    shown, now = today.shown, today.now()
    found = await today.talks.about(number, caller)
    names = await shown.names.of([id for talk in found.talks for id in (talk["expert"], talk["booked_by"])])
    language = language_of(request, caller)
    context: dict[str, Any] = {
        "number": found.case["number"],
        "talks": [_shown(talk, names, language, caller) for talk in found.talks],
        "slots": [(slot["id"], span(slot, language), slot["way"], slot["place"]) for slot in found.free],
        "found": found,
        "follows": found.lead is not None,
        "mine": found.lead is not None and found.lead["expert"] == caller.id,
        "coming": any(talk["active"] and talk["start"] > now for talk in found.talks),
        "now": now,
        "ways": WAY,
        "ended": TALK_ENDED,
        "errors": errors or {},
        "notices": notices or [],
    }
    if request.headers.get("hx-request") == "true":
        return shown.pages.fragment(request, "talks/part.html", caller, status, **context)
    return shown.pages.render(request, "talks/talks.html", caller, status, **context)


def _shown(talk: Document, names: dict[str, str], language: str, caller: Caller) -> dict[str, Any]:
    other = talk["booked_by"] if talk["expert"] == caller.id else talk["expert"]
    own = {"id": talk["_id"], "when": span(talk, language), "with_whom": names.get(other)}
    return {**talk, **own, "changes": takes_part(caller, talk), "of_body": is_of_body(caller, talk)}


async def _told(
    today: Today, request: Request, caller: Caller, number: str, act: Awaitable[Any], done: str
) -> Response:
    """Goes on to a page that says it; what came too late shows what is free now."""
    try:
        await act
    except Problem as problem:
        if problem.status != 409:
            raise
        words = today.words(request, caller)
        notice = Notice("warning", f"{words(problem.title)}. {words(problem.detail)}")
        return await _page(today, request, caller, number, 409, notices=[notice])
    return RedirectResponse(f"/desk/requests/{number}/talks?done={done}", status_code=303)


def _appointment(talk: Document, today: Today, request: Request, caller: Caller) -> str:
    words, settings = today.words(request, caller), today.settings
    return calendar_text(
        Appointment(
            uid=uid_of(talk["_id"], settings.mail_from),
            sequence=talk["sequence"],
            stamp=talk["booked_at"],
            start=talk["start"],
            end=talk["end"],
            summary=words(N_("Talk about request {number}"), number=talk["number"]),
            url=f"{settings.public_url}/desk/requests/{talk['number']}/talks",
            description=words(WAY[talk["way"]]),
            place=talk["place"],
            cancelled=not talk["active"],
        )
    )
