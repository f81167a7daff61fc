"""Lists: the requests that the caller may see, and those that wait for somebody to give them a theme."""

from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from contracts import vocabulary
from services.chassis.auth import Caller, allow, person
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.paging import moment, position, text
from services.chassis.service import Service
from services.intake.domain.transitions import UNDER_WAY
from services.intake.handlers.filters import NAMES, left_out, lenient
from services.intake.handlers.parts import Parts
from services.intake.handlers.similar import BY_MAIL
from services.intake.pages import drafts, labels, views
from services.intake.pages.receipts import new_key
from services.intake.pages.unused_filters import unused
from services.intake.store.requests import RequestQuery, RequestStore
from services.intake.store.visibility import OF_ALL, sees_search

Person = Annotated[Caller, Depends(person)]
Coordination = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Words = Annotated[str, Query(max_length=200)]
Number = Annotated[str, Query(pattern=r"^([0-9]{4}-[0-9]{6,12})?$")]
Cursor = Annotated[str, Query(max_length=500)]
PAGE = 20
_STEPS = 10
"""How often a search that has found nothing yet goes on by itself, each time as far as `store.scan` allows."""
LEAST = 0.01
"""A theme less probable than this is not offered."""


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    pages, store = service.web.pages, parts.stores.requests

    @routes.get("/requests")
    async def requests(request: Request, caller: Person, q: Words = "", cursor: Cursor = "") -> HTMLResponse:
        words = pages.translations.translator(language_of(request, caller))
        chosen = lenient(request.query_params)
        query, address = chosen.query(caller.id), chosen.address()
        rows, following = await _searched(store, caller, query, cursor or None)
        count, more = (len(rows), False) if not (cursor or following) else await store.count(caller, query)
        kept = chosen.values()
        may_ask = caller.has("official", "representative", "secretariat")
        return pages.render(
            request, "requests/list.html", caller,
            notices=unused(left_out(request.query_params, chosen), words),
            items=await _rows(parts, caller, rows, words),
            count=count, more=more,
            everything=caller.has(*OF_ALL),
            may_ask=may_ask,
            may_import=caller.has("official", "representative", "coordinator", "secretariat"),
            drafts=await drafts.shown(parts, caller, words) if may_ask and not (cursor or kept) else [],
            views=await views.shown(parts, caller, address), filter=address,
            **_choices(words), values={**dict.fromkeys(NAMES, ""), "q": q, **kept},
            far=position(following, moment, text)[0] if following else None,
            sparse=following is not None and len(rows) < PAGE,
            next="/requests?" + urlencode({**kept, "cursor": following}) if following else None,
            first=("/requests?" + urlencode(kept)).rstrip("?") if cursor else None,
        )  # fmt: skip

    @routes.get("/triage")
    async def triage(request: Request, caller: Coordination, cursor: Cursor = "", done: Number = "") -> HTMLResponse:
        words = pages.translations.translator(language_of(request, caller))
        told = (
            [Notice("success", words(N_("The theme of request {number} has been set."), number=done))] if done else []
        )
        query = RequestQuery(statuses=("triage",), sort="oldest")
        rows, following = await store.page(caller, query, PAGE, cursor or None)
        return pages.render(
            request, "requests/triage.html", caller,
            notices=told,
            items=[_to_sort(parts, row, words) for row in rows],
            themes=labels.theme_choices(words),
            next="/triage?" + urlencode({"cursor": following}) if following else None,
            first="/triage" if cursor else None,
        )  # fmt: skip

    return routes


async def _searched(
    store: RequestStore, caller: Caller, query: RequestQuery, cursor: str | None
) -> tuple[list[Document], str | None]:
    """A page; a search that stopped before it found anything goes on, so that few people meet an empty page."""
    rows, following = await store.page(caller, query, PAGE, cursor)
    for _ in range(_STEPS):
        if rows or following is None:
            break
        rows, following = await store.page(caller, query, PAGE, following)
    return rows, following


def _choices(words: Translator) -> dict[str, Any]:
    """What the fields of the filter offer."""
    return {
        "statuses": [(code, words(text)) for code, (text, _) in labels.STATUSES.items()],
        "themes": labels.theme_choices(words),
        "kinds": labels.choices(labels.KINDS, words),
        "provinces": [(province.sigla, province.name) for province in vocabulary.provinces()],
        "assignments": labels.choices(labels.FOLLOWED, words),
        "orders": labels.choices(labels.ORDERS, words),
    }


async def _rows(parts: Parts, caller: Caller, rows: list[Document], words: Translator) -> list[dict[str, Any]]:
    names = await names_of(parts, [row["lead"] for row in rows])
    return [
        {
            "number": row["number"],
            "title": row["title"],
            "body": row["body_name"],
            "theme": labels.theme_name(row["theme"], words),
            "status": words(labels.STATUSES[row["status"]][0]),
            "tone": labels.STATUSES[row["status"]][1],
            "lead": names.get(row["lead"], "") if names_lead(caller, row) else "",
            "submitted_at": row["submitted_at"],
        }
        for row in rows
    ]


async def names_of(parts: Parts, ids: Iterable[str | None]) -> dict[str | None, str]:
    """Person id -> name, of those who are known."""
    found = await parts.stores.persons.by_ids(sorted({id for id in ids if id}))
    return {person["_id"]: person["name"] for person in found}


def names_lead(caller: Caller, request: Document) -> bool:
    """Whether the expert may be named: to the body only once they have accepted, lest it hears a wrong name."""
    assignment = request["assignment"]
    if request["status"] not in UNDER_WAY or not assignment or assignment["status"] != "offered":
        return True
    return sees_search(caller, request)


def _to_sort(parts: Parts, row: Document, words: Translator) -> dict[str, Any]:
    recognition = parts.recognise(f"{row['title']}\n{row['description']}")
    return {
        "number": row["number"],
        "title": row["title"],
        "body": row["body_name"],
        "description": row["description"],
        "submitted_at": row["submitted_at"],
        "kind": words(labels.KINDS[row["kind"]]),
        "by_mail": row["channel"] in BY_MAIL,
        "words": recognition.words,
        "candidates": [
            (code, labels.theme_name(code, words), share) for code, share in recognition.candidates if share >= LEAST
        ],
        "procedures": [labels.procedure_name(code, words) for code, _ in recognition.procedures[:2]],
        "tags": [words(labels.TAGS[code]) for code in recognition.tags],
        "further": row.get("further_themes", []),
        "key": new_key(),
    }
