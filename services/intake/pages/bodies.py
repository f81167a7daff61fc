"""`/bodies`: the register of bodies for everybody who works here.

For the Segreteria Tecnica also the decision about a registration, and who represents a body.
"""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts import vocabulary
from services.chassis.auth import Caller, allow, person
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.intake.handlers import bodies
from services.intake.handlers.days import today
from services.intake.handlers.delegates import delegates_of
from services.intake.handlers.parts import Parts
from services.intake.handlers.register import RegisterQuery, search
from services.intake.handlers.registration import body_in_register
from services.intake.pages import body_labels, body_people
from services.intake.pages.receipts import FIELD, new_key
from services.intake.pages.registrations import names_in, row_of, told
from services.intake.pages.unused_filters import unused

Person = Annotated[Caller, Depends(person)]
Secretariat = Annotated[Caller, Depends(allow("secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
Words = Annotated[str, Query(max_length=100)]
PAGE = 25
PEOPLE = 200
NO_REASON = N_("Write the reason: the body reads it, and knows what to mend.")
LONGEST_REASON = 2000


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    page = Register(service, parts)
    routes.add_api_route("/bodies", page.search)
    routes.add_api_route("/bodies/{code}", page.read)
    routes.add_api_route("/bodies/{code}/approval", page.decide, methods=["POST"])
    routes.add_api_route("/bodies/{code}/representatives", page.name, methods=["POST"])
    routes.add_api_route("/bodies/{code}/representatives/{person}/removal", page.dismiss, methods=["POST"])
    return routes


class Register:
    """The pages and their forms."""

    def __init__(self, service: Service, parts: Parts) -> None:
        self._pages = service.web.pages
        self._parts = parts

    async def search(
        self, request: Request, caller: Person, q: Words = "", province: Words = "", phase: Words = "",
        status: Words = "", cursor: Words = "",
    ) -> HTMLResponse:  # fmt: skip
        """The register, by name or code, province, phase and state."""
        words = self._words(request, caller)
        given = {"province": province.strip().upper(), "phase": phase.strip(), "status": status.strip()}
        choices = {"province": body_labels.provinces(), "phase": self._phases(words), "status": self._statuses(words)}
        narrow = {name: code for name, code in given.items() if code in dict(choices[name])}
        lost = {name: code for name, code in given.items() if code and name not in narrow}
        number = int(narrow["phase"]) if "phase" in narrow else None
        query = RegisterQuery(q, narrow.get("province", ""), number, narrow.get("status"))
        rows, following = await search(self._parts, query, PAGE, cursor or None)
        values = {"q": q, **dict.fromkeys(given, ""), **narrow}
        kept = {name: value for name, value in values.items() if value}
        return self._pages.render(
            request, "bodies/register.html", caller, values=values, notices=unused(lost, words),
            items=[row_of(body, state, today(self._parts), words) for body, state in rows],
            provinces=choices["province"], phases=choices["phase"], statuses=choices["status"],
            next="/bodies?" + urlencode({**kept, "cursor": following}) if following else None,
            first=("/bodies?" + urlencode(kept)).rstrip("?") if cursor else None,
            waiting=len(await self._parts.stores.bodies.waiting(99)) if caller.has("secretariat") else None,
        )  # fmt: skip

    async def read(self, request: Request, code: str, caller: Person, done: Words = "") -> HTMLResponse:
        """One body: what stands in the register, and for the Segreteria Tecnica its registration and its people."""
        return await self._show(request, caller, body_in_register(code), done=done)

    async def decide(self, request: Request, code: str, caller: Secretariat, form: Form) -> Response:
        """Approves or refuses; a refusal without a reason comes back."""
        body, reason = body_in_register(code), str(form.get("reason") or "").strip()[:LONGEST_REASON]
        approved = form.get("decision") == "approve"
        if not approved and not reason:
            return await self._show(request, caller, body, errors={"reason": NO_REASON}, status=422)
        try:
            await self._parts.executor.run(
                bodies.body_keys(body.code),
                lambda work: bodies.decide(
                    work, body, approved, "" if approved else reason, caller, self._parts.programme
                ),
            )
        except Problem as problem:
            if problem.status != 409:
                raise
            words = self._words(request, caller)
            told = [Notice("warning", words(problem.detail, **problem.values))]
            return await self._show(request, caller, body, notices=told, status=409)
        return RedirectResponse(
            "/bodies/registrations?" + urlencode({"done": "approved" if approved else "rejected", "code": body.code}),
            303,
        )

    async def name(self, request: Request, code: str, caller: Secretariat, form: Form) -> Response:
        """Names a representative of the body: the mayor or the president."""
        body = body_in_register(code)
        bodies.check_in_force(body, today(self._parts))
        errors = await body_people.enable(self._parts, request, caller, body, form, "representative")
        if errors:
            values = {name: value for name, value in form.items() if isinstance(value, str)}
            return await self._show(request, caller, body, errors=errors, values=values, status=422)
        return RedirectResponse(f"/bodies/{body.code}?done=named", 303)

    async def dismiss(self, code: str, person: str, caller: Secretariat, form: Form) -> Response:
        """Ends at once what a representative may do for the body."""
        body = body_in_register(code)
        await body_people.remove(self._parts, caller, body, person, "representative")
        return RedirectResponse(f"/bodies/{body.code}?done=ended", 303)

    async def _show(
        self, request: Request, caller: Caller, body: vocabulary.Body, notices: list[Notice] | None = None,
        errors: dict[str, str] | None = None, values: dict[str, str] | None = None, done: str = "", status: int = 200,
    ) -> HTMLResponse:  # fmt: skip
        words, day = self._words(request, caller), today(self._parts)
        state = await self._parts.stores.bodies.fresh(body.code)
        heir = vocabulary.successor(body, day)
        secretariat = caller.has("secretariat")
        names = await names_in(self._parts, [state]) if secretariat and state else {}
        return self._pages.render(
            request, "bodies/body.html", caller, status=status,
            notices=notices or told(done, body.code, words), errors=errors or {},
            values={FIELD: new_key(), **(values or {})}, body=body_labels.choice(body),
            facts=body_labels.facts(body, words), status_words=body_labels.status(body, state, day), state=state,
            in_force=body.valid_on(day), heir=body_labels.choice(heir) if heir else None,
            before=[body_labels.choice(item) for item in vocabulary.predecessors(body.code)],
            own=body.code in caller.scopes("official", "representative"), secretariat=secretariat,
            attempts=body_labels.attempts(state, names, words) if secretariat else [], longest=LONGEST_REASON,
            leaders=await self._people(body, "representative", words) if secretariat else [],
            people=await self._people(body, "official", words) if secretariat else [],
        )  # fmt: skip

    async def _people(self, body: vocabulary.Body, role: Any, words: Translator) -> list[dict[str, Any]]:
        found, _ = await delegates_of(self._parts, body.code, PEOPLE, role=role)
        return [body_people.shown(delegate, words) for delegate in found]

    def _statuses(self, words: Translator) -> list[tuple[str, str]]:
        return [(code, words(text)) for code, (text, _) in body_labels.STATUSES.items()]

    def _phases(self, words: Translator) -> list[tuple[str, str]]:
        numbers = [phase.number for phase in self._parts.programme.phases]
        return [(str(number), words(N_("Phase {number}"), number=number)) for number in numbers]

    def _words(self, request: Request, caller: Caller) -> Translator:
        return self._pages.translations.translator(language_of(request, caller))
