"""The forms about a request's data and its links, which stand on its page beside the actions of its life."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from contracts.requests import Urgency
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.i18n import N_, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.chassis.work import Work
from services.intake.handlers import links
from services.intake.handlers.editing import edit
from services.intake.handlers.fields import Day, Line, Number, Protocol, Title
from services.intake.handlers.parts import Parts, find
from services.intake.handlers.reading import survivor_of
from services.intake.pages.not_possible import not_possible
from services.intake.pages.receipts import once
from services.intake.pages.related import meanwhile
from services.intake.pages.request import show
from services.intake.store.requests import REQUESTS

Person = Annotated[Caller, Depends(allow("official", "representative", "expert", "coordinator", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
_MOST_TAGS, _LONGEST_TAG = 20, 40


class LinkForm(BaseModel):
    """The other request."""

    link_to: Number
    link_kind: links.Kind = "related"


class EditForm(BaseModel):
    """The data; a part of them is there only for who may change it. edits: what the reader had before their eyes."""

    title: Title | None = None
    tags: Annotated[Line, Field(max_length=800)] = ""
    urgency: Urgency | None = None
    protocol_number: Annotated[Line, Field(max_length=50)] | None = None
    protocol_date: Day | None = None
    edits: int = 0

    def changes(self, form: FormData, protocol: Document | None) -> dict[str, Any]:
        """The fields that stood on the page. protocol: the stored one, whose register is not asked for here."""
        found: dict[str, Any] = {}
        if "title" in form:
            found = {"title": self.title, "tags": self._tags(), "urgency": self.urgency}
        if "protocol_number" in form:
            found["protocol"] = self._protocol((protocol or {}).get("registry", ""))
        return {name: value for name, value in found.items() if value is not None or name == "protocol"}

    def _tags(self) -> list[str]:
        return [tag for part in self.tags.split(",") if (tag := part.strip())]

    def _protocol(self, registry: str) -> dict[str, str] | None:
        if not self.protocol_number or not self.protocol_date:
            return None
        return Protocol(number=self.protocol_number, date=self.protocol_date, registry=registry).model_dump()

    def faults(self, form: FormData) -> dict[str, str]:
        """What is wrong with the fields together."""
        if "title" in form and self.title is None:
            return {"title": N_("This field is required.")}
        if len(self._tags()) > _MOST_TAGS or any(len(tag) > _LONGEST_TAG for tag in self._tags()):
            return {"tags": N_("At most 20 tags, each of 40 characters at most.")}
        if self.protocol_number and not self.protocol_date:
            return {"protocol_date": N_("Give the date of the protocol number as well.")}
        if self.protocol_date and not self.protocol_number:
            return {"protocol_number": N_("Give the number that belongs to this date.")}
        return {}


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes; before those of `actions`, which take any name."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/requests/{number}/edit")
    async def save(request: Request, number: str, caller: Person, form: Form) -> Response:
        found = await find(parts, caller, number)
        filled, errors = fill(EditForm, form)
        errors |= filled.faults(form) if filled else {}
        if filled is None or errors:
            return await show(
                service, parts, request, caller, found, status=422, values=_texts(form), errors=errors, opened="edit"
            )
        changes, seen = filled.changes(form, found["protocol"]), filled.edits

        def decide(work: Work) -> dict[str, Any]:
            edit(work, found["_id"], caller, changes, lambda known: known.get("edits", 0) == seen)
            return {"done": "edit"}

        try:
            await once(request, caller, parts.executor, {REQUESTS: [found["_id"]]}, form, decide)
        except Problem as problem:
            if problem.status == 412:
                return await _changed(service, parts, request, caller, number, form)
            return await not_possible(
                service, parts, request, caller, number, problem, name="edit", values=_texts(form)
            )
        return RedirectResponse(f"/requests/{number}?done=edit", status_code=303)

    @routes.post("/requests/{number}/link")
    async def link(request: Request, number: str, caller: Person, form: Form) -> Response:
        found = await find(parts, caller, number)
        filled, errors = fill(LinkForm, form)
        other, wrong = await _other(service, parts, request, caller, filled.link_to) if filled else (None, errors)
        if not filled or other is None:
            return await show(
                service, parts, request, caller, found, status=422, values=_texts(form), errors=wrong, opened="link"
            )
        ids, kind = (found["_id"], other), filled.link_kind

        def decide(work: Work) -> dict[str, Any]:
            links.link(work, *ids, kind, caller)
            return {"done": "link"}

        try:
            await once(request, caller, parts.executor, {REQUESTS: sorted(set(ids))}, form, decide)
        except Problem as problem:
            named = Problem(problem.status, problem.title, problem.detail, kind=problem.kind, errors=[
                {**fault, "pointer": "/link_to"} for fault in problem.errors])  # fmt: skip
            return await not_possible(service, parts, request, caller, number, named, name="link", values=_texts(form))
        return RedirectResponse(f"/requests/{number}?done=link", status_code=303)

    @routes.post("/requests/{number}/unlink")
    async def unlink(request: Request, number: str, caller: Person, form: Form) -> Response:
        found = await find(parts, caller, number)
        id = str(form.get("link", ""))
        other = links.other_end(found, id)
        if other is not None:  # Removed twice is removed.
            keys = {REQUESTS: [found["_id"], other]}
            try:
                await parts.executor.run(keys, lambda work: links.unlink(work, found["_id"], other, id, caller))
            except Problem as problem:
                return await not_possible(service, parts, request, caller, number, problem)
        elif found["merged_into"]:
            return RedirectResponse(f"/requests/{number}", status_code=303)  # The link is the other one's now.
        return RedirectResponse(f"/requests/{number}?done=unlink", status_code=303)

    return routes


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def _other(
    service: Service, parts: Parts, request: Request, caller: Caller, number: str
) -> tuple[str | None, dict[str, str]]:
    """The id of the request to be linked, or what is wrong with its number."""
    try:
        other = await find(parts, caller, number)
    except Problem:
        return None, {"link_to": N_("No request that you may see has this number.")}
    if not other["merged_into"]:
        return other["_id"], {}
    words = service.web.pages.translations.translator(language_of(request, caller))
    survivor = (await survivor_of(parts, other))["number"]
    return None, {"link_to": words(N_("This request was joined to {number}: link that one."), number=survivor)}


async def _changed(
    service: Service, parts: Parts, request: Request, caller: Caller, number: str, form: FormData
) -> Response:
    """The page after somebody else changed the data: both are shown, and what is sent then holds."""
    found = await find(parts, caller, number)
    words = service.web.pages.translations.translator(language_of(request, caller))
    values = {**_texts(form), "edits": str(found.get("edits", 0))}
    told = Notice("warning", N_("Somebody changed these data meanwhile. Compare, and save again what should hold."))
    return await show(
        service, parts, request, caller, found, status=412, notices=[told],
        values=values, errors=meanwhile(found, values, words), opened="edit",
    )  # fmt: skip
