"""Mails that wait for somebody's decision: what came, from whom, why it was kept, and what can be made of it."""

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
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.intake.handlers.mails import approval
from services.intake.handlers.parts import Parts

Coordination = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Secretariat = Annotated[Caller, Depends(allow("secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
Words = Annotated[str, Query(max_length=500)]
PAGE = 20
STATES = {
    "held": N_("To approve"),
    "quarantined": N_("In quarantine"),
    "aside": N_("From machines"),
    "decided": N_("Decided"),
}
REASONS = {
    "third-party": N_("Answers a request that is not the sender’s."),
    "sender-unknown": N_("The sender is not registered."),
    "no-body": N_("The sender acts for no body."),
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


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/mails")
    async def mails(
        request: Request, caller: Coordination, state: Words = "held", cursor: Words = "", done: Words = ""
    ) -> HTMLResponse:
        told = [Notice("success", OUTCOMES[done])] if done in OUTCOMES else []
        return await _show(service, parts, request, caller, state, cursor, told)

    @routes.post("/mails/{id}/message")
    async def message(request: Request, id: str, caller: Coordination, form: Form) -> Response:
        number = str(form.get("number") or "").strip() or None
        return await _decided(
            service, parts, request, caller, approval.take_as_message(parts, caller, id, number), "message"
        )

    @routes.post("/mails/{id}/request")
    async def request_of(request: Request, id: str, caller: Secretariat, form: Form) -> Response:
        body = str(form.get("body") or "").strip()[:64]
        return await _decided(
            service, parts, request, caller, approval.take_as_request(parts, caller, id, body), "request"
        )

    @routes.post("/mails/{id}/refusal")
    async def refusal(request: Request, id: str, caller: Coordination, form: Form) -> Response:
        return await _decided(service, parts, request, caller, approval.set_aside(parts, caller, id), "refused")

    return routes


async def _decided(
    service: Service, parts: Parts, request: Request, caller: Caller, decision: Any, outcome: str
) -> Response:
    try:
        row = await decision
    except Problem as problem:
        if problem.status == 404:
            raise
        words = service.web.pages.translations.translator(language_of(request, caller))
        detail = problem.errors[0]["detail"] if problem.errors else problem.detail or problem.title
        told = [Notice("warning", words(detail, **problem.values))]
        return await _show(service, parts, request, caller, "held", "", told, problem.status)
    state = "quarantined" if row["reason"] != "third-party" else "held"
    return RedirectResponse(f"/mails?{urlencode({'state': state, 'done': outcome})}", status_code=303)


async def _show(
    service: Service, parts: Parts, request: Request, caller: Caller, state: str, cursor: str,
    notices: list[Notice], status: int = 200,
) -> HTMLResponse:  # fmt: skip
    words = service.web.pages.translations.translator(language_of(request, caller))
    state = state if state in STATES else "held"
    rows, following = await parts.stores.mails.page(state, PAGE, cursor or None)
    return service.web.pages.render(
        request, "mails/list.html", caller, status=status, notices=notices,
        items=[_item(row, words) for row in rows],
        states=[(code, words(text)) for code, text in STATES.items()], state=state,
        may_open=caller.has("secretariat"),
        next="/mails?" + urlencode({"state": state, "cursor": following}) if following else None,
        first=f"/mails?state={state}" if cursor else None,
    )  # fmt: skip


def _item(row: Document, words: Translator) -> dict[str, Any]:
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
        "open": row["state"] != "decided",
    }
