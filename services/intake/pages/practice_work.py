"""Writing and reviewing good practices: what one works on, and the working copy. `practice_actions` takes its forms."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import not_found
from services.chassis.service import Service
from services.intake.domain.practices import STATES, allowed
from services.intake.handlers import practices
from services.intake.handlers.parts import Parts
from services.intake.pages import labels
from services.intake.pages.lists import names_of
from services.intake.pages.practices import EXISTS, named
from services.intake.pages.receipts import FIELD, new_key

Writer = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
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

    @routes.get("/practices/{id}/draft")
    async def work(request: Request, id: str, caller: Writer, done: Short = "") -> HTMLResponse:
        told = [EXISTS] if done == "exists" else [Notice("success", DONE[done])] if done in DONE else []
        return await show(service, parts, request, caller, await worked_on(parts, caller, id), notices=told)

    return routes


async def worked_on(parts: Parts, caller: Caller, id: str) -> Document:
    """A practice that the caller has written or may review. Raises 404."""
    row = await parts.stores.practices.find(id)
    if row is None or not practices.parties_of(caller, row):
        raise not_found()
    return row


async def show(
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
    unsent: str = "",
    opened: str = "",
    changed: bool = False,
) -> HTMLResponse:
    """The working copy. opened: the form that came back, with `values` and `errors`. unsent: what was written in one
    that is no longer there. changed: it is another than its writer had seen, so it is shown beside what they wrote.
    """
    words = service.web.pages.translations.translator(language_of(request, caller))
    content = row["content"]
    names = await names_of(parts, [row["author"], *(line["actor"] for line in row["history"])])
    found = practices.named_in(content, await practices.known_for(parts, row))
    text, tone = labels.PRACTICE_STATES[row["state"]]
    usual = {**content, "references": "\n".join(content["references"]), "seen": str(row["version"]), FIELD: new_key()}
    return service.web.pages.render(
        request, "practices/work.html", caller, status=status, notices=notices or [], errors=errors or {},
        id=row["_id"], practice=named(content, words), values={**usual, **(values or {})},
        unsent=unsent, opened=opened, changed=changed,
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
