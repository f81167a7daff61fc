"""One request: its page, the part of it that renews itself, and the summary that other services' pages include."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from services.chassis.auth import Caller, person
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.service import Service
from services.intake.files.settings import FileSettings
from services.intake.handlers.attachments.holder import megabytes
from services.intake.handlers.parts import Parts, find
from services.intake.handlers.reading import WholeRequest, whole
from services.intake.pages import labels, related
from services.intake.pages.facts import facts_of
from services.intake.pages.receipts import FIELD, new_key
from services.intake.pages.similar import mail_hint
from services.intake.pages.story import Story
from services.intake.store.visibility import COORDINATION

Person = Annotated[Caller, Depends(person)]
Short = Annotated[str, Query(max_length=40)]

DONE: dict[str, str] = {
    "submitted": N_("Request sent. Number {number}."),
    "reply": N_("Message sent."),
    "ask": N_("Question sent. Until the body answers, the request waits for it."),
    "resolve": N_("The request is resolved. The body has been asked to confirm."),
    "close": N_("The request is closed. Thank you."),
    "reopen": N_("The request is open again."),
    "withdraw": N_("The request has been withdrawn."),
    "reclassify": N_("The theme has been set."),
    **related.DONE,
    "merge": N_("The requests are joined. The conversation goes on here."),
}
"""What the page says after an action (msgids)."""
_FORMS = {"reply": {"message"}, "edit": {"edit", "register"}}
"""Forms that are on the page by other actions than those they are called after."""
_TEXTS = ("reply", "question", "solution", "comment", "reopening", "withdrawal")
_DATA = ("title", "tags", "protocol_number", "link_to")


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    pages = service.web.pages

    @routes.get("/requests/{number}")
    async def read(request: Request, number: str, caller: Person, done: Short = "") -> HTMLResponse:
        found = await find(parts, caller, number)
        words = pages.translations.translator(language_of(request, caller))
        told = [Notice("success", words(DONE[done], number=found["number"]))] if done in DONE else []
        return await show(service, parts, request, caller, found, notices=told, fresh=done == "submitted")

    @routes.get("/requests/{number}/conversation")
    async def conversation(
        request: Request, number: str, caller: Person, seen: int = -1, status: Short = ""
    ) -> Response:
        found = await find(parts, caller, number)
        if found["version"] == seen:
            return Response(status_code=204)  # Nothing is exchanged under a reader's eyes, or selection, in vain.
        words = pages.translations.translator(language_of(request, caller))
        read = await whole(parts, caller, found)
        return pages.fragment(
            request, "requests/conversation.html", caller,
            **told_of(read, caller, words, parts.files), page_status=status, news=seen >= 0,
        )  # fmt: skip

    @routes.get("/requests/{number}/summary")
    async def summary(request: Request, number: str, caller: Person) -> HTMLResponse:
        found = await find(parts, caller, number)
        words = pages.translations.translator(language_of(request, caller))
        return pages.fragment(request, "requests/summary.html", caller, **_head(found, words))

    return routes


async def show(
    service: Service,
    parts: Parts,
    request: Request,
    caller: Caller,
    found: Document,
    *,
    status: int = 200,
    notices: list[Notice] | None = None,
    values: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    opened: str = "",
    fresh: bool = False,
) -> HTMLResponse:
    """The page of a request. opened: the action whose form came back with `values` and `errors`.

    fresh: it was sent a moment ago, so the other services may not have heard of it yet.
    What was written for an action whose form is no longer there is shown to be copied: it must not be lost.
    """
    words = service.web.pages.translations.translator(language_of(request, caller))
    read = await whole(parts, caller, found)
    stands = status != 409 and not _FORMS.get(opened, {opened}).isdisjoint(read.allowed)
    return service.web.pages.render(
        request, "requests/request.html", caller, status=status, notices=notices or [],
        **{**told_of(read, caller, words, parts.files), **_head(found, words)}, page_status=found["status"], news=False,
        facts=facts_of(read, caller, words), allowed=read.allowed,
        values={**_usual(found), **(values or {})}, errors=errors or {},
        opened=opened, fresh=fresh, unsent="" if stands else written_in(values or {}), merged_into=found["merged_into"],
        **await mail_hint(parts, caller, found, words), told_cases=caller.has("expert", *COORDINATION),
        outcomes=labels.choices(labels.OUTCOMES, words), megabytes=megabytes(parts.files),
        themes=labels.theme_choices(words), groups=labels.procedure_groups(words),
        **await related.more_of(parts, read, caller, words),
    )  # fmt: skip


def _usual(found: Document) -> dict[str, str]:
    """What the forms of the page hold before anybody has written."""
    return {
        FIELD: new_key(),
        "visibility": "shared",
        "theme": found["theme"] or "",
        "procedure": found["procedure"] or "",
        **related.usual_edits(found),
    }


def told_of(read: WholeRequest, caller: Caller, words: Translator, policy: FileSettings) -> dict[str, Any]:
    """What renews itself: the conversation, what happened, and the status."""
    story = Story(read, caller, words, policy)
    text, tone = labels.STATUSES[read.request["status"]]
    return {
        "number": read.request["number"],
        "seen": read.request["version"],
        "now": read.request["status"],
        "status_text": words(text),
        "status_tone": tone,
        "messages": story.conversation(),
        "timeline": story.timeline(),
        "files": story.files(),
        "reads_conversation": read.reads_conversation,
        "internal": read.internal,
    }


def _head(found: Document, words: Translator) -> dict[str, Any]:
    """What a request is, in short."""
    text, tone = labels.STATUSES[found["status"]]
    return {
        "number": found["number"],
        "heading": found["title"],
        "description": found["description"],
        "body_name": found["body_name"],
        "theme": labels.theme_name(found["theme"], words),
        "kind": words(labels.KINDS[found["kind"]]),
        "urgency": words(labels.URGENCIES[found["urgency"]]),
        "urgent": found["urgency"] == "high",
        "status_text": words(text),
        "status_tone": tone,
        "submitted_at": found["submitted_at"],
    }


def written_in(values: dict[str, Any]) -> str:
    """What somebody wrote into a form of the page."""
    return "\n\n".join(str(values[name]) for name in (*_TEXTS, *_DATA) if values.get(name))
