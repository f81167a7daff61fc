"""`/api/drafts`: what the caller has written and not sent; nobody else's."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from contracts.envelope import Id
from services.chassis.auth import Caller, allow
from services.chassis.mongo import Document
from services.intake.api.answers import answer, instant, parts_of
from services.intake.handlers import drafts
from services.intake.handlers.drafts import DraftForm
from services.intake.handlers.parts import Parts

routes = APIRouter(prefix="/api/drafts", tags=["drafts"])
Here = Annotated[Parts, Depends(parts_of)]
Writer = Annotated[Caller, Depends(allow("official", "representative", "front_end", "secretariat"))]


class Draft(DraftForm):
    """A draft; it is deleted at `expires_at` unless somebody changes it before."""

    id: str
    created_at: str
    updated_at: str
    expires_at: str


class Drafts(BaseModel):
    """The newest change first; at most 20, so there is never a next page."""

    items: list[Draft]
    next_cursor: None = None


@routes.get("", response_model=Drafts)
async def list_drafts(caller: Writer, parts: Here) -> Response:
    """The caller's drafts."""
    items = [_document(draft) for draft in await drafts.listed(parts, caller)]
    return answer({"items": items, "next_cursor": None})


@routes.get("/{id}", response_model=Draft, responses={404: {}})
async def read_draft(id: Id, caller: Writer, parts: Here) -> Response:
    """One draft."""
    return answer(_document(await drafts.read(parts, caller, id)))


@routes.put("/{id}", response_model=Draft, responses={404: {}, 409: {}, 410: {}})
async def keep_draft(id: Id, form: DraftForm, caller: Writer, parts: Here) -> Response:
    """Creates a draft under an id of the caller's own making (a UUID), or replaces what is in it; safe to repeat.

    `POST /api/requests?draft=` sends a request and removes its draft together.
    """
    return answer(_document(await drafts.keep(parts, caller, id, form)))


@routes.delete("/{id}", status_code=204, responses={404: {}})
async def delete_draft(id: Id, caller: Writer, parts: Here) -> Response:
    """Deletes a draft."""
    await drafts.delete(parts, caller, id)
    return Response(status_code=204)


def _document(draft: Document) -> dict[str, Any]:
    times = {name: instant(draft[name]) for name in ("created_at", "updated_at", "expires_at")}
    return {"id": draft["_id"], **DraftForm(**draft["fields"]).model_dump(), **times}
