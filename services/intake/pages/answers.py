"""One answer to many requests that ask the same: choose them, write once, read it over, confirm once.

`/answers/new?requests=...` begins with requests that were chosen elsewhere; without, the reader's own are listed.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from contracts.requests import Outcome
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.i18n import N_, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.service import Service
from services.intake.domain.transitions import UNDER_WAY
from services.intake.handlers.answering import MOST, UNKNOWN, Answer, answer_all, obstacle
from services.intake.handlers.parts import Parts
from services.intake.pages import labels
from services.intake.pages.new import Written
from services.intake.pages.receipts import new_key, once
from services.intake.store.requests import REQUESTS, RequestQuery

Worker = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
Words = Annotated[str, Query(max_length=200)]
Numbers = Annotated[list[str] | None, Query(max_length=MOST)]


class AnswerForm(BaseModel):
    """What is said to all; outcome: each is declared resolved."""

    text: Written
    resolve: Outcome | None = None


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    pages = AnswerPages(service, parts)
    routes.add_api_route("/answers/new", pages.new, response_class=HTMLResponse)
    routes.add_api_route("/answers/new", pages.send, methods=["POST"], response_class=HTMLResponse)
    return routes


class AnswerPages:
    """The pages' endpoints."""

    def __init__(self, service: Service, parts: Parts) -> None:
        self._pages = service.web.pages
        self._parts = parts

    async def new(self, request: Request, caller: Worker, requests: Numbers = None, q: Words = "") -> Response:
        """The requests to choose from, and the form."""
        chosen = [number for text in requests or () for number in text.split(",") if number][:MOST]
        offered = await self._offered(caller, chosen, q)
        return self._form(request, caller, *offered, chosen, q=q)

    async def send(self, request: Request, caller: Worker, form: Form) -> Response:
        """First shows what would be sent to whom; the confirmation sends it, once."""
        numbers = list(dict.fromkeys(text for text in form.getlist("requests") if isinstance(text, str)))[:MOST]
        values = {name: str(form.get(name) or "") for name in ("text", "resolve", "q")}
        filled, errors = fill(AnswerForm, _without(form, "requests", "step", "once", "q"))
        if not numbers:
            errors["requests"] = N_("Choose at least one request.")
        named = await self._parts.stores.requests.ids_of(numbers)
        if filled is None or errors or form.get("step") not in ("review", "send"):
            offered = await self._offered(caller, numbers, values["q"])
            status = 422 if errors else 200
            return self._form(
                request, caller, *offered, numbers, values["q"], values=values, errors=errors, status=status
            )
        said = Answer(filled.text, filled.resolve)
        if form.get("step") == "review":
            return await self._review(request, caller, named, said, form)
        keys = {REQUESTS: [id for _, id in named if id]}
        told = await once(
            request, caller, self._parts.executor, keys, form,
            lambda work: {"items": answer_all(work, named, caller, said)},
        )  # fmt: skip
        return await self._outcome(request, caller, told["items"])

    async def _offered(self, caller: Caller, chosen: list[str], q: str) -> tuple[list[Document], bool]:
        """The requests that were chosen, and below them those that may be chosen besides; whether there are more."""
        mine = None if caller.has("coordinator", "secretariat") else caller.id
        query = RequestQuery(statuses=UNDER_WAY, q=q or None, lead=mine)
        found, more = await self._parts.stores.requests.page(caller, query, MOST) if q or mine else ([], None)
        ids = [id for _, id in await self._parts.stores.requests.ids_of(chosen) if id]
        first = {row["_id"]: row for row in await self._parts.stores.requests.by_ids(ids)}
        rows = [*first.values(), *(row for row in found if row["_id"] not in first)]
        return [row for row in rows if obstacle(row, caller, "message") is None], more is not None

    def _form(
        self,
        request: Request,
        caller: Caller,
        rows: list[Document],
        more: bool,
        chosen: list[str],
        q: str = "",
        values: dict[str, str] | None = None,
        errors: dict[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        words = self._pages.translations.translator(language_of(request, caller))
        items = [_row(row, words) | {"chosen": row["number"] in chosen} for row in rows]
        lost = len(set(chosen) - {row["number"] for row in rows})
        told = [Notice("warning", words(N_("Left out, because you cannot answer them: {n}."), n=lost))] if lost else []
        if more:
            told.append(Notice("info", words(N_("There are more requests than this list shows: search to find them."))))
        return self._pages.render(
            request, "answers/new.html", caller, status,
            items=items, q=q, values=values or {}, errors=errors or {}, notices=told,
            outcomes=[(code, words(text)) for code, text in labels.OUTCOMES.items()],
        )  # fmt: skip

    async def _review(
        self, request: Request, caller: Caller, named: list[tuple[str, str | None]], said: Answer, form: FormData
    ) -> Response:
        words = self._pages.translations.translator(language_of(request, caller))
        rows = {row["_id"]: row for row in await self._parts.stores.requests.by_ids([id for _, id in named if id])}
        lines = []
        for number, id in named:
            row = rows.get(id or "")
            fault = obstacle(row, caller, said.action)
            known = _row(row, words) if row and fault != UNKNOWN else {"number": number}
            lines.append({"title": "", "body": "", **known, "fault": fault})
        return self._pages.render(
            request, "answers/review.html", caller,
            lines=lines, possible=sum(line["fault"] is None for line in lines), said=said,
            outcome=words(labels.OUTCOMES[said.outcome]) if said.outcome else "",
            key=form.get("once") or new_key(), q=str(form.get("q") or ""),
        )  # fmt: skip

    async def _outcome(self, request: Request, caller: Caller, told: list[dict[str, Any]]) -> Response:
        named = await self._parts.stores.requests.ids_of([line["number"] for line in told])
        rows = {row["_id"]: row for row in await self._parts.stores.requests.by_ids([id for _, id in named if id])}
        words = self._pages.translations.translator(language_of(request, caller))
        shown = {number: _row(rows[id], words) for number, id in named if id in rows}
        lines = [
            line | {"body": shown[line["number"]]["body"] if line["detail"] != UNKNOWN else ""}
            if line["number"] in shown
            else line | {"body": ""}
            for line in told
        ]
        done = sum(line["outcome"] == "done" for line in told)
        return self._pages.render(request, "answers/sent.html", caller, lines=lines, done=done)


def _row(row: Document, words: Any) -> dict[str, Any]:
    status, tone = labels.STATUSES[row["status"]]
    return {
        "number": row["number"],
        "title": row["title"],
        "body": row["body_name"],
        "status": words(status),
        "tone": tone,
    }


def _without(form: FormData, *names: str) -> FormData:
    return FormData([(name, value) for name, value in form.multi_items() if name not in names])
