"""What can be done with a request on its page. The rules are in `domain.transitions`; here are only the forms.

To offer a further action: a form, one entry in `ACTIONS`, its `<form>` in templates/requests/actions.html, and what
is said afterwards in `request.DONE`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from contracts.requests import Outcome, Visibility
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.problems import Problem, not_found
from services.chassis.service import Service
from services.chassis.work import Work
from services.intake.handlers import conversation, requests
from services.intake.handlers.fields import Code
from services.intake.handlers.late_replies import check_timely
from services.intake.handlers.parts import Parts, find
from services.intake.pages.new import Written
from services.intake.pages.not_possible import not_possible, unseen
from services.intake.pages.receipts import once
from services.intake.pages.request import show
from services.intake.pages.subject_fields import read_subject, written_values
from services.intake.pages.uploads import attach_to, taking
from services.intake.store.requests import REQUESTS

Person = Annotated[Caller, Depends(allow("official", "representative", "expert", "coordinator", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]


class Reply(BaseModel):
    """A message. The names of fields are unique on the page, because the forms stand beside each other."""

    reply: Written
    visibility: Visibility = "shared"


class Question(BaseModel):
    """What the expert needs to know."""

    question: Written


class Resolution(BaseModel):
    """How it ended."""

    outcome: Outcome
    solution: Written


class Closing(BaseModel):
    """The body's judgement."""

    rating: Annotated[int, Field(ge=1, le=5)] | None = None
    comment: Written | None = None


class Reopening(BaseModel):
    """Why it is not solved."""

    reopening: Written


class Withdrawal(BaseModel):
    """Why help is no longer needed."""

    withdrawal: Written | None = None


class Reclassification(BaseModel):
    """What it is about."""

    theme: Code
    procedure: Code | None = None
    about: dict[str, list[str]] = {}
    """Further themes and companies, where the form had fields for them."""


@dataclass(frozen=True)
class PageAction:
    """Its form, and what is decided with the filled form."""

    form: type[BaseModel]
    decide: Callable[[Work, str, Caller, Any], object]


ACTIONS: dict[str, PageAction] = {
    "reply": PageAction(Reply, lambda work, id, who, form: conversation.post_message(
        work, id, who, form.reply, form.visibility, channel="web")),
    "ask": PageAction(Question, lambda work, id, who, form: conversation.ask(work, id, who, form.question)),
    "resolve": PageAction(Resolution, lambda work, id, who, form: requests.resolve(
        work, id, who, form.outcome, form.solution)),
    "close": PageAction(Closing, lambda work, id, who, form: requests.close(
        work, id, who, form.rating, form.comment or "")),
    "reopen": PageAction(Reopening, lambda work, id, who, form: requests.reopen(work, id, who, form.reopening)),
    "withdraw": PageAction(Withdrawal, lambda work, id, who, form: requests.withdraw(
        work, id, who, form.withdrawal or "")),
    "reclassify": PageAction(Reclassification, lambda work, id, who, form: requests.reclassify(
        work, id, who, form.theme, form.procedure, **form.about)),
}  # fmt: skip
"""Last part of the address -> action."""


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/requests/{number}/{name}")
    async def act(request: Request, number: str, name: str, caller: Person, form: Form) -> Response:
        action = ACTIONS.get(name)
        if action is None:
            raise not_found()
        values: dict[str, Any] = {key: value for key, value in form.items() if isinstance(value, str)}
        try:
            found = await find(parts, caller, number)
        except Problem as problem:
            return unseen(service, request, caller, problem, values)
        filled, errors = fill(action.form, form)
        if name == "reclassify":
            about, wrong = read_subject(form)
            errors, values = errors | wrong, written_values(form)
            filled = filled.model_copy(update={"about": about}) if filled and not wrong else None
        if filled is None:
            return await show(
                service, parts, request, caller, found, status=422, values=values, errors=errors, opened=name
            )

        try:
            if name == "reply":
                check_timely(parts, found, caller)
            async with taking(parts, form) as held:

                def decide(work: Work) -> dict[str, Any]:
                    made = action.decide(work, found["_id"], caller, filled)
                    if name == "reply":
                        attach_to(work, parts, caller, made, held)
                    return {"done": name}

                await once(request, caller, parts.executor, {REQUESTS: [found["_id"]]}, form, decide, held)
        except Problem as problem:
            return await not_possible(service, parts, request, caller, number, problem, name=name, values=values)
        if form.get("back") == "/triage":
            return RedirectResponse(f"/triage?done={found['number']}", status_code=303)
        return RedirectResponse(f"/requests/{found['number']}?done={name}", status_code=303)

    return routes
