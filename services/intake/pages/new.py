"""The form of a new request: what was written stays when something must be corrected; sent twice, it is one."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts import vocabulary
from contracts.envelope import Id, new_id
from contracts.requests import Kind, Urgency
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill, unix_lines
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.chassis.work import Work
from services.intake.handlers import submission
from services.intake.handlers.admission import check_admitted
from services.intake.handlers.attachments import attach
from services.intake.handlers.attachments.holder import megabytes
from services.intake.handlers.days import today
from services.intake.handlers.drafts import end as end_draft
from services.intake.handlers.fields import Code, Day, Line, Number, Prose, Protocol
from services.intake.handlers.parts import Parts
from services.intake.handlers.submission import NewRequest
from services.intake.pages import drafts, labels, similar
from services.intake.pages.practices import fitting_of
from services.intake.pages.receipts import FIELD, new_key, once
from services.intake.pages.refusals import refusal
from services.intake.pages.subject_fields import read_subject, written_values
from services.intake.pages.uploads import taking
from services.intake.store.drafts import DRAFTS

Sender = Annotated[Caller, Depends(allow("official", "representative", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
Follows = Annotated[str, Query(pattern=r"^([0-9]{4}-[0-9]{6,12})?$")]


Written = Annotated[Prose, BeforeValidator(unix_lines)]
"""What somebody wrote into a large field."""


class RequestForm(BaseModel):
    """The fields of the page."""

    body: Code
    kind: Kind
    title: Annotated[Line, Field(max_length=200)]
    description: Written
    theme: Code | None = None
    procedure: Code | None = None
    urgency: Urgency = "normal"
    follows: Number | None = None
    protocol_number: Annotated[Line, Field(max_length=50)] | None = None
    protocol_date: Day | None = None
    draft: Id | None = None

    def faults(self) -> dict[str, str]:
        """What is wrong with the fields together."""
        if self.protocol_number and not self.protocol_date:
            return {"protocol_date": N_("Give the date of the protocol number as well.")}
        if self.protocol_date and not self.protocol_number:
            return {"protocol_number": N_("Give the number that belongs to this date.")}
        return {}

    def request(self, **more: Any) -> NewRequest:
        """The same as every front-end sends it. more: further themes, companies, and what other pages add."""
        fields = self.model_dump(exclude={"protocol_number", "protocol_date", "draft"})
        protocol = None
        if self.protocol_number and self.protocol_date:
            protocol = Protocol(number=self.protocol_number, date=self.protocol_date)
        return NewRequest(**{**fields, **more}, protocol=protocol)


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/requests/new")
    async def empty(
        request: Request, caller: Sender, follows: Follows = "", draft: Id | None = None, saved: str = ""
    ) -> HTMLResponse:
        told = await _not_yet(service, parts, request, caller)
        if draft is None:
            values: dict[str, Any] = {"urgency": "normal", FIELD: new_key(), drafts.DRAFT: new_id(), "follows": follows}
            return await _show(service, parts, request, caller, values, {}, notices=told)
        if saved:
            told.append(Notice("success", N_("The draft is saved. You can go on now, or later from the list.")))
        values = await drafts.values_of(parts, caller, draft)
        return await _show(service, parts, request, caller, values, {}, notices=told)

    @routes.post("/requests/new/similar")
    async def look(request: Request, caller: Sender, form: Form) -> HTMLResponse:
        words = service.web.pages.translations.translator(language_of(request, caller))
        alike = (await similar.like_form(parts, caller, form, words))["alike"]
        return await _show(service, parts, request, caller, written_values(form), {}, alike=alike)

    @routes.post("/requests/new")
    async def send(request: Request, caller: Sender, form: Form) -> Response:
        values = written_values(form)
        filled, errors = fill(RequestForm, form)
        about, wrong = read_subject(form)
        errors |= wrong | (filled.faults() if filled else {})
        if filled is None or errors:
            return await _show(service, parts, request, caller, values, errors, 422)
        try:
            prepared = await submission.prepare(parts, caller, filled.request(**about))
        except Problem as problem:
            return await _refused(service, parts, request, caller, values, problem)

        draft = filled.draft
        keys = {**prepared.needs(), **({DRAFTS: [draft]} if draft else {})}
        try:
            async with taking(parts, form) as held:

                def decide(work: Work) -> dict[str, Any]:
                    if draft:
                        end_draft(work, caller, draft)
                    made = submission.submit(work, prepared)
                    attach(work, parts.files, made["_id"], caller.id, held, channel=made["channel"])
                    return {"number": made["number"]}

                answer = await once(request, caller, parts.executor, keys, form, decide, held)
        except Problem as problem:
            return await _refused(service, parts, request, caller, values, problem)
        return RedirectResponse(f"/requests/{answer['number']}?done=submitted", status_code=303)

    return routes


async def _refused(
    service: Service, parts: Parts, request: Request, caller: Caller, values: dict[str, Any], problem: Problem
) -> Response:
    """The form again, with what the rules of the programme say against it."""
    words = service.web.pages.translations.translator(language_of(request, caller))
    errors, notices = refusal(problem, words)
    return await _show(service, parts, request, caller, values, errors, problem.status, notices)


async def _not_yet(service: Service, parts: Parts, request: Request, caller: Caller) -> list[Notice]:
    """Says before anybody writes that the only body they act for may not ask yet, and what to do."""
    codes = bodies_of(caller, today(parts))
    if len(codes) != 1 or (body := vocabulary.body(codes[0][0])) is None:
        return []
    try:
        check_admitted(parts.programme, body, await parts.stores.bodies.state(body.code))
    except Problem as problem:
        words = service.web.pages.translations.translator(language_of(request, caller))
        return [Notice("warning", words(problem.detail, **problem.values))]
    return []


async def _show(
    service: Service,
    parts: Parts,
    request: Request,
    caller: Caller,
    values: dict[str, Any],
    errors: dict[str, str],
    status: int = 200,
    notices: list[Notice] | None = None,
    alike: dict[str, Any] | None = None,
) -> HTMLResponse:
    words = service.web.pages.translations.translator(language_of(request, caller))
    bodies = bodies_of(caller, today(parts))
    return service.web.pages.render(
        request, "requests/new.html", caller, status=status, notices=notices or [],
        values=values, errors=errors, bodies=bodies, any_body=not caller.has("official", "representative"), alike=alike,
        themes=labels.theme_choices(words), groups=labels.procedure_groups(words),
        fitting=await fitting_of(parts, values, words), megabytes=megabytes(parts.files),
    )  # fmt: skip


def bodies_of(caller: Caller, day: date) -> list[tuple[str, str]]:
    """The bodies that the caller acts for, by name: code and name. Those that have ended only if there is no other."""
    found = [body for code in caller.scopes("official", "representative") if (body := vocabulary.body(code))]
    in_force = [body for body in found if body.valid_on(day)]
    return sorted(((body.code, body.name) for body in in_force or found), key=lambda entry: entry[1])
