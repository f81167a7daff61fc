"""The forms about a request's data and its links, which stand on its page beside the actions of its life."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from contracts.requests import Urgency
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.chassis.work import Work
from services.intake.handlers import links
from services.intake.handlers.editing import edit
from services.intake.handlers.fields import Day, Line, Number, Protocol, Title
from services.intake.handlers.parts import Parts, find
from services.intake.pages.receipts import once
from services.intake.pages.request import show
from services.intake.store.requests import REQUESTS

Person = Annotated[Caller, Depends(allow("official", "representative", "expert", "coordinator", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]


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
            tags = [tag.strip()[:40] for tag in self.tags.split(",")]
            found = {"title": self.title, "tags": [tag for tag in tags if tag][:20], "urgency": self.urgency}
        if "protocol_number" in form:
            found["protocol"] = self._protocol((protocol or {}).get("registry", ""))
        return {name: value for name, value in found.items() if value is not None or name == "protocol"}

    def _protocol(self, registry: str) -> dict[str, str] | None:
        if not self.protocol_number or not self.protocol_date:
            return None
        return Protocol(number=self.protocol_number, date=self.protocol_date, registry=registry).model_dump()

    def faults(self) -> dict[str, str]:
        """What is wrong with the fields together."""
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
        errors |= filled.faults() if filled else {}
        if filled is None or errors:
            return await show(
                service, parts, request, caller, found, status=422, values=_texts(form), errors=errors, opened="edit"
            )
        changes, seen = filled.changes(form, found["protocol"]), filled.edits

        def decide(work: Work) -> dict[str, Any]:
            edit(work, found["_id"], caller, changes, lambda known: known.get("edits", 0) == seen)
            return {"done": "edit"}

        await once(request, caller, parts.executor, {REQUESTS: [found["_id"]]}, form, decide)
        return RedirectResponse(f"/requests/{number}?done=edit", status_code=303)

    @routes.post("/requests/{number}/link")
    async def link(request: Request, number: str, caller: Person, form: Form) -> Response:
        found = await find(parts, caller, number)
        filled, errors = fill(LinkForm, form)
        try:
            if filled:
                other = await find(parts, caller, filled.link_to)
                ids, kind = (found["_id"], other["_id"]), filled.link_kind
                keys = {REQUESTS: sorted(set(ids))}
                await parts.executor.run(keys, lambda work: links.link(work, *ids, kind, caller))
                return RedirectResponse(f"/requests/{number}?done=link", status_code=303)
        except Problem as problem:
            if problem.status not in (404, 422):
                raise
            detail = (
                problem.errors[0]["detail"] if problem.errors else N_("No request that you may see has this number.")
            )
            errors = {"link_to": detail}
        return await show(
            service, parts, request, caller, found, status=422, values=_texts(form), errors=errors, opened="link"
        )

    @routes.post("/requests/{number}/unlink")
    async def unlink(request: Request, number: str, caller: Person, form: Form) -> Response:
        found = await find(parts, caller, number)
        id = str(form.get("link", ""))
        keys = {REQUESTS: [found["_id"], links.other_end(found, id)]}
        await parts.executor.run(
            keys, lambda work: links.unlink(work, found["_id"], links.other_end(found, id), id, caller)
        )
        return RedirectResponse(f"/requests/{number}?done=unlink", status_code=303)

    return routes


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}
