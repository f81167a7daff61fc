"""What can be done with a good practice by page: begin one, and each step of its life. The rules are the handlers'."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice
from services.chassis.problems import Problem, invalid, not_found
from services.chassis.service import Service
from services.chassis.work import Work
from services.intake.domain.anonymity import Known
from services.intake.domain.practices import allowed
from services.intake.handlers import practices
from services.intake.handlers.parts import Parts, find
from services.intake.pages import labels
from services.intake.pages.not_possible import not_possible
from services.intake.pages.practice_forms import DraftForm, kept, reason_of, unsent
from services.intake.pages.practice_work import show, worked_on
from services.intake.pages.practices import place_of
from services.intake.pages.receipts import once
from services.intake.store.practices import PRACTICES

Writer = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
Act = Callable[[Work, str], object]
_TOO_LATE = N_("This is no longer possible: meanwhile the good practice is “{status}”. Below is how it stands now.")

_CHANGED = N_("Somebody changed the good practice meanwhile. Compare, and save again what should hold.")
_FORMS = {"save": "edit", "publication": "publish", "withdrawal": "withdraw"}
"""Where something is written -> the action with which its form is on the page."""


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes; before those of `practices`, where a practice may have any name."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/practices/new")
    async def start(request: Request, caller: Writer, form: Form) -> Response:
        source = await find(parts, caller, str(form.get("request") or ""))
        id = practices.practice_id(source["_id"])
        try:
            practices.check_source(source, caller)
            messages = await practices.said_about(parts, source)
            content = practices.draft_of(source, messages, await practices.known_of(parts, source, messages))

            def decide(work: Work) -> dict[str, Any]:
                practices.start(work, source, caller, content)
                return {"done": "new"}

            await once(request, caller, parts.executor, {PRACTICES: [id]}, form, decide)
        except Problem as problem:
            place = place_of(await parts.stores.practices.find(id), caller)
            if problem.kind == "practice-exists" and place:
                return RedirectResponse(f"{place}?done=exists", status_code=303)
            return await not_possible(service, parts, request, caller, source["number"], problem)
        return RedirectResponse(f"/practices/{id}/draft?done=new", status_code=303)

    @routes.post("/practices/{id}/draft/{name}")
    async def act(request: Request, id: str, name: str, caller: Writer, form: Form) -> Response:
        row = await worked_on(parts, caller, id)
        try:
            act = _decision(name, caller, form, await practices.known_for(parts, row))

            def decide(work: Work) -> dict[str, Any]:
                act(work, row["_id"])
                return {"done": name}

            await once(request, caller, parts.executor, {PRACTICES: [row["_id"]]}, form, decide)
        except Problem as problem:
            return await _refused(service, parts, request, caller, row["_id"], name, form, problem)
        return RedirectResponse(f"/practices/{row['_id']}/draft?done={name}", status_code=303)

    return routes


def _decision(name: str, caller: Caller, form: FormData, known: Known) -> Act:
    """What a form asks for. Raises 404 for one that does not exist, 422 for wrong fields."""
    if name == "save":
        draft = DraftForm.read(form)
        return lambda work, id: practices.edit(
            work, id, caller, draft.changes(), lambda row: row["version"] == draft.seen
        )
    if name == "review":
        return lambda work, id: practices.send_for_review(work, id, caller, known)
    if name == "publication":
        approved, reason = form.get("approved") == "yes", reason_of(form, "reason")
        if not approved and reason is None:
            raise invalid([{"pointer": "/reason", "detail": N_("A refusal needs its reason.")}])
        return lambda work, id: practices.decide(work, id, caller, approved, reason, known)
    if name == "withdrawal":
        why = reason_of(form, "why")
        return lambda work, id: practices.withdraw(work, id, caller, why)
    raise not_found()


async def _refused(
    service: Service,
    parts: Parts,
    request: Request,
    caller: Caller,
    id: str,
    name: str,
    form: FormData,
    problem: Problem,
) -> HTMLResponse:
    """The page as it stands now, with what was written and what is wrong with it."""
    if problem.status not in (403, 409, 412, 422):
        raise problem
    row = await worked_on(parts, caller, id)
    words = service.web.pages.translations.translator(language_of(request, caller))
    errors = {fault["pointer"].lstrip("/").split("/")[0]: fault["detail"] for fault in problem.errors}
    told, values = words(problem.detail or problem.title, **problem.values), kept(form)
    if problem.kind == "transition-not-allowed":
        told = words(_TOO_LATE, status=words(labels.PRACTICE_STATES[row["state"]][0]))
    if problem.status == 412:
        told, values["seen"] = words(_CHANGED), str(row["version"])  # Saved again knowingly, it holds.
    stands = _FORMS.get(name) in allowed(row["state"], practices.parties_of(caller, row))
    return await show(
        service, parts, request, caller, row, status=problem.status,
        notices=[] if errors and problem.kind.startswith("unprocessable") else [Notice("warning", told)],
        errors=errors, values=values if stands else None, unsent="" if stands else unsent(form),
        opened=name, changed=problem.status == 412,
    )  # fmt: skip
