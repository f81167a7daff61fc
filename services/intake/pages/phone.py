"""A request that somebody telephones: coordination writes it down in the name of a body, for the one who calls."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts import vocabulary
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.chassis.work import Work
from services.intake.domain.texts import folded
from services.intake.handlers import submission
from services.intake.handlers.callers import officials_of
from services.intake.handlers.days import today
from services.intake.handlers.parts import Parts
from services.intake.handlers.subjects import CARRIED_ON, body_now, carried_on
from services.intake.pages import labels
from services.intake.pages.new import RequestForm
from services.intake.pages.practices import fitting_of
from services.intake.pages.receipts import FIELD, new_key, once
from services.intake.pages.refusals import refusal
from services.intake.pages.subject_fields import read_subject, written_values

Coordination = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
Words = Annotated[str, Query(max_length=200)]
_MOST = 30
"""Bodies that are shown to choose from."""


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes; before the pages of a single request: `by-phone` is not a number."""
    routes = APIRouter(include_in_schema=False)
    pages = service.web.pages

    @routes.get("/requests/by-phone")
    async def begin(request: Request, caller: Coordination, body: Words = "") -> HTMLResponse:
        found = bodies_called(body, parts) if body.strip() else []
        if len(found) != 1:
            return pages.render(request, "requests/phone_body.html", caller, asked=body, bodies=found[:_MOST],
                                more=len(found) > _MOST, values={"body": body})  # fmt: skip
        meant = found[0]
        words = pages.translations.translator(language_of(request, caller))
        told = [Notice("info", words(CARRIED_ON, **carried_on(ended, meant.body))) for ended in meant.ended]
        values = {"body": meant.body.code, "urgency": "normal", FIELD: new_key()}
        return await _show(service, parts, request, caller, values, {}, notices=told)

    @routes.post("/requests/by-phone")
    async def send(request: Request, caller: Coordination, form: Form) -> Response:
        values = written_values(form)
        filled, errors = fill(RequestForm, form)
        about, wrong = read_subject(form)
        errors |= wrong | (filled.faults() if filled else {})
        if filled is None or errors:
            return await _show(service, parts, request, caller, values, errors, 422)
        more = {**about, "channel": "phone", "requester": values.get("requester") or None}
        try:
            prepared = await submission.prepare(parts, caller, filled.request(**more))
        except Problem as problem:
            return await _refused(service, parts, request, caller, values, problem)

        def decide(work: Work) -> dict[str, Any]:
            return {"number": submission.submit(work, prepared)["number"]}

        answer = await once(request, caller, parts.executor, prepared.needs(), form, decide)
        return RedirectResponse(f"/requests/{answer['number']}?done=submitted", status_code=303)

    return routes


@dataclass(frozen=True)
class Called:
    """A body that is meant. ended: those by whose code or name it was asked for, and for which it carries on."""

    body: vocabulary.Body
    ended: tuple[vocabulary.Body, ...]


def bodies_called(asked: str, parts: Parts) -> list[Called]:
    """The bodies that a code or a piece of a name means, one that is called exactly so alone."""
    known, day = vocabulary.body(asked.strip()), today(parts)
    if known:
        return _meant([known], day)
    words = folded(asked.strip())
    named = [
        body
        for body in vocabulary.bodies()
        if words in folded(body.name) and (body.valid_on(day) or vocabulary.successor(body, day))
    ]
    exact = _meant((body for body in named if folded(body.name) == words), day)
    if len(exact) == 1:
        return exact
    return sorted(_meant(named, day), key=lambda called: (len(called.body.name), called.body.name))


def _meant(named: Iterable[vocabulary.Body], day: date) -> list[Called]:
    """These bodies, each once; instead of one that has ended the one that carries on for it."""
    found: dict[str, Called] = {}
    for body in named:
        heir = vocabulary.body(body_now(body.code, day)) or body
        before = found[heir.code].ended if heir.code in found else ()
        found[heir.code] = Called(heir, before if heir is body else (*before, body))
    return list(found.values())


async def _refused(
    service: Service, parts: Parts, request: Request, caller: Caller, values: dict[str, Any], problem: Problem
) -> Response:
    errors, told = refusal(problem, service.web.pages.translations.translator(language_of(request, caller)))
    return await _show(service, parts, request, caller, values, errors, problem.status, told)


async def _show(
    service: Service,
    parts: Parts,
    request: Request,
    caller: Caller,
    values: dict[str, Any],
    errors: dict[str, str],
    status: int = 200,
    notices: list[Notice] | None = None,
) -> HTMLResponse:
    words = service.web.pages.translations.translator(language_of(request, caller))
    body = vocabulary.body(str(values.get("body") or ""))
    people = await officials_of(parts, body.code) if body else []
    return service.web.pages.render(
        request, "requests/phone.html", caller, status=status, notices=notices or [],
        values=values, errors=errors, body_name=body.name if body else words(N_("unknown body")),
        people=[(row["_id"], row["name"]) for row in people],
        themes=labels.theme_choices(words), groups=labels.procedure_groups(words),
        fitting=await fitting_of(parts, values, words),
    )  # fmt: skip
