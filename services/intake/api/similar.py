"""`/api/requests/similar`: before something is sent, what is like it."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from contracts import vocabulary
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_
from services.chassis.problems import forbidden
from services.intake.api.answers import answer, instant, parts_of
from services.intake.handlers.parts import Parts
from services.intake.handlers.similar import Alike, like_text
from services.intake.handlers.subjects import unknown
from services.intake.store.visibility import OF_A_BODY, sees

routes = APIRouter(prefix="/api/requests", tags=["requests"])
Here = Annotated[Parts, Depends(parts_of)]
Asking = Annotated[
    Caller, Depends(allow("official", "representative", "front_end", "expert", "coordinator", "secretariat"))
]


class Similar(BaseModel):
    """A request that is like the text. links: null for a case that the caller may know of, and not read."""

    number: str
    title: str
    status: str
    body: str
    body_name: str
    theme: str | None
    outcome: str | None
    submitted_at: str
    likeness: float
    links: dict[Literal["self", "page"], str] | None


class SimilarRequests(BaseModel):
    """Best first. duplicates: of the same body, under way or of the last months. solved: what was solved before."""

    duplicates: list[Similar]
    solved: list[Similar]


@routes.get("/similar", response_model=SimilarRequests)
async def similar_requests(
    caller: Asking,
    parts: Here,
    title: Annotated[str, Query(max_length=200)] = "",
    description: Annotated[str, Query(max_length=4_000)] = "",
    body: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Requests like a text, among those that the caller may know of; empty while the text says too little.

    `duplicates` needs `body`, the ISTAT or IPA code of the body that asks.
    """
    found = await like_text(parts, caller, title, description, _body(caller, body) if body else None)
    told = {name: [_document(caller, one) for one in getattr(found, name)] for name in ("duplicates", "solved")}
    return answer(told)


def _body(caller: Caller, code: str) -> str:
    body = vocabulary.body(code)
    if body is None:
        raise unknown("/query/body", N_("No body has this ISTAT or IPA code."), vocabulary.nearest(code, "body"))
    everybody = caller.has("expert", "coordinator", "secretariat") or caller.everywhere("front_end")
    if not everybody and body.code not in caller.scopes(*OF_A_BODY):
        raise forbidden(N_("You do not act for this body."))
    return body.code


def _document(caller: Caller, one: Alike) -> dict[str, Any]:
    row = one.request
    links = {"self": f"/api/requests/{row['number']}", "page": f"/requests/{row['number']}"}
    return {
        **{name: row[name] for name in ("number", "title", "status", "body", "body_name", "theme")},
        "outcome": (row.get("resolution") or {}).get("outcome"),
        "submitted_at": instant(row["submitted_at"]),
        "likeness": round(one.likeness, 3),
        "links": links if sees(caller, row) else None,
    }
