"""`/api/practices`: good practices, to find, to read and to write. What is published is for everybody."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from services.chassis.auth import Caller, allow, public
from services.chassis.i18n import N_
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.chassis.paging import Cursor, Limit
from services.chassis.preconditions import IfMatch, version_tag
from services.chassis.problems import Problem, invalid, not_found, unauthenticated
from services.intake.api.answers import answer, parts_of
from services.intake.api.code_filters import ProcedureFilter, ThemeFilter
from services.intake.api.practice_answers import edition_document, known_document, public_document, whole_practice
from services.intake.handlers import practices
from services.intake.handlers.fields import Number
from services.intake.handlers.parts import Parts, find
from services.intake.handlers.practices import PracticeChanges
from services.intake.store.practices import PRACTICES, PracticeQuery

routes = APIRouter(prefix="/api/practices", tags=["practices"])
Here = Annotated[Parts, Depends(parts_of)]
Anybody = Annotated[Caller, Depends(public)]
Writer = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]


class NewPractice(BaseModel):
    """The request that becomes a good practice."""

    model_config = ConfigDict(extra="forbid")

    request: Number


@routes.get("")
async def list_practices(
    caller: Anybody,
    parts: Here,
    theme: ThemeFilter,
    procedure: ProcedureFilter,
    q: Annotated[str | None, Query(max_length=200)] = None,
    state: Annotated[
        Literal["draft", "review", "published", "withdrawn"] | None,
        Query(description="Working copies in this state that are the caller's own, or theirs to review."),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Published practices, newest first; with `state`, what the caller works on or may review."""
    if state is None:
        query = PracticeQuery(q=q, theme=theme, procedure=procedure)
        rows, following = await parts.stores.practices.published(query, limit, cursor)
        return answer({"items": [public_document(row) for row in rows], "next_cursor": following})
    if caller.id is None:
        raise unauthenticated()
    where = {"$and": [{"state": state}, practices.reviewable(caller)]}
    rows, following = await parts.stores.practices.worked_on(where, limit, cursor)
    return answer({"items": [known_document(row, caller) for row in rows], "next_cursor": following})


@routes.post("", status_code=201)
async def start_practice(sent: Repeatable, form: NewPractice, caller: Writer, parts: Here) -> Response:
    """Begins a draft from a resolved request: its text, with neutral words for names, to be worked on."""
    try:
        source = await find(parts, caller, form.request)
    except Problem as problem:
        fault = {"pointer": "/request", "detail": N_("No request that you may see has this number.")}
        raise invalid([fault]) from problem
    practices.check_source(source, caller)
    messages = await practices.said_about(parts, source)
    content = practices.draft_of(source, messages, await practices.known_of(parts, source, messages))
    keys = {PRACTICES: [practices.practice_id(source["_id"])]}
    document = await once(
        sent,
        caller,
        parts.executor,
        keys,
        lambda work: known_document(practices.start(work, source, caller, content), caller),
    )
    return answer(document, 201, {"Location": f"/api/practices/{document['id']}"})


@routes.get("/{id}")
async def read_practice(id: str, caller: Anybody, parts: Here) -> Response:
    """One practice, by id or by the last part of its address; with its working copy for who works on it."""
    found = await readable_practice(parts, caller, id)
    return await shown(parts, caller, found)


@routes.patch("/{id}")
async def edit_practice(id: str, changes: PracticeChanges, caller: Writer, seen: IfMatch, parts: Here) -> Response:
    """Its author changes the fields that are sent. With If-Match: 412 if it changed meanwhile."""
    fields = changes.fields()
    found = await readable_practice(parts, caller, id)
    edited = await parts.executor.run(
        {PRACTICES: [found["_id"]]},
        lambda work: practices.edit(
            work, found["_id"], caller, fields, lambda known: seen.covers(version_tag(known["version"]))
        ),
    )
    return await shown(parts, caller, edited)


@routes.get("/{id}/editions", responses={404: {}})
async def list_editions(id: str, caller: Writer, parts: Here) -> Response:
    """Every edition that was ever published, the newest last."""
    found = await readable_practice(parts, caller, id)
    rows = await parts.stores.practices.editions(found["_id"])
    return answer({"items": [edition_document(row) for row in rows], "next_cursor": None})


async def readable_practice(parts: Parts, caller: Caller, key: str) -> Document:
    """The practice with this id or slug. Raises 404 for one that the caller may not see."""
    found = await parts.stores.practices.find(key)
    if found is None or not practices.readable(caller, found):
        raise not_found()
    return found


async def shown(parts: Parts, caller: Caller, practice: Document) -> Response:
    """The practice as it was read or stored."""
    return answer(await whole_practice(parts, practice, caller), headers={"ETag": version_tag(practice["version"])})
