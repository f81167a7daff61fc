"""The pages of an expert's cases going to others: choose, read who would get what, confirm once, read the outcome."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import Problem, forbidden, not_found
from services.routing.bulk.reassignments import Reassignments, keep
from services.routing.desk import manages
from services.routing.pages.board import Board
from services.routing.pages.shown import described
from services.routing.store import EXPERTS
from services.routing.wording import NOT_AS_SHOWN, REFUSED, UNROUTABLE, VETO

Staff = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Checked = Annotated[FormData, Depends(checked_form)]
LONGEST = 500


@dataclass(frozen=True)
class Moving:
    """What the pages need."""

    board: Board
    reassignments: Reassignments
    executor: Executor


def router(moving: Moving) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/desk/experts/{id}/reassignment")
    async def choose(request: Request, caller: Staff, id: str) -> Response:
        return await _choice(moving, request, caller, id)

    @routes.post("/desk/experts/{id}/reassignment")
    async def preview(request: Request, caller: Staff, id: str, form: Checked) -> Response:
        numbers = _numbers(form)
        if not numbers:
            return await _choice(moving, request, caller, id, 422, {"request": N_("Choose at least one request.")})
        reason = str(form.get("reason") or "").strip()[:LONGEST]
        made = await moving.reassignments.preview(caller, id, numbers, reason)
        await moving.executor.run({}, lambda work: keep(work, made), request.state.correlation)
        return RedirectResponse(f"/desk/reassignments/{made['_id']}", status_code=303)

    @routes.get("/desk/reassignments/{id}")
    async def read(request: Request, caller: Staff, id: str) -> Response:
        return await _preview(moving, request, caller, await moving.reassignments.find(id, caller))

    @routes.post("/desk/reassignments/{id}/confirmation")
    async def confirm(request: Request, caller: Staff, id: str, form: Checked) -> Response:
        numbers, release_rest = _numbers(form), form.get("release_rest") == "yes"
        if not numbers:
            found = await moving.reassignments.find(id, caller)
            errors = {"request": N_("Choose at least one request.")}
            return await _preview(moving, request, caller, found, 422, errors)
        try:
            await moving.reassignments.confirm(id, caller, numbers, release_rest)
        except Problem as problem:
            if problem.status != 409:
                raise
            found = await moving.reassignments.find(id, caller)
            notices = [Notice("warning", problem.detail)]
            return await _preview(moving, request, caller, found, 409, notices=notices)
        return RedirectResponse(f"/desk/reassignments/{id}", status_code=303)

    return routes


async def _choice(
    moving: Moving, request: Request, caller: Caller, id: str, status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    board, language = moving.board, language_of(request, caller)
    profile = await board.store.one(EXPERTS, id)
    if profile is None:
        raise not_found()
    held = await board.store.held_by(id)
    if not manages(caller, [*profile["task_forces"], *(row["task_force"] for row in held)]):
        raise forbidden()
    names = await board.names.of([id])
    return board.pages.render(
        request, "board/reassign.html", caller, status,
        id=id, name=names.get(id), errors=errors or {}, values={},
        held=[described(row, language) for row in held if manages(caller, [row["task_force"]])],
    )  # fmt: skip


async def _preview(
    moving: Moving,
    request: Request,
    caller: Caller,
    preview: Document,
    status: int = 200,
    errors: dict[str, str] | None = None,
    notices: list[Notice] | None = None,
) -> Response:
    board, language = moving.board, language_of(request, caller)
    words = board.pages.translations.translator(language)
    named = [item["chosen"]["expert"] for item in preview["items"] if item["chosen"]]
    names = await board.names.of([preview["expert"], *named])
    became = {number: outcome for outcome, numbers in (preview["outcome"] or {}).items() for number in numbers}
    again, not_done = await moving.reassignments.follow_up(preview, caller), preview.get("why", {})
    return board.pages.render(
        request, "board/preview.html", caller, status,
        id=preview["_id"], name=names.get(preview["expert"]), at=preview["at"], reason=preview["reason"],
        confirmed=preview["outcome"] is not None, again=again,
        not_theirs=preview.get("not_theirs", []),
        items=[
            _line(item, names, words, language, became) | {"not_done": NOT_AS_SHOWN.get(not_done.get(item["number"]))}
            for item in preview["items"]
        ],
        errors=errors or {}, notices=notices or (),
    )  # fmt: skip


def _line(
    item: Document, names: dict[str, str], words: Translator, language: str, became: dict[str, str]
) -> dict[str, Any]:
    chosen, why = item["chosen"], []
    if chosen is None:
        why = [words(REFUSED if item["refused"] else UNROUTABLE[item["reason"]])]
        counted = item["vetoed_counts"].items()
        why += [f"{words(VETO[code])}: {words.number(n)}" for code, n in counted if code not in ("theme_not_covered",)]
    return {
        **described(item | {"task_force": item["theme"]}, language),
        "chosen_name": (names.get(chosen["expert"]) or words(N_("name not available"))) if chosen else None,
        "score": words.number(round(chosen["score"] * 100, 1)) if chosen else None,
        "why": why,
        "outcome": became.get(item["number"]),
    }


def _numbers(form: FormData) -> list[str]:
    return [number for number in form.getlist("request") if isinstance(number, str)]
