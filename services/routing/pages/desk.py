"""The pages that show: the desk of an expert (who has none is led to the board), an offer, and the part of a
request's page that says who handles it.
"""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from services.chassis.auth import PEOPLE, Caller, allow
from services.chassis.i18n import language_of
from services.chassis.problems import not_found
from services.routing.desk import manages, may_know
from services.routing.domain import OVER
from services.routing.explanation import explain, people_in, say_waiting
from services.routing.pages.day import day_of
from services.routing.pages.shown import described, notices
from services.routing.pages.today import Today
from services.routing.store import ASSIGNMENTS
from services.routing.warnings import WARNING
from services.routing.wording import DECLINE

Worker = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Anybody = Annotated[Caller, Depends(allow(*PEOPLE))]


def router(today: Today) -> APIRouter:
    """The pages that show."""
    routes = APIRouter(include_in_schema=False)
    shown = today.shown
    reading, pages = shown.reading, shown.pages

    @routes.get("/desk")
    async def desk(request: Request, caller: Worker, done: str = "") -> Response:
        if not caller.has("expert"):
            query = urlencode({"done": done} if done else {})
            return RedirectResponse(f"/desk/board?{query}" if query else "/desk/board", status_code=303)
        context = await day_of(today, request, caller) | {"coordinates": caller.has("coordinator", "secretariat")}
        return pages.render(request, "desk/desk.html", caller, notices=notices(done), **context)

    @routes.get("/desk/assignments/{id}")
    async def assignment(request: Request, caller: Worker, id: str, done: str = "") -> Response:
        return await shown.offer(request, caller, id, notices=notices(done))

    @routes.get("/desk/requests/{number}/assignment")
    async def who(request: Request, caller: Anybody, number: str) -> Response:
        case = await reading.case(number)
        lead = await reading.one(ASSIGNMENTS, case["lead"]["assignment"]) if case and case["lead"] else None
        if case is None or not may_know(caller, case, lead):
            raise not_found()
        latest = await reading.decision(case["_id"])
        directs = manages(caller, [case["theme"]])
        made = latest if directs else None
        concerns = lead is not None and (directs or lead["expert"] == caller.id)
        warnings = await shown.warnings.of(lead, shown.now()) if lead and concerns else []
        people = [*(lead["people"] if lead else ()), *people_in(made)]
        known = await shown.names.of(people)
        vetoes = await shown.desk.not_now([case]) if directs else {}
        waits = case["queue"] in ("ready", "stuck", "coordinator")
        translator = pages.translations.translator(language_of(request, caller))
        return pages.fragment(
            request,
            "desk/who.html",
            caller,
            number=number,
            assignment=described(lead, translator.language) if lead else None,
            expert=known.get(lead["expert"]) if lead else None,
            mine=bool(lead and lead["expert"] == caller.id),
            ended=case["status"] in OVER,
            inside=caller.has("expert", "coordinator", "secretariat", "monitor"),
            why=say_waiting(case, vetoes.get(case["_id"]), translator) if waits else None,
            explanation=explain(made, translator, known) if made else [],
            reasons=DECLINE,
            decided=latest is not None,
            manages=directs,
            warnings=[WARNING[code] for code in warnings],
        )

    return routes
