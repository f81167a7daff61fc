"""Mails that wait for somebody's decision: what came, from whom, why it was kept, and what can be made of it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
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
from services.chassis.problems import Problem, not_found
from services.chassis.service import Service
from services.intake.handlers.mails import approval
from services.intake.handlers.parts import Parts
from services.intake.mailbox.messages import Unreadable, read_mail
from services.intake.store.mails import WAITING

Coordination = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Secretariat = Annotated[Caller, Depends(allow("secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
Words = Annotated[str, Query(max_length=500)]
PAGE = 20
COUNTED = 99
"""Mails of a list are counted up to here."""
LONGEST = 20_000
STATES = {
    "held": N_("To approve"),
    "quarantined": N_("In quarantine"),
    "aside": N_("From machines"),
    "decided": N_("Decided"),
}
REASONS = {
    "third-party": N_("Answers a request that is not the sender’s."),
    "too-late": N_("Answers a request that ended long ago, and the sender may not send a new one."),
    "sender-unknown": N_("The sender is not registered."),
    "no-body": N_("The sender acts for no body."),
    "not-admitted": N_("The sender may not ask for the body now."),
    "authors": N_("The mail has no author, or several."),
    "forged": N_("The sender is not who the mail says."),
    "unproven": N_("Nothing proves who the sender is."),
    "pec-anomaly": N_("The certified envelope certifies nothing, or another sender."),
    "pec-unproven": N_("A certified envelope came to an address that is not of the PEC."),
    "unreadable": N_("The mail cannot be read."),
    "automatic": N_("Sent by a machine, about no request."),
    "loop": N_("It came from our own address."),
    "report": N_("About the delivery of a mail that is not ours."),
}
OUTCOMES = {
    "message": N_("Added to the request."),
    "request": N_("It has become a request."),
    "refused": N_("Nothing came of it."),
}


@dataclass(frozen=True)
class Place:
    """Where the person stands in the lists, kept by every form: what comes of a decision is shown there."""

    state: str
    cursor: str = ""


@dataclass(frozen=True)
class Fault:
    """What was wrong with a decision: the mail, the field ("number", "body"), what stood there, and the sentence."""

    id: str
    field: str
    value: str
    text: str


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/mails")
    async def mails(
        request: Request, caller: Coordination, state: Words = "held", cursor: Words = "", done: Words = ""
    ) -> HTMLResponse:
        told = [Notice("success", OUTCOMES[done])] if done in OUTCOMES else []
        return await _show(service, parts, request, caller, Place(state, cursor), told)

    @routes.get("/mails/{id}/text")
    async def text(request: Request, id: str, caller: Coordination) -> HTMLResponse:
        return service.web.pages.fragment(request, "mails/text.html", caller, text=await _text(parts, id))

    @routes.post("/mails/{id}/message")
    async def message(request: Request, id: str, caller: Coordination, form: Form) -> Response:
        number = str(form.get("number") or "").strip()
        decision = approval.take_as_message(parts, caller, id, number or None)
        return await _decided(service, parts, request, caller, form, decision, Fault(id, "number", number, ""))

    @routes.post("/mails/{id}/request")
    async def request_of(request: Request, id: str, caller: Secretariat, form: Form) -> Response:
        body = str(form.get("body") or "").strip()[:64]
        decision = approval.take_as_request(parts, caller, id, body)
        return await _decided(service, parts, request, caller, form, decision, Fault(id, "body", body, ""))

    @routes.post("/mails/{id}/refusal")
    async def refusal(request: Request, id: str, caller: Coordination, form: Form) -> Response:
        decision = approval.set_aside(parts, caller, id)
        return await _decided(service, parts, request, caller, form, decision, Fault(id, "", "", ""))

    return routes


async def _decided(
    service: Service, parts: Parts, request: Request, caller: Caller, form: FormData,
    decision: Awaitable[Document], sent: Fault,
) -> Response:  # fmt: skip
    place = Place(str(form.get("state") or "held"), str(form.get("cursor") or "")[:500])
    try:
        row = await decision
    except Problem as problem:
        if problem.status == 404:
            raise
        words = service.web.pages.translations.translator(language_of(request, caller))
        detail = problem.errors[0]["detail"] if problem.errors else problem.detail or problem.title
        text = words(detail, **problem.values)
        if problem.status == 409 or not sent.field:
            told = [Notice("warning", text)]
            return await _show(service, parts, request, caller, place, told, status=problem.status)
        fault = Fault(sent.id, sent.field, sent.value, text)
        return await _show(service, parts, request, caller, place, [], fault, problem.status)
    state = place.state if place.state in STATES else "held"
    return RedirectResponse(f"/mails?{urlencode({'state': state, 'done': row['outcome']})}", status_code=303)


async def _show(
    service: Service, parts: Parts, request: Request, caller: Caller, place: Place,
    notices: list[Notice], fault: Fault | None = None, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    words = service.web.pages.translations.translator(language_of(request, caller))
    state = place.state if place.state in STATES else "held"
    rows, following = await parts.stores.mails.page(state, PAGE, place.cursor or None)
    requests = await parts.stores.requests.by_ids(row["request"] for row in rows if row["request"])
    numbers = {found["_id"]: found["number"] for found in requests}
    waiting = {code: await parts.stores.mails.count(code, COUNTED + 1) for code in WAITING}
    return service.web.pages.render(
        request, "mails/list.html", caller, status=status, notices=notices,
        items=[_item(row, words, numbers) for row in rows],
        states=[(code, words(text), waiting.get(code, 0)) for code, text in STATES.items()],
        elsewhere=any(waiting.values()), most=COUNTED, state=state, cursor=place.cursor, fault=fault,
        may_open=caller.has("secretariat"),
        next="/mails?" + urlencode({"state": state, "cursor": following}) if following else None,
        first=f"/mails?state={state}" if place.cursor else None,
    )  # fmt: skip


async def _text(parts: Parts, id: str) -> str | None:
    """What the mail says, None where it cannot be read."""
    row = await parts.stores.mails.waiting(id)
    if row is None:
        raise not_found()
    try:
        mail = await asyncio.to_thread(read_mail, await parts.stores.mails.original(row), "read")
    except Unreadable:
        return None
    return mail.text.strip()[:LONGEST]


def _item(row: Document, words: Translator, numbers: dict[str, str]) -> dict[str, Any]:
    author = row["author"] or {"addresses": [], "subject": ""}
    return {
        "id": row["_id"],
        "from": ", ".join(author["addresses"]) or "–",
        "subject": author["subject"] or words(N_("(no subject)")),
        "at": row["received_at"],
        "reason": words(REASONS.get(row["reason"], "")),
        "number": row["quoted"]["number"] if row["quoted"] else "",
        "files": [file["name"] for file in row["files"]],
        "outcome": words(OUTCOMES.get(row.get("outcome", ""), "")),
        "made": numbers.get(row["request"], ""),
        "open": row["state"] != "decided",
    }
