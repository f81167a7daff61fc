"""Joining a request to another one by the button beside what is like it; `handlers.merging` carries it out."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.chassis.work import Keys, Work
from services.intake.handlers.merging import merge_whole
from services.intake.handlers.parts import Parts, find
from services.intake.pages.not_possible import not_possible
from services.intake.pages.receipts import once
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

        async def by_form(keys: Keys, decide: Callable[[Work], Document]) -> None:
            await once(request, caller, parts.executor, keys, form, lambda work: {"number": decide(work)["number"]})

        try:
            await merge_whole(parts, one, into["_id"], caller, by_form)
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
