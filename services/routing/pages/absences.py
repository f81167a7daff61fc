"""The pages of one's own absences: a month as a table, all of them as a list, one more, other days for one, or a whole
calendar file.
"""

import asyncio
import calendar
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.i18n import N_, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.preconditions import Seen
from services.chassis.problems import Problem, not_found
from services.routing.api.calendars import NotACalendar
from services.routing.api.calendars import absences as absences_in
from services.routing.api.profiles import Absence
from services.routing.domain import ROME
from services.routing.handlers import experts, own
from services.routing.labels import LEFT_OUT
from services.routing.pages.actions import months
from services.routing.pages.profile import DAYS
from services.routing.pages.times import month_name, span
from services.routing.pages.today import Today
from services.routing.store import EXPERTS
from services.routing.warnings import missed

Expert = Annotated[Caller, Depends(allow("expert"))]
Checked = Annotated[FormData, Depends(checked_form)]
_LARGEST = 500_000
_LEFT_OUT = N_("Left out:")
_DONE = {
    "added": N_("The absence is noted."),
    "corrected": N_("The absence is corrected."),
    "removed": N_("The absence is taken away."),
}


class DaysForm(BaseModel):
    """The absence to take away."""

    model_config = ConfigDict(extra="forbid")
    first: date
    last: date


def router(today: Today) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/desk/absences", include_in_schema=False)
    run = today.executor.run

    @routes.get("")
    async def absences(request: Request, caller: Expert, month: str = "", done: str = "") -> Response:
        notices = [Notice("success", _DONE[done])] if done in _DONE else []
        return await _page(today, request, caller, month=month, notices=notices)

    @routes.post("")
    async def add(request: Request, caller: Expert, form: Checked) -> Response:
        me, values = str(caller.id), {name: str(value) for name, value in form.items()}
        absence, errors = _filled(form)
        if absence is None:
            return await _page(today, request, caller, 422, values=values, errors=errors)
        if await run({EXPERTS: [me]}, lambda work: experts.add_absence(work, me, absence.document())) is None:
            raise not_found()
        return RedirectResponse(f"/desk/absences?month={absence.first:%Y-%m}&done=added", status_code=303)

    @routes.get("/correction")
    async def ask(request: Request, caller: Expert, first: date, last: date) -> Response:
        return await _correction(today, request, caller, (first.isoformat(), last.isoformat()))

    @routes.post("/correction")
    async def correct(request: Request, caller: Expert, first: date, last: date, form: Checked) -> Response:
        me, days = str(caller.id), (first.isoformat(), last.isoformat())
        absence, errors = _filled(form)
        if absence is None:
            values = {name: str(value) for name, value in form.items()}
            return await _correction(today, request, caller, days, 422, values, errors)
        try:
            await run({EXPERTS: [me]}, lambda work: own.change_absence(work, me, days, absence.document(), Seen()))
        except Problem as problem:
            return await _page(today, request, caller, 404, notices=[Notice("warning", problem.detail)])
        return RedirectResponse(f"/desk/absences?month={absence.first:%Y-%m}&done=corrected", status_code=303)

    @routes.post("/remove")
    async def remove(request: Request, caller: Expert, form: Checked) -> Response:
        gone, _ = fill(DaysForm, form)
        if gone is None:
            raise not_found()
        me, days = str(caller.id), (gone.first.isoformat(), gone.last.isoformat())
        try:
            await run({EXPERTS: [me]}, lambda work: own.remove_absence(work, me, *days))
        except Problem as problem:
            return await _page(today, request, caller, 404, notices=[Notice("warning", problem.detail)])
        return RedirectResponse(f"/desk/absences?month={gone.first:%Y-%m}&done=removed", status_code=303)

    @routes.post("/import")
    async def import_file(request: Request, caller: Expert, form: Checked) -> Response:
        me, file = str(caller.id), form.get("calendar")
        content = await file.read(_LARGEST + 1) if isinstance(file, UploadFile) else b""
        await form.close()
        try:
            if not 0 < len(content) <= _LARGEST:
                raise NotACalendar("size")
            now = today.now().astimezone(ROME).date()
            found, left_out = await asyncio.to_thread(absences_in, content, now)
        except NotACalendar:
            fault = {"calendar": N_("Choose an iCalendar file (.ics) of at most 500 kB.")}
            return await _page(today, request, caller, 422, errors=fault)
        if await run({EXPERTS: [me]}, lambda work: experts.add_absences(work, me, found)) is None:
            raise not_found()
        words = today.words(request, caller)
        told = words.ngettext("{n} absence imported.", "{n} absences imported.", len(found))
        more = [f"{words(LEFT_OUT[why])}: {count}" for why, count in left_out.items()]
        text = f"{told} {words(_LEFT_OUT)} {'; '.join(more)}." if more else told
        return await _page(today, request, caller, notices=[Notice("success", text)])

    return routes


def _filled(form: FormData) -> tuple[Absence | None, dict[str, str]]:
    """The days, or a sentence for each wrong field; what is wrong with both stands with the last day."""
    absence, errors = fill(Absence, form)
    return absence, {name or "to": text for name, text in errors.items()}


async def _correction(
    today: Today,
    request: Request,
    caller: Caller,
    days: tuple[str, str],
    status: int = 200,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    """The form with the days of one absence. Raises 404 if there is none."""
    known = await today.days.expert(str(caller.id))
    if known is None or days not in [(row["from"], row["to"]) for row in known["absences"]]:
        raise not_found(N_("There is no such absence."))
    absence = dict(zip(("from", "to"), days, strict=True))
    context = {"absence": absence, "values": values or absence, "errors": errors or {}}
    return today.shown.pages.render(request, "day/absence.html", caller, status, **context)


async def _page(
    today: Today,
    request: Request,
    caller: Caller,
    status: int = 200,
    month: str = "",
    notices: list[Notice] | None = None,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    known = await today.days.expert(str(caller.id))
    if known is None:
        raise not_found(N_("You have no expert's profile yet: ask the Segreteria Tecnica."))
    chosen, before, after = months(month, today.now())
    now = today.now().astimezone(ROME).date()
    language = language_of(request, caller)
    booked = await today.days.talks_of(str(caller.id), today.now())
    coming = [row for row in known["absences"] if row["to"] >= now.isoformat()]
    context: dict[str, Any] = {
        "title": month_name(chosen, language),
        "weekdays": DAYS,
        "weeks": weeks(chosen, known["absences"], known.get("working_days", list(range(7)))),
        "today": now.isoformat(),
        "before": before,
        "after": after,
        "absences": coming,
        "missed": [{**talk, "when": span(talk, language)} for talk in missed(known, booked)],
        "values": values or {},
        "errors": errors or {},
        "notices": notices or [],
    }
    return today.shown.pages.render(request, "day/absences.html", caller, status, **context)


def weeks(month: str, absences: list[Document], working: list[int]) -> list[list[dict[str, Any] | None]]:
    """The weeks of a month, each with seven days; None outside the month."""
    year, number = int(month[:4]), int(month[5:])

    def day_of(day: date) -> dict[str, Any] | None:
        text = day.isoformat()
        away = any(row["from"] <= text <= row["to"] for row in absences)
        return {"day": text, "number": day.day, "away": away, "free": day.weekday() not in working}

    return [
        [day_of(day) if day.month == number else None for day in week]
        for week in calendar.Calendar().monthdatescalendar(year, number)
    ]
