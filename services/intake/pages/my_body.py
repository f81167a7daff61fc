"""`/my-body`: a body as its own people see it, its state and what to do next.

For the representative also the registration and the officials.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts import vocabulary
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice
from services.chassis.paging import cursor_of, key_of, uuid
from services.chassis.problems import Problem, not_found
from services.chassis.service import Service
from services.intake.domain.signed_documents import ENDINGS, LARGEST
from services.intake.handlers.admission import may_enter, ways_in
from services.intake.handlers.bodies import check_in_force
from services.intake.handlers.days import today
from services.intake.handlers.delegates import check_alone, delegates_of
from services.intake.handlers.parts import Parts
from services.intake.handlers.register import status_of
from services.intake.handlers.registration import NO_FILE, register_body
from services.intake.pages import body_labels, body_people
from services.intake.pages.receipts import FIELD, new_key
from services.intake.pages.registrations import names_in

Member = Annotated[Caller, Depends(allow("official", "representative"))]
Representative = Annotated[Caller, Depends(allow("representative"))]
Form = Annotated[FormData, Depends(checked_form)]
Words = Annotated[str, Query(max_length=100)]
PAGE = 50
DONE = {
    "registered": N_("The registration has been sent. The Segreteria Tecnica looks at it; the outcome is shown here."),
    "enabled": N_("The official has been enabled, and can log in from the first day on."),
    "changed": N_("The last day has been changed."),
    "removed": N_("The official has been removed, and has no access any more."),
}


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    page = MyBody(service, parts)
    routes.add_api_route("/my-body", page.choose)
    routes.add_api_route("/my-body/{code}", page.read)
    routes.add_api_route("/my-body/{code}/registration", page.register, methods=["POST"])
    routes.add_api_route("/my-body/{code}/delegates", page.enable, methods=["POST"])
    routes.add_api_route("/my-body/{code}/delegates/{person}/end", page.limit, methods=["POST"])
    routes.add_api_route("/my-body/{code}/delegates/{person}/removal", page.remove, methods=["POST"])
    return routes


class MyBody:
    """The page and its forms."""

    def __init__(self, service: Service, parts: Parts) -> None:
        self._pages = service.web.pages
        self._parts = parts
        self._address = service.settings.mail_from

    async def choose(self, request: Request, caller: Member) -> Response:
        """The only body of the person, or a choice."""
        mine = sorted(_mine(caller), key=lambda body: body.name)
        day = today(self._parts)
        in_force = [body for body in mine if body.valid_on(day)] or mine
        if len(in_force) == 1:
            return RedirectResponse(f"/my-body/{in_force[0].code}", status_code=303)
        items = [body_labels.choice(body) for body in mine]
        return self._pages.render(request, "bodies/choice.html", caller, items=items)

    async def read(
        self, request: Request, code: str, caller: Member, done: Words = "", cursor: Words = "", ended: Words = ""
    ) -> HTMLResponse:
        """The page of a body."""
        told = [Notice("success", DONE[done])] if done in DONE else []
        return await self._show(request, caller, _own(caller, code), told, cursor=cursor, ended=bool(ended))

    async def register(self, request: Request, code: str, caller: Representative, form: Form) -> Response:
        """Sends the signed protocol."""
        body = _own(caller, code)
        check_alone(caller, body)
        upload = form.get("protocol")
        if not isinstance(upload, UploadFile):
            return await self._show(request, caller, body, [], errors={"protocol": NO_FILE}, status=422)
        try:
            await register_body(self._parts, caller, body.code, upload.filename or "", upload.read)
        except Problem as problem:
            words = self._pages.translations.translator(language_of(request, caller))
            text = words(problem.detail, **problem.values)
            if problem.status in (413, 415, 422):
                errors = {"protocol": text}
                return await self._show(request, caller, body, [], errors=errors, status=problem.status)
            return await self._show(request, caller, body, [Notice("warning", text)], status=problem.status)
        return _back(body, "registered")

    async def enable(self, request: Request, code: str, caller: Representative, form: Form) -> Response:
        """Lets an official in."""
        body = _own(caller, code)
        check_alone(caller, body)
        check_in_force(body, today(self._parts))
        errors = await body_people.enable(self._parts, request, caller, body, form, "official")
        if errors:
            values = {name: value for name, value in form.items() if isinstance(value, str)}
            return await self._show(request, caller, body, [], errors=errors, values=values, status=422)
        return _back(body, "enabled")

    async def limit(self, request: Request, code: str, person: str, caller: Representative, form: Form) -> Response:
        """Sets the last day of an official, or takes it back."""
        body = _own(caller, code)
        check_alone(caller, body)
        errors = await body_people.limit(self._parts, caller, body, person, form, "official")
        if errors:
            fault = {"person": person, "value": str(form.get("end") or ""), "text": errors["end"]}
            return await self._show(request, caller, body, [], fault=fault, status=422)
        return _back(body, "changed")

    async def remove(self, code: str, person: str, caller: Representative, form: Form) -> Response:
        """Lets an official out, at once."""
        body = _own(caller, code)
        check_alone(caller, body)
        await body_people.remove(self._parts, caller, body, person, "official")
        return _back(body, "removed")

    async def _show(
        self, request: Request, caller: Caller, body: vocabulary.Body, notices: list[Notice],
        errors: dict[str, str] | None = None, values: dict[str, str] | None = None,
        fault: dict[str, str] | None = None, cursor: str = "", ended: bool = False, status: int = 200,
    ) -> HTMLResponse:  # fmt: skip
        words = self._pages.translations.translator(language_of(request, caller))
        state = await self._parts.stores.bodies.fresh(body.code)
        leads = body.code in caller.scopes("representative")
        people = await self._people(body, words, cursor, ended) if leads else {}
        attempts = body_labels.attempts(state, await names_in(self._parts, [state]), words) if leads and state else []
        day = today(self._parts)
        heir = vocabulary.successor(body, day)
        entered = may_enter(self._parts.programme, body, state)
        ways = [] if entered else ways_in(self._parts.programme, body)
        return self._pages.render(
            request, "bodies/mine.html", caller, status=status, notices=notices, errors=errors or {},
            values={FIELD: new_key(), **(values or {})}, fault=fault, body=body_labels.choice(body),
            facts=body_labels.facts(body, words), status_words=body_labels.status(body, state, day),
            step="ended" if not body.valid_on(day) else status_of(state), state=state, leads=leads,
            heir=body_labels.choice(heir) if heir else None, own_heir=bool(heir and heir.code in _codes(caller)),
            before=[body_labels.choice(item) for item in vocabulary.predecessors(body.code)],
            open_to_it=entered, phase=self._parts.programme.running,
            ways=[words(text, **filling) for text, filling in ways],
            attempts=attempts, leaders=await self._leaders(body), address=self._address,
            endings=ENDINGS, megabytes=LARGEST // 1_000_000, several=len(_codes(caller)) > 1,
            **({"people": [], "next": None, "first": None, "ended": False} | people),
        )  # fmt: skip

    async def _people(self, body: vocabulary.Body, words: Any, cursor: str, ended: bool) -> dict[str, Any]:
        found, following = await delegates_of(self._parts, body.code, PAGE, key_of(cursor or None, uuid), ended)
        here, more = f"/my-body/{body.code}", "&ended=yes" if ended else ""
        return {
            "people": [body_people.shown(delegate, words) for delegate in found],
            "next": f"{here}?cursor={cursor_of({'_id': following}, '_id')}{more}" if following else None,
            "first": here if cursor else None,
            "ended": ended,
        }

    async def _leaders(self, body: vocabulary.Body) -> list[str]:
        found, _ = await delegates_of(self._parts, body.code, PAGE, role="representative")
        return [leader.name for leader in found if leader.state == "active"]


def _codes(caller: Caller) -> frozenset[str]:
    return caller.scopes("official", "representative")


def _mine(caller: Caller) -> list[vocabulary.Body]:
    return [body for code in _codes(caller) if (body := vocabulary.body(code))]


def _own(caller: Caller, code: str) -> vocabulary.Body:
    """A body of the caller's. Raises 404 for others: what everybody may know of them stands in the register."""
    body = vocabulary.body(code)
    if body is None or body.code not in _codes(caller):
        raise not_found()
    return body


def _back(body: vocabulary.Body, done: str) -> RedirectResponse:
    return RedirectResponse(f"/my-body/{body.code}?done={done}", status_code=303)
