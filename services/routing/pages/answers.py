"""The forms that an expert or a coordinator sends from the desk."""

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.routing.api.assignments import Decline
from services.routing.pages.shown import Shown

Worker = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Answering = Annotated[Caller, Depends(allow("expert"))]
Checked = Annotated[FormData, Depends(checked_form)]


def router(shown: Shown) -> APIRouter:
    """The forms that an expert or a coordinator sends."""
    routes = APIRouter(prefix="/desk/assignments/{id}", include_in_schema=False)

    @routes.post("/accept")
    async def accept(request: Request, caller: Answering, id: str, form: Checked) -> Response:
        return await _told(
            shown, request, caller, id, shown.desk.accept(id, caller), f"/desk/assignments/{id}?done=accepted"
        )

    @routes.post("/decline")
    async def decline(request: Request, caller: Answering, id: str, form: Checked) -> Response:
        answer, errors = fill(Decline, form)
        if answer is None:
            return await shown.offer(request, caller, id, 422, values=dict(form), errors=errors)
        declined = shown.desk.decline(id, caller, answer.reason, answer.reason_text)
        return await _told(shown, request, caller, id, declined, "/desk?done=declined")

    @routes.post("/release")
    async def release(request: Request, caller: Worker, id: str, form: Checked) -> Response:
        return await _told(shown, request, caller, id, shown.desk.release(id, caller), "/desk?done=released")

    return routes


async def _told(
    shown: Shown, request: Request, caller: Caller, id: str, act: Awaitable[Document], then: str
) -> Response:
    """Goes on to a page that says it; an answer that came too late shows the assignment as it is now."""
    try:
        await act
    except Problem as problem:
        if problem.status != 409:
            raise
        return await shown.offer(request, caller, id, 409, notices=[Notice("warning", problem.detail)])
    return RedirectResponse(then, status_code=303)
