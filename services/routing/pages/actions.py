"""The pages of recorded actions: those of one request, one's own months, and the totals of a task force."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from contracts.vocabulary import theme
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice
from services.chassis.preconditions import seen_version
from services.chassis.problems import Problem, not_found
from services.routing.api.actions import csv_answer
from services.routing.api.entries import Correction, NewAction
from services.routing.domain import ROME
from services.routing.labels import ACTION
from services.routing.pages.times import month_name, spent
from services.routing.pages.today import Today
from services.routing.wording import theme_name
from services.routing.worklog import by_request, minutes_of, works_on

Expert = Annotated[Caller, Depends(allow("expert"))]
Reader = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Coordinator = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Checked = Annotated[FormData, Depends(checked_form)]
_DONE = {
    "recorded": N_("Recorded."),
    "corrected": N_("Corrected. What was written before is kept."),
    "withdrawn": N_("Withdrawn: it counts no longer, and stays in the list."),
}


def router(today: Today) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    worklog = today.worklog

    @routes.get("/desk/assignments/{id}/actions")
    async def of_request(request: Request, caller: Reader, id: str, done: str = "", edit: str = "") -> Response:
        notices = [Notice("success", _DONE[done])] if done in _DONE else []
        return await _page(today, request, caller, id, notices=notices, edit=edit)

    @routes.post("/desk/assignments/{id}/actions")
    async def record(request: Request, caller: Expert, id: str, form: Checked) -> Response:
        entry, errors = fill(NewAction, form)
        values = {name: str(value) for name, value in form.items()}
        if entry is not None:
            try:
                await worklog.record(id, caller, entry.document())
                return RedirectResponse(f"/desk/assignments/{id}/actions?done=recorded", status_code=303)
            except Problem as problem:
                errors = _faults(problem)
        return await _page(today, request, caller, id, 422, values=values, errors=errors)

    @routes.post("/desk/assignments/{id}/actions/{action}")
    async def correct(request: Request, caller: Expert, id: str, action: str, form: Checked) -> Response:
        fields = FormData([(name, value) for name, value in form.multi_items() if name != "version"])
        change, errors = fill(Correction, fields)
        values = {name: str(value) for name, value in form.items()}
        if change is not None:
            told = change.document() | ({} if change.withdrawn else {"note": str(form.get("note") or "").strip()})
            seen = seen_version(form.get("version"))
            try:
                await worklog.correct(id, action, caller, told, seen)
                done = "withdrawn" if change.withdrawn else "corrected"
                return RedirectResponse(f"/desk/assignments/{id}/actions?done={done}", status_code=303)
            except Problem as problem:
                errors = _faults(problem)
        return await _page(today, request, caller, id, 422, values=values, errors=errors, edit=action)

    @routes.get("/desk/hours")
    async def hours(request: Request, caller: Expert, month: str = "") -> Response:
        chosen, before, after = months(month, today.now())
        rows = await worklog.month(str(caller.id), chosen)
        context: dict[str, Any] = {
            "rows": rows, "requests": by_request(rows), "kinds": ACTION, "month": chosen, "before": before,
            "after": after, **_spoken(today, request, caller, chosen, minutes_of(rows)),
        }  # fmt: skip
        return today.shown.pages.render(request, "day/hours.html", caller, **context)

    @routes.get("/desk/hours.csv")
    async def hours_as_csv(request: Request, caller: Expert, month: str = "") -> Response:
        chosen, _, _ = months(month, today.now())
        return csv_answer(await worklog.month(str(caller.id), chosen), chosen, chosen)

    @routes.get("/desk/task-forces/{code}/hours")
    async def hours_of_task_force(request: Request, caller: Coordinator, code: str, month: str = "") -> Response:
        if theme(code) is None:
            raise not_found()
        chosen, before, after = months(month, today.now())
        found = await worklog.task_force(code, chosen, caller)
        minutes = sum(row["minutes"] for row in found["kinds"])
        context: dict[str, Any] = {
            "code": code, "name": theme_name(code, language_of(request, caller)), "before": before, "after": after,
            "kinds": ACTION, "found": found, **_spoken(today, request, caller, chosen, minutes),
        }  # fmt: skip
        return today.shown.pages.render(request, "day/task_force_hours.html", caller, **context)

    return routes


async def _page(
    today: Today,
    request: Request,
    caller: Caller,
    id: str,
    status: int = 200,
    notices: list[Notice] | None = None,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    edit: str = "",
) -> Response:
    assignment = await today.worklog.assignment(id, caller)
    rows = await today.worklog.entries(assignment, caller)
    names = await today.shown.names.of([row["expert"] for row in rows])
    edited = next((row for row in rows if row["_id"] == edit and row["expert"] == caller.id), None)
    usual = {"day": today.now().astimezone(ROME).date().isoformat()}
    if edited and values is None:
        usual = {name: str(edited[name]) for name in ("day", "kind", "minutes", "note")}
    context: dict[str, Any] = {
        "assignment": assignment,
        "rows": [{**row, "id": row["_id"], "who": names.get(row["expert"]), "mine": row["expert"] == caller.id}
                 for row in rows],
        "spoken": spent(minutes_of(rows), today.words(request, caller)),
        "several": len({row["expert"] for row in rows}) > 1,
        "writes": works_on(caller, assignment) and assignment["accepted_at"] is not None,
        "edited": {**edited, "id": edited["_id"]} if edited else None,
        "kinds": ACTION,
        "values": values or usual,
        "errors": errors or {},
        "notices": notices or [],
    }  # fmt: skip
    return today.shown.pages.render(request, "day/actions.html", caller, status, **context)


def _spoken(today: Today, request: Request, caller: Caller, month: str, minutes: int) -> dict[str, str]:
    """The month and its sum in words."""
    words = today.words(request, caller)
    return {"title": month_name(month, words.language), "spoken": spent(minutes, words)}


def months(wanted: str, now: datetime) -> tuple[str, str, str]:
    """The month to show, the one before and the one after; this one where none can be read."""
    first = now.astimezone(ROME).date().replace(day=1)
    try:
        chosen = date.fromisoformat(f"{wanted}-01") if wanted else first
        number = chosen.year * 12 + chosen.month - 1
        if not 2020 <= chosen.year <= 2999:
            raise ValueError(wanted)
    except ValueError:
        number = first.year * 12 + first.month - 1
    before, shown, after = (f"{each // 12:04d}-{each % 12 + 1:02d}" for each in (number - 1, number, number + 1))
    return shown, before, after


def _faults(problem: Problem) -> dict[str, str]:
    """What a refusal says, by field of the form."""
    if problem.status == 404:
        raise problem
    named = {str(error["pointer"]).lstrip("/"): str(error["detail"]) for error in problem.errors}
    return named or {"day": problem.detail}
