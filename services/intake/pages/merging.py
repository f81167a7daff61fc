"""Joining a request to another one by the button beside what is like it; `handlers.requests.merge` decides."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.chassis.work import Work
from services.intake.handlers import requests
from services.intake.handlers.parts import Parts, find
from services.intake.pages.not_possible import not_possible
from services.intake.pages.receipts import once
from services.intake.store.requests import REQUESTS
from services.intake.store.visibility import COORDINATION

Coordination = Annotated[Caller, Depends(allow(*COORDINATION))]
Form = Annotated[FormData, Depends(checked_form)]


def router(service: Service, parts: Parts) -> APIRouter:
    """The route."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/requests/{number}/similar/merge")
    async def merge(request: Request, number: str, caller: Coordination, form: Form) -> Response:
        one = (await find(parts, caller, number))["_id"]
        into = await find(parts, caller, str(form.get("into", "")))

        def decide(work: Work) -> dict[str, Any]:
            requests.merge(work, one, into["_id"], caller)
            return {"into": into["number"]}

        try:
            await once(request, caller, parts.executor, {REQUESTS: [one, into["_id"]]}, form, decide)
        except Problem as problem:
            # Whoever joins what is joined already lands where the first one did.
            merged = (await find(parts, caller, number))["merged_into"]
            if not merged or merged["id"] != into["_id"]:
                return await not_possible(service, parts, request, caller, number, _said(problem))
        return RedirectResponse(f"/requests/{into['number']}?done=merge", status_code=303)

    return routes


def _said(problem: Problem) -> Problem:
    """The same in one sentence: the field that is wrong is none of the page's."""
    detail = problem.errors[0]["detail"] if problem.errors else problem.detail
    return Problem(problem.status, problem.title, detail, kind=problem.kind, values=problem.values)
