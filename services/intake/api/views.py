"""`/api/views`: filters of the list of requests that the caller has given names; nobody else's."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import Response

from contracts.envelope import Id
from services.chassis.auth import Caller, person
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.intake.api.answers import answer, instant, parts_of
from services.intake.handlers import views
from services.intake.handlers.parts import Parts
from services.intake.handlers.views import ViewForm
from services.intake.store.views import VIEWS

routes = APIRouter(prefix="/api/views", tags=["views"])
Here = Annotated[Parts, Depends(parts_of)]
Person = Annotated[Caller, Depends(person)]


class View(BaseModel):
    """A saved view. query: what follows `/requests?`."""

    id: str
    name: str
    query: str
    saved_at: str
    links: dict[str, str]


class Views(BaseModel):
    """In the order of saving; at most 20, so there is never a next page."""

    items: list[View]
    next_cursor: None = None


@routes.get("", response_model=Views)
async def list_views(caller: Person, parts: Here) -> Response:
    """The caller's saved views."""
    items = [_document(view) for view in await parts.stores.views.of(caller.id or "")]
    return answer({"items": items, "next_cursor": None})


@routes.post("", status_code=201, response_model=View)
async def save_view(sent: Repeatable, form: ViewForm, caller: Person, parts: Here) -> Response:
    """Names a filter of the list; a view of the same name is replaced."""
    id = caller.id or ""
    document = await once(
        sent, caller, parts.executor, {VIEWS: [id]}, lambda work: _document(views.save(work, id, form))
    )
    return answer(document, 201, {"Location": "/api/views"})


@routes.delete("/{id}", status_code=204, responses={404: {}})
async def delete_view(id: Id, caller: Person, parts: Here) -> Response:
    """Deletes a saved view; what it shows stays."""
    owner = caller.id or ""
    await parts.executor.run({VIEWS: [owner]}, lambda work: views.delete(work, owner, id))
    return Response(status_code=204)


def _document(view: Document) -> dict[str, Any]:
    return {
        **{name: view[name] for name in ("id", "name", "query")},
        "saved_at": instant(view["at"]),
        "links": {"page": f"/requests?{view['query']}"},
    }
