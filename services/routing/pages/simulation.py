"""The pages of simulations: the list, the form, one with its progress and its figures. They work without a script."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from contracts.access import Role
from contracts.vocabulary import themes
from services.chassis.auth import Caller, allow
from services.chassis.forms import TOKEN_FIELD, checked_form, fill
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.idempotency import Sent
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.chassis.validation import problem_of
from services.routing.domain import ROME
from services.routing.handlers.presence import takes_part
from services.routing.handlers.simulations import OPEN
from services.routing.pages import simulated as figures
from services.routing.pages.shown import Shown
from services.routing.pages.simulation_form import Form, values_of
from services.routing.rules import Rulebook
from services.routing.simulation.asking import Asking
from services.routing.wording import CRITERION, SIMULATION_FAILED, SIMULATION_STATUS

Asker = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Reader = Annotated[Caller, Depends(allow("coordinator", "secretariat", "monitor"))]
Checked = Annotated[FormData, Depends(checked_form)]
_SHOWN = 50
_EXPERTS = 200
_HALF_YEAR = timedelta(days=182)
_FIELD = {"/source": "first", "/variant/weights": "weight_competence", "/variant/extra": "more"}
_ASKING: tuple[Role, ...] = ("coordinator", "secretariat")


def router(shown: Shown, asking: Asking, book: Rulebook) -> APIRouter:
    """The pages."""
    routes = APIRouter(prefix="/desk/simulations", include_in_schema=False)
    pages = shown.pages

    async def form_page(
        request: Request, caller: Caller, values: dict[str, Any], errors: dict[str, str], status: int = 200,
        absent: list[str] | None = None, notices: tuple[Notice, ...] = (),
    ) -> Response:  # fmt: skip
        rows = await shown.reading.experts(_EXPERTS)
        names = await shown.names.of([row["_id"] for row in rows])
        language = language_of(request, caller)
        context = {
            "values": values, "errors": errors, "absent": absent or [], "criteria": CRITERION, "notices": notices,
            "experts": sorted(((row["_id"], str(names.get(row["_id"], row["_id"]))) for row in rows if takes_part(row)),
                              key=lambda one: one[1]),
            "themes": [(one.code, one.name_it if language == "it" else one.name_en) for one in themes()],
        }  # fmt: skip
        return pages.render(request, "simulation/new.html", caller, status, **context)

    @routes.get("")
    async def simulations(request: Request, caller: Reader) -> Response:
        rows = [_listed(row) for row in await asking.store.newest(_SHOWN)]
        return pages.render(request, "simulation/list.html", caller, rows=rows, may_ask=caller.has(*_ASKING))

    @routes.get("/new")
    async def form(request: Request, caller: Asker) -> Response:
        today = asking.now().astimezone(ROME).date()
        return await form_page(request, caller, values_of(book.current, today - _HALF_YEAR, today), {})

    @routes.post("")
    async def ask(request: Request, caller: Asker, sent: Checked) -> Response:
        absent = [str(id) for id in sent.getlist("absent")]
        fields = FormData([(name, value) for name, value in sent.multi_items() if name != "absent"])
        values = {name: value for name, value in fields.items() if name != TOKEN_FIELD}
        filled, errors = fill(Form, fields)
        if filled is None:
            errors = {name or "weight_competence": text for name, text in errors.items()}
            return await form_page(request, caller, values, errors, 422, absent)
        try:
            question = filled.question(book.current, absent, [one.code for one in themes()])
            row = await asking.ask(Sent(request), caller, question)
        except (Problem, ValidationError) as wrong:
            problem = problem_of(wrong) if isinstance(wrong, ValidationError) else wrong
            faults = {_FIELD.get(fault["pointer"], "first"): fault["detail"] for fault in problem.errors}
            notices = () if faults else (Notice("warning", problem.detail),)
            return await form_page(request, caller, values, faults, problem.status, absent, notices)
        return RedirectResponse(f"/desk/simulations/{row['_id']}", status_code=303)

    @routes.get("/{id}")
    async def simulation(request: Request, caller: Reader, id: str) -> Response:
        row = await asking.one(id)
        translator = pages.translations.translator(language_of(request, caller))
        context = {**_listed(row), "may_ask": caller.has(*_ASKING), "failure": SIMULATION_FAILED.get(row["failure"])}
        context["fault"] = row.get("fault")
        found = _result(row, translator) if row["result"] else None
        return pages.render(request, "simulation/one.html", caller, simulation=context, result=found)

    @routes.get("/{id}/progress")
    async def progress(request: Request, caller: Reader, id: str) -> Response:
        row = _listed(await asking.one(id))
        answer = pages.fragment(request, "simulation/progress.html", caller, simulation=row)
        if not row["open"]:
            answer.headers["HX-Refresh"] = "true"
        return answer

    @routes.post("/{id}/cancel")
    async def cancel(request: Request, caller: Asker, id: str, sent: Checked) -> Response:
        try:
            await asking.cancel(id)
        except Problem as problem:
            if problem.status != 409:
                raise
        return RedirectResponse(f"/desk/simulations/{id}", status_code=303)

    return routes


def _listed(row: Document) -> dict[str, Any]:
    label, tone = SIMULATION_STATUS[row["status"]]
    return {
        "id": row["_id"], "name": row["asked"].get("name", ""), "status": row["status"], "label": label, "tone": tone,
        "progress": round(row["progress"] * 100), "created_at": row["created_at"], "start": row["start"],
        "last": row["end"] - timedelta(days=1), "open": row["status"] in OPEN,
    }  # fmt: skip


def _result(row: Document, translator: Translator) -> dict[str, Any]:
    result = row["result"]
    weights = result["weights"]
    return {
        "rows": figures.rows(result, translator),
        "observed": bool(result["observed"]),
        "behaviour": result["behaviour"],
        "weights": [
            (translator(CRITERION[name]), *(translator.number(round(weights[side][name] * 100, 1)) for side in weights))
            for name in weights["baseline"]
        ],
        "charts": [
            (translator(title), figures.chart(result, group, path, unit, translator))
            for title, group, path, unit in _CHARTS
        ],
    }


_CHARTS: tuple[tuple[str, str, tuple[str, ...], figures.Unit], ...] = (
    (N_("Wait until taken in charge by theme, nine in ten within"), "themes", ("wait", "p90"), "minutes"),
    (N_("Wait until taken in charge by province, nine in ten within"), "provinces", ("wait", "p90"), "minutes"),
    (N_("Requests that nobody had taken at the end, by theme"), "themes", ("not_taken",), "number"),
)
