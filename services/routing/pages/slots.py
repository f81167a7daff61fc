"""The page on which experts offer times for talks and take them back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.routing.api.meetings import NewSlots
from services.routing.handlers.talks import NOTHING_OFFERED
from services.routing.labels import WAY
from services.routing.pages.times import span
from services.routing.pages.today import Today

Expert = Annotated[Caller, Depends(allow("expert"))]
Checked = Annotated[FormData, Depends(checked_form)]
MINUTES = (15, 20, 30, 45, 60, 90, 120)
_DONE = {
    "withdrawn": N_("It can no longer be booked."),
    "offered": N_("The times are offered to the bodies whose requests you follow."),
    "partly": N_("Some times were left out: they have passed, or overlap others that you offer."),
}


def router(today: Today) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/desk/slots", include_in_schema=False)

    @routes.get("")
    async def slots(request: Request, caller: Expert, done: str = "") -> Response:
        tone: Any = "warning" if done == "partly" else "success"
        return await _page(today, request, caller, notices=[Notice(tone, _DONE[done])] if done in _DONE else [])

    @routes.post("")
    async def offer(request: Request, caller: Expert, form: Checked) -> Response:
        wish, errors = fill(NewSlots, form)
        values = {name: str(value) for name, value in form.items()}
        if wish is None:
            return await _page(today, request, caller, 422, values=values, errors=errors)
        try:
            added, left_out = await today.talks.offer(str(caller.id), wish.wanted(), wish.way, wish.place)
        except Problem as problem:
            return await _page(today, request, caller, problem.status, notices=[Notice("warning", problem.detail)])
        if not added:
            fault = {"day": NOTHING_OFFERED}
            return await _page(today, request, caller, 422, values=values, errors=fault)
        return RedirectResponse(f"/desk/slots?done={'partly' if left_out else 'offered'}", status_code=303)

    @routes.post("/{slot}/withdraw")
    async def withdraw(request: Request, caller: Expert, slot: str, form: Checked) -> Response:
        try:
            await today.talks.withdraw(str(caller.id), slot, form.get("following") == "yes")
        except Problem as problem:
            if problem.status != 409:
                raise
            return await _page(today, request, caller, 409, notices=[Notice("warning", problem.detail)])
        return RedirectResponse("/desk/slots?done=withdrawn", status_code=303)

    return routes


async def _page(
    today: Today,
    request: Request,
    caller: Caller,
    status: int = 200,
    notices: list[Notice] | None = None,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    language = language_of(request, caller)
    rows = await today.talks.slots(str(caller.id))
    numbers = {talk["_id"]: talk["number"] for talk in await today.days.talks_of(str(caller.id), today.now())}
    series = [row["series"] for row in rows]
    context: dict[str, Any] = {
        "slots": [
            {
                **row,
                "when": span(row, language),
                "number": numbers.get(row["talk"] or ""),
                "repeats": row["series"] in series[at + 1 :],
            }
            for at, row in enumerate(rows)
        ],
        "ways": WAY,
        "minutes": MINUTES,
        "values": values or {"minutes": "30", "way": "remote", "weeks": "1"},
        "errors": errors or {},
        "notices": notices or [],
    }
    return today.shown.pages.render(request, "talks/slots.html", caller, status, **context)
