"""The form of a new request: what was written stays when something must be corrected; sent twice, it is one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts import vocabulary
from contracts.envelope import Id, new_id
from contracts.requests import Kind, Urgency
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.chassis.work import Work
from services.intake.handlers import submission
from services.intake.handlers.drafts import end as end_draft
from services.intake.handlers.parts import Parts
from services.intake.handlers.submission import Code, Line, NewRequest, Prose, Protocol
from services.intake.pages import drafts, labels, similar
from services.intake.pages.receipts import FIELD, new_key, once
from services.intake.store.drafts import DRAFTS

Sender = Annotated[Caller, Depends(allow("official", "representative", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]


def unix_lines(text: str) -> str:
    """Browsers send line breaks as CR LF; we keep LF, as from every other front-end."""
    return text.replace("\r\n", "\n")


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
    protocol_number: Annotated[Line, Field(max_length=50)] | None = None
    protocol_date: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None
    draft: Id | None = None

    def faults(self) -> dict[str, str]:
        """What is wrong with the fields together."""
        if self.protocol_number and not self.protocol_date:
            return {"protocol_date": N_("Give the date of the protocol number as well.")}
        if self.protocol_date and not self.protocol_number:
            return {"protocol_number": N_("Give the number that belongs to this date.")}
        return {}

    def request(self) -> NewRequest:
        """The same as every front-end sends it."""
        fields = self.model_dump(exclude={"protocol_number", "protocol_date", "draft"})
        protocol = None
        if self.protocol_number and self.protocol_date:
            protocol = Protocol(number=self.protocol_number, date=self.protocol_date)
        return NewRequest(**fields, protocol=protocol)


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/requests/new")
    async def empty(request: Request, caller: Sender, draft: Id | None = None, saved: str = "") -> HTMLResponse:
        if draft is None:
            fresh = {"urgency": "normal", FIELD: new_key(), drafts.DRAFT: new_id()}
            return _show(service, request, caller, fresh, {})
        told = [Notice("success", N_("The draft is saved. You can go on now, or later from the list."))]
        values = await drafts.values_of(parts, caller, draft)
        return _show(service, request, caller, values, {}, notices=told if saved else None)

    @routes.post("/requests/new/similar")
    async def look(request: Request, caller: Sender, form: Form) -> HTMLResponse:
        words = service.web.pages.translations.translator(language_of(request, caller))
        alike = (await similar.like_form(parts, caller, form, words))["alike"]
        return _show(service, request, caller, _values(form), {}, alike=alike)

    @routes.post("/requests/new")
    async def send(request: Request, caller: Sender, form: Form) -> Response:
        values = _values(form)
        filled, errors = fill(RequestForm, form)
        errors |= filled.faults() if filled else {}
        if filled is None or errors:
            return _show(service, request, caller, values, errors, 422)
        try:
            prepared = await submission.prepare(parts, caller, filled.request())
        except Problem as problem:
            return _refused(service, request, caller, values, problem)

        draft = filled.draft

        def decide(work: Work) -> dict[str, Any]:
            if draft:
                end_draft(work, caller, draft)
            return {"number": submission.submit(work, prepared)["number"]}

        answer = await once(request, caller, parts.executor, {DRAFTS: [draft]} if draft else {}, form, decide)
        return RedirectResponse(f"/requests/{answer['number']}?done=submitted", status_code=303)

    return routes


def _values(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _refused(service: Service, request: Request, caller: Caller, values: dict[str, str], problem: Problem) -> Response:
    """The form again, with what the rules of the programme say against it."""
    errors = {fault["pointer"].lstrip("/"): fault["detail"] for fault in problem.errors}
    if errors:
        return _show(service, request, caller, values, errors, problem.status)
    words = service.web.pages.translations.translator(language_of(request, caller))
    told = Notice("warning", words(problem.detail or problem.title, **problem.values))
    return _show(service, request, caller, values, {}, problem.status, [told])


def _show(
    service: Service,
    request: Request,
    caller: Caller,
    values: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
    notices: list[Notice] | None = None,
    alike: dict[str, Any] | None = None,
) -> HTMLResponse:
    words = service.web.pages.translations.translator(language_of(request, caller))
    bodies = bodies_of(caller)
    return service.web.pages.render(
        request, "requests/new.html", caller, status=status, notices=notices or [],
        values=values, errors=errors, bodies=bodies, any_body=not bodies, alike=alike,
        themes=labels.theme_choices(words), groups=labels.procedure_groups(words),
    )  # fmt: skip


def bodies_of(caller: Caller) -> list[tuple[str, str]]:
    """The bodies that the caller acts for: code and name, by name. Empty for those who may write for any."""
    found = [vocabulary.body(code) for code in caller.scopes("official", "representative")]
    return sorted(((body.code, body.name) for body in found if body), key=lambda entry: entry[1])
