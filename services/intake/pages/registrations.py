"""`/bodies/registrations`: what waits for the Segreteria Tecnica's decision, and how bodies stand in lists."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from contracts import vocabulary
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.service import Service
from services.intake.handlers.days import today
from services.intake.handlers.parts import Parts
from services.intake.handlers.registration import body_in_register
from services.intake.pages import body_labels
from services.intake.pages.lists import names_of

Secretariat = Annotated[Caller, Depends(allow("secretariat"))]
Words = Annotated[str, Query(max_length=100)]
PAGE = 25
DONE = {
    "approved": N_("The registration of {body} has been approved."),
    "rejected": N_("The registration of {body} has been refused: the body reads the reason on its page."),
    "named": N_("The representative of {body} has been named, and can log in from the first day on."),
    "ended": N_("The representative of {body} has been removed, and has no access any more."),
}


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    pages = service.web.pages

    @routes.get("/bodies/registrations")
    async def waiting(
        request: Request, caller: Secretariat, cursor: Words = "", done: Words = "", code: Words = ""
    ) -> HTMLResponse:
        words = pages.translations.translator(language_of(request, caller))
        rows = await parts.stores.bodies.waiting(PAGE, cursor or None)
        names = await names_in(parts, rows[:PAGE])
        following = rows[PAGE - 1]["code"] if len(rows) > PAGE else None
        return pages.render(
            request, "bodies/registrations.html", caller, notices=told(done, code, words),
            items=[_item(row, names, today(parts), words) for row in rows[:PAGE]],
            next="/bodies/registrations?" + urlencode({"cursor": following}) if following else None,
            first="/bodies/registrations" if cursor else None,
        )  # fmt: skip

    return routes


def told(done: str, code: str, words: Translator) -> list[Notice]:
    """What was done with a body, said on the page that follows."""
    body = vocabulary.body(code)
    return [Notice("success", words(DONE[done], body=body.name))] if done in DONE and body else []


def row_of(body: vocabulary.Body, state: Document | None, day: date, words: Translator) -> dict[str, Any]:
    """A body as lists show it."""
    text, tone = body_labels.status(body, state, day)
    province = vocabulary.province(body.province)
    return {
        **body_labels.choice(body),
        "kind": words(body_labels.KINDS[body.kind]),
        "province": province.name if province else body.province,
        "population": body.population,
        "status": words(text),
        "tone": tone,
        "phase": state["phase"] if state else None,
    }


async def names_in(parts: Parts, states: list[Document]) -> dict[str | None, str]:
    """Person id -> name of those who sent the registrations of these bodies."""
    tried = [attempt for state in states for attempt in (*state.get("earlier", ()), state)]
    return await names_of(parts, [attempt["protocol"]["by"] for attempt in tried if attempt.get("protocol")])


def _item(row: Document, names: dict[str | None, str], day: date, words: Translator) -> dict[str, Any]:
    body = body_in_register(row["code"])
    return {**row_of(body, row, day, words), "attempts": body_labels.attempts(row, names, words)}
