"""Experts as the secretariat and the coordinators keep them: the list, a new one, and changing one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.chassis.access import ACCESS
from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice
from services.chassis.paging import cursor_of, key_of, text
from services.chassis.problems import Problem, forbidden, not_found
from services.chassis.work import Work
from services.routing.bulk.importing import NOT_TAKEN
from services.routing.desk import manages
from services.routing.directory import Directory
from services.routing.handlers import experts
from services.routing.handlers.entitlement import role_of
from services.routing.handlers.presence import takes_part_at
from services.routing.pages.board import Board, Cursor, filter_of
from services.routing.pages.expert_form import FIELDS, NOTHING, Values, choices, field_of, profile_of, sent, values_of
from services.routing.store import EXPERTS
from services.routing.store.reading import Reading
from services.routing.wording import theme_name

Staff = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Checked = Annotated[FormData, Depends(checked_form)]
PAGE = 50
_DONE = {"created": N_("The expert has been added."), "saved": N_("The profile has been saved.")}
_WHO: dict[str, str] = {
    "unknown": N_("Nobody has this address: write the name, too, and the person is created."),
    "ambiguous": N_("Several persons use this address: the Segreteria must tell them apart first."),
    "erased": N_("This person was erased: create the person anew first."),
    "not_taken": NOT_TAKEN,
}


@dataclass(frozen=True)
class Keeping:
    """What the pages need. check: a profile as the API takes it -> as it is stored; raises 422."""

    board: Board
    reading: Reading
    executor: Executor
    directory: Directory
    check: Callable[[dict[str, Any]], dict[str, Any]]


def router(keeping: Keeping) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/desk/experts", include_in_schema=False)

    @routes.get("")
    async def listed(
        request: Request, caller: Staff, task_force: Annotated[str, Query(max_length=64)] = "", cursor: Cursor = ""
    ) -> Response:
        return await _list(keeping, request, caller, task_force, cursor)

    @routes.get("/new")
    async def new(request: Request, caller: Staff) -> Response:
        return _form(keeping, request, caller, None, NOTHING)

    @routes.post("/new")
    async def create(request: Request, caller: Staff, form: Checked) -> Response:
        values = sent(form)
        fields, errors = _checked(keeping, caller, values)
        if not values["email"]:
            errors["email"] = N_("Write the e-mail address.")
        if fields is None or errors:
            return _form(keeping, request, caller, None, values, errors, 422)
        (who,) = await keeping.directory.enrol([_person(values)], dry_run=False)
        if who.id is None:
            return _form(keeping, request, caller, None, values, {who.field or "email": _WHO[who.outcome]}, 422)
        return await _save(keeping, request, caller, who.id, values, fields, new=True)

    @routes.get("/{id}")
    async def read(request: Request, caller: Staff, id: str, done: str = "") -> Response:
        found = await keeping.board.store.one(EXPERTS, id)
        if found is None:
            raise not_found()
        names = await keeping.board.names.of([id])
        notices = [Notice("success", _DONE[done])] if done in _DONE else []
        values = values_of(found) | {"name": names.get(id, "")}
        return _form(keeping, request, caller, id, values, notices=notices, mine=manages(caller, found["task_forces"]))

    @routes.post("/{id}")
    async def change(request: Request, caller: Staff, id: str, form: Checked) -> Response:
        values = sent(form)
        fields, errors = _checked(keeping, caller, values)
        if fields is None or errors:
            return _form(keeping, request, caller, id, values, errors, 422)
        return await _save(keeping, request, caller, id, values, fields, new=False)

    return routes


async def _save(
    keeping: Keeping, request: Request, caller: Caller, id: str, values: Values, fields: dict[str, Any], *, new: bool
) -> Response:
    def decide(work: Work) -> None:
        known = work.get(EXPERTS, id)
        if known is None and not new:
            raise not_found()
        if known and new:
            raise Problem(409, N_("This person is an expert already"), N_("Look for them in the list and change that."))
        if known and not manages(caller, known["task_forces"]):
            raise forbidden()
        if known and str(known["version"]) != values["version"]:
            detail = N_("Somebody else changed it meanwhile. Below is how it is now: repeat your change.")
            raise Problem(412, N_("It changed meanwhile"), detail)
        experts.keep_profile(work, id, fields | role_of(work.get(ACCESS, id), work.now))

    try:
        await keeping.executor.run({EXPERTS: [id], ACCESS: [id]}, decide, request.state.correlation)
    except Problem as problem:
        if problem.status not in (409, 412):
            raise
        now = await keeping.board.store.one(EXPERTS, id)
        shown = values_of(now) if now and problem.status == 412 else values
        told = [Notice("warning", problem.detail)]
        return _form(keeping, request, caller, None if new else id, shown, status=problem.status, notices=told)
    return RedirectResponse(f"/desk/experts/{id}?done={'created' if new else 'saved'}", status_code=303)


async def _list(keeping: Keeping, request: Request, caller: Caller, task_force: str, cursor: str) -> Response:
    board, language = keeping.board, language_of(request, caller)
    chosen = filter_of(caller, task_force, "")
    rows = await keeping.reading.experts(PAGE, chosen.task_force or None, key_of(cursor or None, text))
    names = await board.names.of([row["_id"] for row in rows])
    held, now = await board.store.held([row["_id"] for row in rows]), board.now()
    items = [
        {
            "id": row["_id"], "name": names.get(row["_id"]), "active": takes_part_at(row, now),
            "task_forces": ", ".join(theme_name(code, language) for code in row["task_forces"]),
            "provinces": ", ".join(row["provinces"]),
            "held": held.get(row["_id"], 0), "places": experts.places(row, board.book.current),
        }
        for row in rows
    ]  # fmt: skip
    filtered = f"task_force={chosen.task_force}&" if chosen.task_force else ""
    following = f"?{filtered}cursor={cursor_of(rows[-1], '_id')}" if len(rows) == PAGE else None
    return board.pages.render(
        request, "experts/list.html", caller,
        items=items, values={"task_force": chosen.task_force}, themes=choices(language)["themes"],
        next=following, first="/desk/experts" if cursor else None,
    )  # fmt: skip


def _checked(keeping: Keeping, caller: Caller, values: Values) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """The profile as it is stored, or a sentence for each wrong field."""
    try:
        fields = keeping.check(profile_of(values))
    except Problem as problem:
        return None, {field_of(fault["pointer"]): fault["detail"] for fault in reversed(problem.errors)}
    if not manages(caller, fields["task_forces"]):
        return None, {"task_forces": N_("You do not direct this task force.")}
    return fields, {}


def _form(
    keeping: Keeping,
    request: Request,
    caller: Caller,
    id: str | None,
    values: Values,
    errors: dict[str, str] | None = None,
    status: int = 200,
    notices: list[Notice] | None = None,
    *,
    mine: bool = True,
) -> Response:
    pages, language = keeping.board.pages, language_of(request, caller)
    words = pages.translations.translator(language)
    return pages.render(
        request, "experts/form.html", caller, status,
        id=id, values={"email": "", "name": "", "version": ""} | values, errors=errors or {}, notices=notices or (),
        choices=choices(language), labels={name: words(text) for name, text in FIELDS.items()}, mine=mine,
    )  # fmt: skip


def _person(values: Values) -> dict[str, Any]:
    return {"email": values["email"], "name": values["name"]}
