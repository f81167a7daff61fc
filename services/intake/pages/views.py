"""Saved views on the list page: saved from the filter that is shown, opened by a link, deleted."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from services.chassis.auth import Caller, person
from services.chassis.forms import checked_form, fill
from services.chassis.problems import Problem, invalid
from services.chassis.service import Service
from services.intake.handlers import views
from services.intake.handlers.parts import Parts
from services.intake.handlers.views import ViewForm
from services.intake.store.views import VIEWS

Person = Annotated[Caller, Depends(person)]
Form = Annotated[FormData, Depends(checked_form)]


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/requests/views")
    async def save(request: Request, caller: Person, form: Form) -> Response:
        known = FormData([(name, value) for name, value in form.multi_items() if name in ViewForm.model_fields])
        filled, errors = fill(ViewForm, known)
        if filled is None:
            raise invalid([{"pointer": f"/{name}", "detail": text} for name, text in errors.items()])
        owner = caller.id or ""
        view = await parts.executor.run({VIEWS: [owner]}, lambda work: views.save(work, owner, filled))
        return RedirectResponse(f"/requests?{view['query']}", status_code=303)

    @routes.post("/requests/views/{id}/deletion")
    async def delete(request: Request, id: str, caller: Person, form: Form) -> Response:
        owner = caller.id or ""
        try:
            await parts.executor.run({VIEWS: [owner]}, lambda work: views.delete(work, owner, id))
        except Problem as problem:
            if problem.status != 404:
                raise  # Deleted twice is deleted.
        return RedirectResponse("/requests", status_code=303)

    return routes


async def shown(parts: Parts, caller: Caller, now: str) -> list[dict[str, Any]]:
    """The caller's views for the list page. now: the filter that it shows."""
    return [
        {"id": view["id"], "name": view["name"], "href": f"/requests?{view['query']}", "current": view["query"] == now}
        for view in await parts.stores.views.of(caller.id or "")
    ]
