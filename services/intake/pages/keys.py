"""Keys of front-ends: who has one, what it may create and has created; a new one is shown once."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contracts import vocabulary
from contracts.envelope import Id, new_id
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form, fill
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.intake.handlers import api_keys
from services.intake.handlers.api_keys import MOST_A_DAY, MOST_A_MINUTE, KeyForm, keys_of, new_secret, state_of
from services.intake.handlers.days import ends, today
from services.intake.handlers.fields import Line
from services.intake.handlers.parts import Parts
from services.intake.pages.receipts import FIELD, new_key, once

Secretariat = Annotated[Caller, Depends(allow("secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
MOST = 200
DAYS = 30
STATES = {
    "valid": (N_("Valid"), "success"),
    "expired": (N_("Expired"), "warning"),
    "revoked": (N_("Revoked"), "neutral"),
}
_DONE = {"revoked": N_("The key has been revoked.")}


class NewKey(BaseModel):
    """The fields of the page."""

    name: Annotated[Line, Field(min_length=1, max_length=200)]
    body: Annotated[str, Field(max_length=64)] | None = None
    per_day: Annotated[int, Field(ge=1, le=MOST_A_DAY)] = 1_000
    per_minute: Annotated[int, Field(ge=1, le=MOST_A_MINUTE)] = 60
    last_day: date | None = None

    def key(self) -> KeyForm:
        """The same as the API has it; a key holds until the end of its last day."""
        end = ends(self.last_day) if self.last_day else None
        return KeyForm(**self.model_dump(exclude={"last_day"}), expires_at=end)


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    async def shown(request: Request, caller: Caller, status: int = 200, **context: Any) -> HTMLResponse:
        rows, day = await parts.stores.quotas.page(MOST), today(parts)
        since = (day - timedelta(days=DAYS - 1)).isoformat()
        usage = await parts.stores.quotas.usage([row["_id"] for row in rows], since)
        items = [_item(row, usage[row["_id"]], day.isoformat(), parts.clock.now()) for row in rows]
        usual: dict[str, Any] = {
            "errors": {},
            "values": {"per_day": "1000", "per_minute": "60"},
            "secret": None,
            "notices": [],
        }
        context = usual | context
        context["values"] = context["values"] | {FIELD: context["values"].get(FIELD) or new_key()}
        return service.web.pages.render(
            request, "keys.html", caller, status=status, items=items, states=STATES, **context
        )

    @routes.get("/keys")
    async def listed(request: Request, caller: Secretariat, done: str = "") -> HTMLResponse:
        return await shown(request, caller, notices=[Notice("success", _DONE[done])] if done in _DONE else [])

    @routes.post("/keys")
    async def made(request: Request, caller: Secretariat, form: Form) -> HTMLResponse:
        values = {name: value for name, value in form.items() if isinstance(value, str)}
        filled, errors = fill(NewKey, form)
        if filled is None:
            return await shown(request, caller, 422, values=values, errors=errors)
        id, secret = new_id(parts.clock.now()), new_secret()
        try:
            key = filled.key()
            answer = await once(
                request, caller, parts.executor, keys_of(id), form,
                lambda work: {"id": api_keys.make(work, id, key, secret, caller)["_id"]},
            )  # fmt: skip
        except Problem as problem:
            names = {"/expires_at": "last_day"}
            errors = {names.get(each["pointer"], each["pointer"][1:]): each["detail"] for each in problem.errors}
            return await shown(request, caller, 422, values=values, errors=errors)
        # Told once, on this page alone: the form that is sent again shows no key.
        return await shown(request, caller, 201, secret=secret if answer["id"] == id else None, name=key.name)

    @routes.post("/keys/{id}/revocation")
    async def revoked(caller: Secretariat, form: Form, id: Annotated[Id, Path()]) -> Response:
        await parts.executor.run(keys_of(id), lambda work: api_keys.revoke(work, id, caller))
        return RedirectResponse("/keys?done=revoked", status_code=303)

    return routes


def _item(row: Document, days: dict[str, int], today: str, now: datetime) -> dict[str, Any]:
    body = vocabulary.body(row["body"]) if row["body"] else None
    return {
        **{name: row[name] for name in ("name", "per_day", "per_minute", "expires_at", "last_used_at")},
        "id": row["_id"],
        "body": body.name if body else None,
        "state": state_of(row, now),
        "today": days.get(today, 0),
        "month": sum(days.values()),
    }
