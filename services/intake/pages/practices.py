"""Good practices as everybody reads them, and those that fit a question, offered where somebody asks or answers it."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts import vocabulary
from services.chassis.auth import Caller, person, public
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import invalid, not_found
from services.chassis.service import Service
from services.intake.handlers import practices
from services.intake.handlers.parts import Parts, find
from services.intake.pages import labels
from services.intake.pages.unused_filters import unused
from services.intake.store.practices import PRACTICES, VOTES, PracticeQuery

Anyone = Annotated[Caller, Depends(public)]
Person = Annotated[Caller, Depends(person)]
Form = Annotated[FormData, Depends(checked_form)]
Words = Annotated[str, Query(max_length=200)]
Text = Annotated[str, Query(max_length=2000)]
Cursor = Annotated[str, Query(max_length=500)]
PAGE = 20
EXISTS = Notice("info", N_("A good practice of this request exists already: here it is."))
DONE = {"feedback": Notice("success", N_("Thank you: your judgement has been kept.")), "exists": EXISTS}
"""What the page says after an action."""
_LEAST_WORDS = 3
"""With fewer nobody has asked anything yet."""


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes; after those of `practice_work`, because a practice may have any name."""
    routes = APIRouter(include_in_schema=False)
    pages, store = service.web.pages, parts.stores.practices

    @routes.get("/practices")
    async def found(
        request: Request, caller: Anyone, q: Words = "", theme: Words = "", procedure: Words = "", cursor: Cursor = ""
    ) -> HTMLResponse:
        words = pages.translations.translator(language_of(request, caller))
        codes = {"theme": theme if vocabulary.theme(theme) else "",
                 "procedure": procedure if vocabulary.procedure(procedure) else ""}  # fmt: skip
        given = {"theme": theme, "procedure": procedure}
        lost = {name: code for name, code in given.items() if code and not codes[name]}
        wanted = {"q": q.strip(), **codes}
        kept = {name: value for name, value in wanted.items() if value}
        rows, following = await store.published(PracticeQuery(**kept), PAGE, cursor or None)
        return pages.render(
            request, "practices/list.html", caller,
            notices=unused(lost, words),
            items=[shown(row, words) for row in rows], values=wanted, narrowed=bool(kept),
            themes=labels.theme_choices(words), groups=labels.procedure_groups(words),
            writes=caller.has("expert", "coordinator", "secretariat"),
            next="/practices?" + urlencode({**kept, "cursor": following}) if following else None,
            first=("/practices?" + urlencode(kept)).rstrip("?") if cursor else None,
        )  # fmt: skip

    @routes.get("/practices/similar")
    async def similar(
        request: Request, caller: Person, title: Text = "", description: Text = "", theme: Words = ""
    ) -> HTMLResponse:
        return await _offer(
            service, parts, request, caller, {"title": title, "description": description, "theme": theme}
        )

    @routes.post("/practices/similar")
    async def similar_to_form(request: Request, caller: Person, form: Form) -> HTMLResponse:
        # What somebody is writing must not stand in an address, which proxies and browsers keep.
        values = {name: str(form.get(name) or "") for name in ("title", "description", "theme")}
        return await _offer(service, parts, request, caller, values)

    @routes.get("/requests/{number}/practices")
    async def for_request(request: Request, number: str, caller: Person) -> HTMLResponse:
        asked = await find(parts, caller, number)
        themes = [theme for theme in (asked["theme"], *asked.get("further_themes", ())) if theme]
        rows = await practices.offered(parts, asked["title"], asked["description"], themes)
        words = pages.translations.translator(language_of(request, caller))
        return pages.fragment(
            request, "practices/offered.html", caller, fitting=[shown(row, words) for row in rows], for_request=True
        )

    @routes.get("/practices/{key}")
    async def read(request: Request, key: str, caller: Anyone, done: Words = "") -> Response:
        row = await store.find(key)
        if row is None or not practices.readable(caller, row):
            raise not_found()
        if not row["listed"]:
            return RedirectResponse(f"/practices/{row['_id']}/draft", status_code=303)
        words = pages.translations.translator(language_of(request, caller))
        yes, no = await store.votes(row["_id"])
        told = [DONE[done]] if done in DONE else []
        return pages.render(
            request, "practices/practice.html", caller, notices=told,
            practice=shown(row, words), yes=yes, no=no,
            mine=await store.vote(practices.vote_id(row["_id"], caller)) if caller.id else None,
            works=bool(practices.parties_of(caller, row)),
        )  # fmt: skip

    @routes.post("/practices/{key}/feedback")
    async def judge(request: Request, key: str, caller: Person, form: Form) -> Response:
        row = await store.find(key)
        if row is None or not row["listed"]:
            raise not_found()
        keys = {PRACTICES: [row["_id"]], VOTES: [practices.vote_id(row["_id"], caller)]}
        said = form.get("helpful")
        if said not in ("yes", "no"):
            raise invalid([{"pointer": "/helpful", "detail": N_("This field is required.")}])
        await parts.executor.run(keys, lambda work: practices.vote(work, row["_id"], caller, said == "yes"))
        return RedirectResponse(f"/practices/{row['slug']}?done=feedback", status_code=303)

    return routes


async def _offer(
    service: Service, parts: Parts, request: Request, caller: Caller, values: dict[str, str]
) -> HTMLResponse:
    words = service.web.pages.translations.translator(language_of(request, caller))
    found = await fitting_of(parts, values, words)
    return service.web.pages.fragment(request, "practices/offered.html", caller, fitting=found, for_request=False)


async def fitting_of(parts: Parts, values: dict[str, Any], words: Translator) -> list[dict[str, Any]]:
    """The practices that fit what somebody has written so far, as the template shows them."""
    title, description = str(values.get("title") or ""), str(values.get("description") or "")
    if len(f"{title} {description}".split()) < _LEAST_WORDS:
        return []
    theme = values.get("theme")
    rows = await practices.offered(parts, title, description, [theme] if theme else [])
    return [shown(row, words) for row in rows]


def shown(row: Document, words: Translator) -> dict[str, Any]:
    """A published practice, as the templates show it."""
    content = row["published"]
    return {
        "id": row["_id"],
        "href": f"/practices/{row['slug']}",
        "edition": content["edition"],
        "published_at": content["at"],
        **named(content, words),
    }


def place_of(row: Document | None, caller: Caller) -> str | None:
    """Where the caller reads a practice: its working copy, or as everybody does; None if they may not, or not yet."""
    if row is None or not practices.readable(caller, row):
        return None
    return f"/practices/{row['_id']}/draft" if practices.parties_of(caller, row) else f"/practices/{row['slug']}"


def named(content: Document, words: Translator) -> dict[str, Any]:
    """What a practice says, with words instead of codes."""
    return {
        **{name: content[name] for name in ("title", "problem", "solution", "references")},
        "themes": [labels.theme_name(code, words) for code in content["themes"]],
        "procedure": labels.procedure_name(content["procedure"], words) if content["procedure"] else "",
    }
