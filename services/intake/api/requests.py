"""`/api/requests`: submitting, reading, listing and speaking about requests."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from contracts import vocabulary
from contracts.envelope import Id
from contracts.requests import Kind, RequestStatus
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_, ROME
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.chassis.paging import Cursor, Limit
from services.chassis.problems import invalid
from services.chassis.transactions import Plain
from services.chassis.work import Work
from services.intake.api.answers import (
    People,
    answer,
    deadline_documents,
    message_document,
    parts_of,
    request_document,
    tag,
    whole_document,
)
from services.intake.api.code_filters import EmptyNarrowsNothing, ProcedureFilter, ProvinceFilter, ThemeFilter
from services.intake.api.commands import Message
from services.intake.api.request_models import ListedRequests, RequestWithHistory, SubmittedRequest
from services.intake.handlers import conversation, drafts
from services.intake.handlers.deadlines import deadlines_of
from services.intake.handlers.late_replies import check_timely
from services.intake.handlers.parts import Parts, find
from services.intake.handlers.quotas import Meter
from services.intake.handlers.reading import read
from services.intake.handlers.subjects import unknown
from services.intake.handlers.submission import NewRequest, prepare, submit
from services.intake.store.drafts import DRAFTS
from services.intake.store.persons import known
from services.intake.store.requests import REQUESTS, RequestQuery, Sort
from services.intake.store.visibility import sees_search

routes = APIRouter(prefix="/api/requests", tags=["requests"])
Here = Annotated[Parts, Depends(parts_of)]
Sender = Annotated[Caller, Depends(allow("official", "representative", "front_end", "coordinator", "secretariat"))]
Reader = Annotated[
    Caller,
    Depends(allow("official", "representative", "front_end", "expert", "coordinator", "secretariat", "monitor")),
]
Speaker = Annotated[
    Caller, Depends(allow("official", "representative", "front_end", "expert", "coordinator", "secretariat"))
]

Draft = Annotated[Id | None, Query(description="The caller's draft that this request was; it is deleted with it.")]


@routes.post("", status_code=201, response_model=SubmittedRequest)
async def submit_request(
    sent: Repeatable, form: NewRequest, caller: Sender, parts: Here, draft: Draft = None
) -> Response:
    """Asks for technical or legal assistance in the name of a body."""
    async with Meter(parts, caller).one() as made:
        # Within: what the quota refuses takes no number.
        submission = await prepare(parts, caller, form, "api")
        keys = {**submission.needs(), **({DRAFTS: [draft]} if draft else {})}

        def decide(work: Work) -> dict[str, Any]:
            if draft:
                drafts.end(work, caller, draft)
            asked = submit(work, submission)
            deadlines = deadline_documents(deadlines_of(asked, (), (), work.now))
            return request_document(asked) | {"deadlines": deadlines}

        document = await once(sent, caller, parts.executor, keys, decide)
        if document["id"] != submission.id:
            made.clear()  # Sent before, and counted then.
    return answer(document, 201, {"Location": f"/api/requests/{document['number']}"})


@routes.get("", response_model=ListedRequests)
async def list_requests(
    caller: Reader,
    parts: Here,
    theme: ThemeFilter,
    procedure: ProcedureFilter,
    province: ProvinceFilter,
    status: Annotated[list[RequestStatus] | None, Query(), EmptyNarrowsNothing] = None,
    body: str | None = None,
    kind: Annotated[Kind | None, EmptyNarrowsNothing] = None,
    assigned: Annotated[Literal["true", "false", "me"] | None, EmptyNarrowsNothing] = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    since: Annotated[str | None, Query(alias="from")] = None,
    until: Annotated[str | None, Query(alias="to")] = None,
    sort: Sort = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The requests that the caller may see, narrowed by the filters.

    An unknown code is refused, with those that there are in `allowed_values`. `deadlines` of an item are those that
    were told as near, missed or corrected; each request itself names all of them. A page may be shorter than `limit`,
    even empty, and have a next one: the list ends where `next_cursor` is null.
    """
    query = RequestQuery(
        statuses=tuple(status or ()),
        theme=theme,
        procedure=procedure,
        province=province,
        body=_body(body) if body else None,
        kind=kind,
        assigned={"true": True, "false": False}.get(assigned or ""),
        lead=caller.id if assigned == "me" else None,
        q=q,
        since=_moment("from", since),
        until=_moment("to", until, end=True),
        sort=sort,
    )

    def leads(plain: Plain, rows: list[Document]) -> People:
        return {person["_id"]: person for person in known(plain, {row["lead"] for row in rows if row["lead"]})}

    found, next_cursor, people = await parts.stores.requests.page_and(caller, query, limit, cursor, leads)
    items = [request_document(row, people, sees_search(caller, row)) for row in found]
    return answer({"items": items, "next_cursor": next_cursor})


@routes.get("/{number}", response_model=RequestWithHistory)
async def read_request(number: str, caller: Reader, parts: Here) -> Response:
    """One request: its state, conversation and timeline, who handles it, its deadlines."""
    found = await read(parts, caller, number)
    return answer(whole_document(found), headers={"ETag": tag(found.request)})


@routes.post("/{number}/messages", status_code=201)
async def post_message(sent: Repeatable, number: str, form: Message, caller: Speaker, parts: Here) -> Response:
    """Writes in the conversation; the requester's message answers an open question."""
    found = await find(parts, caller, number)
    check_timely(parts, found, caller)
    id: str = found["_id"]
    document = await once(
        sent,
        caller,
        parts.executor,
        {REQUESTS: [id]},
        lambda work: message_document(
            conversation.post_message(work, id, caller, form.text, form.visibility, channel="api")
        ),
    )
    return answer(document, 201, {"Location": f"/api/requests/{number}#{document['id']}"})


def _body(code: str) -> str:
    body = vocabulary.body(code)
    if body is None:
        fault = N_("No body has this ISTAT or IPA code.")
        raise unknown("/query/body", fault, vocabulary.nearest(code, "body"))
    return body.code


def _moment(name: str, text: str | None, end: bool = False) -> datetime | None:
    """A moment, or a day in Rome: its beginning, or its end for the upper limit."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == 10:
            day = moment.date() + timedelta(days=1 if end else 0)
            return datetime.combine(day, time(), ROME).astimezone(UTC)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        fault = N_("A day such as 2026-03-28, or a moment such as 2026-03-28T18:00:00Z, is needed.")
        raise invalid([{"pointer": f"/query/{name}", "detail": fault}]) from error
