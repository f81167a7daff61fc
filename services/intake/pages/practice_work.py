"""Writing and reviewing good practices: what one works on, the working copy, and what can be done with it."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import Problem, invalid, not_found
from services.chassis.service import Service
from services.chassis.work import Work
from services.intake.domain.anonymity import Known
from services.intake.domain.practices import STATES, allowed
from services.intake.handlers import practices
from services.intake.handlers.parts import Parts, find
from services.intake.pages import labels
from services.intake.pages.lists import names_of
from services.intake.pages.practice_forms import DraftForm, written
from services.intake.pages.practices import named
from services.intake.store.practices import PRACTICES

Writer = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
Short = Annotated[str, Query(max_length=40)]
Cursor = Annotated[str, Query(max_length=500)]
PAGE = 20
DONE: dict[str, str] = {
    "new": N_("The draft is ready. Names have been replaced: read it through and complete it."),
    "save": N_("The draft has been saved."),
    "review": N_("The draft has been sent for review. Somebody else will publish or return it."),
    "publication": N_("Done: everybody can read it, or its author can correct it."),
    "withdrawal": N_("The good practice has been withdrawn. Nobody finds it any more."),
}
"""What the page says after an action (msgids)."""
Act = Callable[[Work, str], object]


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes; before those of `practices`, where a practice may have any name."""
    routes = APIRouter(include_in_schema=False)
    pages, store = service.web.pages, parts.stores.practices

    @routes.get("/practices/drafts")
    async def mine(request: Request, caller: Writer, state: Short = "", cursor: Cursor = "") -> HTMLResponse:
        words = pages.translations.translator(language_of(request, caller))
        state = state if state in STATES else ""
        filters = [practices.reviewable(caller), {"state": state} if state else {}]
        where = {"$and": [part for part in filters if part] or [{}]}
        rows, following = await store.worked_on(where, PAGE, cursor or None)
        names = await names_of(parts, [row["author"] for row in rows])
        kept = {"state": state} if state else {}
        return pages.render(
            request, "practices/work_list.html", caller,
            items=[_line(row, names, caller, words) for row in rows],
            states=labels.choices({code: text for code, (text, _) in labels.PRACTICE_STATES.items()}, words),
            values={"state": state},
            next="/practices/drafts?" + urlencode({**kept, "cursor": following}) if following else None,
            first=("/practices/drafts?" + urlencode(kept)).rstrip("?") if cursor else None,
        )  # fmt: skip

    @routes.post("/practices/new")
    async def start(request: Request, caller: Writer, form: Form) -> Response:
        source = await find(parts, caller, str(form.get("request") or ""))
        practices.check_source(source, caller)
        messages = await practices.said_about(parts, source)
        content = practices.draft_of(source, messages, await practices.known_of(parts, source, messages))
        id = practices.practice_id(source["_id"])
        await parts.executor.run({PRACTICES: [id]}, lambda work: practices.start(work, source, caller, content))
        return RedirectResponse(f"/practices/{id}/draft?done=new", status_code=303)

    @routes.get("/practices/{id}/draft")
    async def work(request: Request, id: str, caller: Writer, done: Short = "") -> HTMLResponse:
        told = [Notice("success", N_(DONE[done]))] if done in DONE else []
        return await _show(service, parts, request, caller, await _worked_on(parts, caller, id), notices=told)

    @routes.post("/practices/{id}/draft/{name}")
    async def act(request: Request, id: str, name: str, caller: Writer, form: Form) -> Response:
        row = await _worked_on(parts, caller, id)
        try:
            decide = _decision(name, caller, form, await practices.known_for(parts, row))
            await parts.executor.run({PRACTICES: [row["_id"]]}, lambda work: decide(work, row["_id"]))
        except Problem as problem:
            if problem.status not in (409, 412, 422):
                raise
            return await _refused(service, parts, request, caller, row["_id"], form, problem)
        return RedirectResponse(f"/practices/{row['_id']}/draft?done={name}", status_code=303)

    return routes


def _decision(name: str, caller: Caller, form: FormData, known: Known) -> Act:
    """What a form asks for. Raises 404 for one that does not exist, 422 for wrong fields."""
    reason = str(form.get("reason") or "").strip()[:2000] or None
    if name == "save":
        draft = DraftForm.read(form)
        return lambda work, id: practices.edit(
            work, id, caller, draft.changes(), lambda row: row["version"] == draft.seen
        )
    if name == "review":
        return lambda work, id: practices.send_for_review(work, id, caller, known)
    if name == "publication":
        approved = form.get("approved") == "yes"
        if not approved and reason is None:
            raise invalid([{"pointer": "/reason", "detail": N_("A refusal needs its reason.")}])
        return lambda work, id: practices.decide(work, id, caller, approved, reason, known)
    if name == "withdrawal":
        return lambda work, id: practices.withdraw(work, id, caller, reason)
    raise not_found()


async def _worked_on(parts: Parts, caller: Caller, id: str) -> Document:
    row = await parts.stores.practices.find(id)
    if row is None or not practices.parties_of(caller, row):
        raise not_found()
    return row


async def _refused(
    service: Service, parts: Parts, request: Request, caller: Caller, id: str, form: FormData, problem: Problem
) -> HTMLResponse:
    """The page as it stands now, with what was written and what is wrong with it."""
    words = service.web.pages.translations.translator(language_of(request, caller))
    errors = {fault["pointer"].lstrip("/").split("/")[0]: fault["detail"] for fault in problem.errors}
    told = [] if errors and problem.kind.startswith("unprocessable") else [
        Notice("warning", words(problem.detail or problem.title, **problem.values))
    ]  # fmt: skip
    row = await _worked_on(parts, caller, id)
    values = written(form) if "problem" in form else None
    return await _show(
        service, parts, request, caller, row, status=problem.status, notices=told, errors=errors, values=values
    )


async def _show(
    service: Service,
    parts: Parts,
    request: Request,
    caller: Caller,
    row: Document,
    *,
    status: int = 200,
    notices: list[Notice] | None = None,
    errors: dict[str, str] | None = None,
    values: dict[str, Any] | None = None,
) -> HTMLResponse:
    words = service.web.pages.translations.translator(language_of(request, caller))
    content = row["content"]
    names = await names_of(parts, [row["author"], *(line["actor"] for line in row["history"])])
    found = practices.named_in(content, await practices.known_for(parts, row))
    text, tone = labels.PRACTICE_STATES[row["state"]]
    usual = {**content, "references": "\n".join(content["references"]), "seen": str(row["version"])}
    return service.web.pages.render(
        request, "practices/work.html", caller, status=status, notices=notices or [], errors=errors or {},
        id=row["_id"], practice=named(content, words), values={**usual, **(values or {})},
        state=row["state"], state_text=words(text), tone=tone, edition=row["edition"], listed=row["listed"],
        href=f"/practices/{row['slug']}" if row["listed"] else None,
        reason=row["reason"], number=row["request_number"], author=names.get(row["author"], ""),
        allowed=allowed(row["state"], practices.parties_of(caller, row)),
        remaining=[_found(item, words) for item in found if item.finding.known],
        alike=[_found(item, words) for item in found if not item.finding.known],
        history=[_told(line, names, words) for line in reversed(row["history"])],
        themes=labels.theme_choices(words), groups=labels.procedure_groups(words),
    )  # fmt: skip


def _line(row: Document, names: dict[str | None, str], caller: Caller, words: Translator) -> dict[str, Any]:
    text, tone = labels.PRACTICE_STATES[row["state"]]
    return {
        "href": f"/practices/{row['_id']}/draft",
        "title": row["content"]["title"],
        "themes": ", ".join(labels.theme_name(code, words) for code in row["content"]["themes"]),
        "state": words(text),
        "tone": tone,
        "author": words(N_("you")) if row["author"] == caller.id else names.get(row["author"], ""),
        "updated_at": row["updated_at"],
    }


def _found(item: practices.Named, words: Translator) -> dict[str, str]:
    field = item.field.split("/")[0]
    return {
        "text": item.finding.text,
        "kind": words(labels.NAME_KINDS[item.finding.kind]),
        "field": words(labels.PRACTICE_FIELDS[field]),
        "href": f"#f-{field}",
    }


def _told(line: Document, names: dict[str | None, str], words: Translator) -> dict[str, Any]:
    who = names.get(line["actor"]) or words(N_("An operator"))
    text = words(labels.PRACTICE_STORY[line["action"]], who=who, edition=line.get("edition", ""))
    return {"text": text, "at": line["at"], "reason": line.get("reason", "")}
