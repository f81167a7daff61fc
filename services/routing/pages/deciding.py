"""What a coordinator decides: several waiting requests at once from the board, or one request on a page of its own."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, language_of
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.routing.bulk.decisions import Action, action_of
from services.routing.explanation import say_not_now, say_waiting
from services.routing.handlers.assigning import Wish
from services.routing.pages.board import ACTIONS, Board, filter_of, loads, shown
from services.routing.pages.shown import described
from services.routing.store import ASSIGNMENTS

Staff = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Checked = Annotated[FormData, Depends(checked_form)]
MOST = 200
LONGEST = 500
OUTCOMES: dict[str, tuple[str, str]] = {
    "assigned": (N_("The expert has been asked."), "success"),
    "pinned": (N_("Kept for this expert."), "success"),
    "unpinned": (N_("Whoever fits best is asked again."), "success"),
    "unchanged": (N_("Nothing was changed."), "neutral"),
    "refused": (N_("Nothing was changed."), "warning"),
}


def router(board: Board) -> APIRouter:
    """The forms."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/desk/board/decisions")
    async def several(request: Request, caller: Staff, form: Checked) -> Response:
        values, errors, numbers = _filled(form)
        action = action_of(values["action"])
        if not numbers:
            errors["request"] = N_("Choose at least one request.")
        if errors or action is None:
            chosen = filter_of(caller, values["task_force"], values["province"])
            return await shown(board, request, caller, chosen, status=422, errors=errors, values=values, picked=numbers)
        told = await _decided(board, request, caller, action, values, numbers)
        names = await board.names.of([values["expert"]])
        return board.pages.render(
            request, "board/decided.html", caller,
            told=told, outcomes=OUTCOMES, expert=names.get(values["expert"]),
            back=filter_of(caller, values["task_force"], values["province"]).narrowed(),
            done=sum(line["outcome"] != "refused" for line in told),
        )  # fmt: skip

    @routes.get("/desk/requests/{number}/assign")
    async def ask(request: Request, caller: Staff, number: str) -> Response:
        return await _form(board, request, caller, await board.desk.managed(number, caller))

    @routes.post("/desk/requests/{number}/assign")
    async def assign(request: Request, caller: Staff, number: str, form: Checked) -> Response:
        case = await board.desk.managed(number, caller)
        values, errors, _ = _filled(form)
        action = action_of(values["action"])
        if errors or action is None:
            return await _form(board, request, caller, case, 422, values, errors)
        told = await _decided(board, request, caller, action, values, [number])
        if told[0]["outcome"] == "refused":
            refused = Notice("warning", told[0]["detail"])
            return await _form(board, request, caller, case, 409, values, notices=[refused])
        return RedirectResponse(f"/desk/requests/{number}/assign?done={told[0]['outcome']}", status_code=303)

    @routes.post("/desk/requests/{number}/unpin")
    async def unpin(request: Request, caller: Staff, number: str, form: Checked) -> Response:
        await board.desk.unpin(number, caller)
        return RedirectResponse(f"/desk/requests/{number}/assign?done=unpinned", status_code=303)

    @routes.post("/desk/assignments/{id}/hand-over")
    async def hand_over(
        request: Request,
        caller: Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))],
        id: str,
        form: Checked,
    ) -> Response:
        expert, note = _text(form, "colleague"), _text(form, "note")[:LONGEST]
        if not expert:
            return RedirectResponse(f"/desk/assignments/{id}?done=no_colleague", status_code=303)
        try:
            await board.desk.hand_over(id, caller, expert, note)
        except Problem as problem:
            if problem.status != 409:
                raise
            return RedirectResponse(f"/desk/assignments/{id}?done=cannot_take", status_code=303)
        return RedirectResponse("/desk?done=handed_over", status_code=303)

    return routes


async def _decided(
    board: Board, request: Request, caller: Caller, action: Action, values: dict[str, str], numbers: list[str]
) -> list[dict[str, Any]]:
    wish = Wish(values["expert"], str(caller.id), reason=values["reason"], pin=action == "assign_and_pin")
    return await board.decisions.run(numbers, caller, action, wish, request.state.correlation)


async def _form(
    board: Board,
    request: Request,
    caller: Caller,
    case: Document,
    status: int = 200,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    notices: list[Notice] | None = None,
) -> Response:
    """The page of one request: who has it or why nobody, for whom it is kept, and the decision."""
    lead = await board.store.one(ASSIGNMENTS, case["lead"]["assignment"]) if case["lead"] else None
    pinned = case.get("pinned")
    names = await board.names.of([lead["expert"] if lead else None, pinned["expert"] if pinned else None])
    done = request.query_params.get("done", "")
    told = [Notice("success", OUTCOMES[done][0])] if done in OUTCOMES and done != "refused" else []
    own, veto = filter_of(caller, "", ""), (await board.desk.not_now([case])).get(case["_id"])
    words = board.pages.translations.translator(language_of(request, caller))
    return board.pages.render(
        request, "board/assign.html", caller, status,
        number=case["number"], case=described(case, language_of(request, caller)),
        lead=described(lead, language_of(request, caller)) if lead else None,
        lead_name=names.get(lead["expert"]) if lead else None,
        why=say_waiting(case, veto, words) if case["queue"] and not lead else None,
        not_now=say_not_now(veto, words) if not lead else "",
        pinned=pinned, pinned_name=names.get(pinned["expert"]) if pinned else None,
        experts=await loads(board, (case["theme"],) if case["theme"] else own.visible),
        actions=ACTIONS, values=values or {}, errors=errors or {}, notices=notices or told,
    )  # fmt: skip


def _filled(form: FormData) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """The texts of the form, what is wrong with them, and the numbers of the requests that were chosen."""
    values = {name: _text(form, name) for name in ("expert", "action", "reason", "task_force", "province")}
    values["reason"] = values["reason"][:LONGEST]
    errors: dict[str, str] = {}
    if not values["expert"]:
        errors["expert"] = N_("Choose an expert.")
    if action_of(values["action"]) is None:
        errors["action"] = N_("Say what is to be done.")
    numbers = [number for number in form.getlist("request") if isinstance(number, str)]
    return values, errors, numbers[:MOST]


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
