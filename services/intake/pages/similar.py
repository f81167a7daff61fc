"""Similar requests on pages: while somebody writes, as a step before sending, and on a request that came by mail.

Who may merge does it by one button, which `merging` takes.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse

from contracts import vocabulary
from services.chassis.auth import Caller, allow, person
from services.chassis.forms import checked_form
from services.chassis.i18n import Translator, language_of
from services.chassis.service import Service
from services.intake.handlers.parts import Parts, find
from services.intake.handlers.similar import Alike, Resemblance, duplicates_of_mail, like_request, like_text
from services.intake.pages import labels
from services.intake.pages.receipts import new_key
from services.intake.store.visibility import COORDINATION, OF_A_BODY, sees

Person = Annotated[Caller, Depends(person)]
Sender = Annotated[Caller, Depends(allow("official", "representative", "secretariat"))]
Coordination = Annotated[Caller, Depends(allow(*COORDINATION))]
Form = Annotated[FormData, Depends(checked_form)]


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    pages = service.web.pages

    @routes.post("/requests/similar")
    async def written(request: Request, caller: Sender, form: Form) -> HTMLResponse:
        words = pages.translations.translator(language_of(request, caller))
        return pages.fragment(
            request, "requests/similar.html", caller, **await like_form(parts, caller, form, words), asked=False
        )

    @routes.get("/requests/{number}/similar")
    async def of_request(request: Request, number: str, caller: Person) -> HTMLResponse:
        found = await find(parts, caller, number)
        words = pages.translations.translator(language_of(request, caller))
        alike = told(await like_request(parts, caller, found), caller, words)
        return pages.fragment(request, "requests/similar.html", caller, alike=alike, asked=True)

    @routes.get("/requests/{number}/twins")
    async def twins(request: Request, number: str, caller: Coordination) -> HTMLResponse:
        found = await find(parts, caller, number)
        words = pages.translations.translator(language_of(request, caller))
        hint = await mail_hint(parts, caller, found, words)
        return pages.fragment(request, "requests/twins_alone.html", caller, number=number, **hint)

    return routes


async def like_form(parts: Parts, caller: Caller, form: FormData, words: Translator) -> dict[str, Any]:
    """What is like the fields of the form of a new request, for `requests/similar.html`."""
    title, description, code = (str(form.get(name) or "") for name in ("title", "description", "body"))
    body = vocabulary.body(code.strip())
    theirs = body is not None and (caller.has("secretariat") or body.code in caller.scopes(*OF_A_BODY))
    found = await like_text(parts, caller, title[:200], description, body.code if body and theirs else None)
    return {"alike": told(found, caller, words)}


async def mail_hint(parts: Parts, caller: Caller, request: dict[str, Any], words: Translator) -> dict[str, Any]:
    """Others of the same body that are like a request that came by mail, with the button for who may merge."""
    found = await duplicates_of_mail(parts, caller, request)
    return {
        "twins": [_row(one, caller, words) for one in found[:3]],
        "may_merge": caller.has(*COORDINATION),
        "merge_key": new_key() if found else "",
    }


def told(found: Resemblance, caller: Caller, words: Translator) -> dict[str, list[dict[str, Any]]]:
    """Both kinds in words."""
    return {
        "duplicates": [_row(one, caller, words) for one in found.duplicates],
        "solved": [_row(one, caller, words) for one in found.solved],
    }


def _row(one: Alike, caller: Caller, words: Translator) -> dict[str, Any]:
    row = one.request
    text, tone = labels.STATUSES[row["status"]]
    outcome = (row.get("resolution") or {}).get("outcome")
    return {
        "number": row["number"],
        "title": row["title"],
        "body": row["body_name"],
        "status": words(text),
        "tone": tone,
        "outcome": words(labels.OUTCOMES[outcome]) if outcome else "",
        "theme": labels.theme_name(row["theme"], words),
        "at": row["submitted_at"],
        "readable": sees(caller, row),
    }
