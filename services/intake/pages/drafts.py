"""Drafts on pages: saved while somebody writes, by a button without a script; continued and deleted from the list."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts import vocabulary
from contracts.envelope import Id
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, unix_lines
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.intake.handlers import drafts
from services.intake.handlers.drafts import DraftForm
from services.intake.handlers.parts import Parts
from services.intake.pages.receipts import FIELD, new_key
from services.intake.pages.subject_fields import COMPANIES, FURTHER, written_subject

Sender = Annotated[Caller, Depends(allow("official", "representative", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
DRAFT = "draft"
"""The hidden field with the draft's id."""
_NO_NAME = N_("(no subject)")


class _WithId(DraftForm):
    draft: Id


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    pages = service.web.pages

    @routes.post("/requests/drafts")
    async def keep(request: Request, caller: Sender, form: Form) -> Response:
        included = request.headers.get("hx-request") == "true"
        words = pages.translations.translator(language_of(request, caller))
        try:
            id, written = _read(form)
            if included and written.empty:
                return Response(status_code=204)
            draft = await drafts.keep(parts, caller, id, written)
        except Problem as problem:
            if not included:
                raise
            told = words(problem.detail or problem.title, **problem.values)
            return _said(service, request, caller, fault=told)
        if included:
            return _said(service, request, caller, at=draft["updated_at"], until=draft["expires_at"])
        return RedirectResponse(f"/requests/new?draft={draft['_id']}&saved=yes", status_code=303)

    @routes.post("/requests/drafts/{id}/deletion")
    async def delete(request: Request, id: str, caller: Sender, form: Form) -> Response:
        try:
            await drafts.delete(parts, caller, id)
        except Problem as problem:
            if problem.status != 404:
                raise  # Deleted twice is deleted.
        return RedirectResponse("/requests", status_code=303)

    return routes


def _read(form: FormData) -> tuple[str, DraftForm]:
    """The draft's id and what was written. Raises 422."""
    texts = {name: unix_lines(value) for name, value in form.items() if isinstance(value, str) and value.strip()}
    sent = {**texts, **written_subject(form)}
    try:
        filled = _WithId.model_validate({name: sent[name] for name in _WithId.model_fields if name in sent})
    except ValidationError as error:
        raise Problem(422, N_("The draft cannot be saved as it is.")) from error
    return filled.draft, DraftForm(**filled.model_dump(exclude={DRAFT}))


def _said(service: Service, request: Request, caller: Caller, **told: Any) -> HTMLResponse:
    known = {"at": None, "until": None, "fault": ""}
    return service.web.pages.fragment(request, "requests/draft_saved.html", caller, **(known | told))


async def values_of(parts: Parts, caller: Caller, id: str) -> dict[str, Any]:
    """What the form shows of a draft. Raises 404."""
    draft = await drafts.read(parts, caller, id)
    fields = {name: value for name, value in draft["fields"].items() if value}
    about = {FURTHER: fields.pop("further_themes", []), COMPANIES: ", ".join(fields.pop("companies", []))}
    return {"urgency": "normal", **fields, **about, DRAFT: id, FIELD: new_key()}


async def shown(parts: Parts, caller: Caller, words: Translator) -> list[dict[str, Any]]:
    """The caller's drafts, for the list page."""
    return [_row(draft, words) for draft in await drafts.listed(parts, caller)]


def _row(draft: Document, words: Translator) -> dict[str, Any]:
    fields = draft["fields"]
    body = vocabulary.body(fields.get("body") or "")
    return {
        "id": draft["_id"],
        "title": fields.get("title") or words(_NO_NAME),
        "body": body.name if body else "",
        "at": draft["updated_at"],
        "until": draft["expires_at"],
    }
