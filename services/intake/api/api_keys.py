"""`/api/api-keys`: the Segreteria Tecnica gives keys to front-ends, sees what they use, and takes them back."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from contracts.envelope import Id, new_id
from services.chassis.auth import Caller, allow
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.intake.api.answers import Json, answer, instant, parts_of
from services.intake.handlers import api_keys
from services.intake.handlers.api_keys import KeyForm, keys_of, new_secret, state_of
from services.intake.handlers.days import today
from services.intake.handlers.parts import Parts

routes = APIRouter(prefix="/api/api-keys", tags=["api-keys"])
Here = Annotated[Parts, Depends(parts_of)]
Secretariat = Annotated[Caller, Depends(allow("secretariat"))]
MOST = 500
DAYS = 30


@routes.get("")
async def list_keys(caller: Secretariat, parts: Here) -> Response:
    """Keys, newest first, with what each created today and in the last 30 days by day; the newest 500."""
    rows = await parts.stores.quotas.page(MOST)
    day = today(parts)
    usage = await parts.stores.quotas.usage([row["_id"] for row in rows], (day - timedelta(days=DAYS)).isoformat())
    items = [_document(parts, row) | usage_document(usage[row["_id"]], day.isoformat()) for row in rows]
    return answer({"items": items, "next_cursor": None})


@routes.post("", status_code=201)
async def make_key(sent: Repeatable, form: KeyForm, caller: Secretariat, parts: Here) -> Response:
    """Makes a key; `key` is told in this answer and never again, not even when the call is repeated."""
    id, secret = new_id(parts.clock.now()), new_secret()
    document = await once(
        sent, caller, parts.executor, keys_of(id),
        lambda work: _document(parts, api_keys.make(work, id, form, secret, caller)),
    )  # fmt: skip
    document["key"] = secret if document["id"] == id else None
    return answer(document, 201, {"Location": f"/api/api-keys/{document['id']}"})


@routes.post("/{id}/revocation", responses={404: {}})
async def revoke_key(id: Id, caller: Secretariat, parts: Here) -> Response:
    """Takes a key back, from now on (other services hear of it within seconds)."""
    row = await parts.executor.run(keys_of(id), lambda work: api_keys.revoke(work, id, caller))
    return answer(_document(parts, row))


def usage_document(days: dict[str, int], today: str) -> Json:
    """Requests created: today, and by day."""
    return {"used_today": days.get(today, 0), "days": dict(sorted(days.items(), reverse=True))}


def _document(parts: Parts, row: Document) -> Json:
    plain = ("name", "body", "per_day", "per_minute", "created_by")
    times = ("created_at", "expires_at", "revoked_at", "last_used_at")
    return {
        "id": row["_id"], **{name: row[name] for name in plain}, **{name: instant(row[name]) for name in times},
        "state": state_of(row, parts.clock.now()),
    }  # fmt: skip
