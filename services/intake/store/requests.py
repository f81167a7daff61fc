"""Requests as they are found: by number, and by lists with the filters of the API, newest first unless asked.

Every list ends its index in `(submitted_at, _id)`, so that a page is read in order and begins where the last ended.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.chassis.auth import Caller
from services.chassis.mongo import Database, Document, Index
from services.chassis.paging import moment, page_of, position, text
from services.intake.domain.texts import stems
from services.intake.store.visibility import visible

REQUESTS = "requests"
_ORDER = (("submitted_at", -1), ("_id", -1))
INDEXES = (
    Index(REQUESTS, (("number", 1),), unique=True),
    Index(REQUESTS, _ORDER),
    *(
        Index(REQUESTS, ((field, 1), *_ORDER))
        for field in ("body", "status", "lead", "theme", "procedure", "province", "tokens")
    ),
    # Few requests have co-experts. The planner sees of a text that it is greater than "", and not its type.
    Index(REQUESTS, (("co_experts", 1), *_ORDER), partial={"co_experts": {"$gt": ""}}),
)
COUNT_CAP = 1000
Sort = Literal["newest", "oldest"]


@dataclass(frozen=True)
class RequestQuery:
    """What a list is narrowed to; None does not narrow. `assigned`: with or without somebody who works on it.

    q: full text in Italian; every word must occur. since, until: first moment, and the moment after the last.
    """

    statuses: tuple[str, ...] = ()
    theme: str | None = None
    procedure: str | None = None
    province: str | None = None
    body: str | None = None
    kind: str | None = None
    assigned: bool | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    lead: str | None = None
    sort: Sort = "newest"


class RequestStore:
    """Reads requests; they are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_number(self, number: str) -> Document | None:
        """The request with this number, whoever may see it."""
        found = await self._database.find(REQUESTS, {"number": number}, {"tokens": 0}, limit=1)
        return found[0] if found else None

    async def by_ids(self, ids: Iterable[str]) -> list[Document]:
        """Those of these requests that exist, whoever may see them."""
        return await self._database.by_ids(REQUESTS, ids)

    async def page(
        self, caller: Caller, query: RequestQuery, limit: int, cursor: str | None = None
    ) -> tuple[list[Document], str | None]:
        """One page of what the caller may see, and the cursor of the next one. Raises 422 for a foreign cursor."""
        descending = query.sort == "newest"
        filters = [visible(caller), *_filters(query)]
        if cursor:
            filters.append(behind(cursor, descending=descending))
        wanted = [part for part in filters if part]
        direction = -1 if descending else 1
        rows = await self._database.find(
            REQUESTS,
            {"$and": wanted} if wanted else {},
            {"tokens": 0},
            [("submitted_at", direction), ("_id", direction)],
            limit + 1,
        )
        return page_of(rows, limit, "submitted_at", "_id")

    async def count(self, caller: Caller, query: RequestQuery) -> int:
        """How many the caller may see, at most `COUNT_CAP` + 1, which means more than `COUNT_CAP`."""
        wanted = [part for part in (visible(caller), *_filters(query)) if part]
        where = {"$and": wanted} if wanted else {}
        return await self._database[REQUESTS].count_documents(where, limit=COUNT_CAP + 1)


def _filters(query: RequestQuery) -> list[Document]:
    exact = ("theme", "procedure", "province", "body", "kind", "lead")
    filters: list[Document] = [{name: value} for name in exact if (value := getattr(query, name)) is not None]
    if query.statuses:
        one = len(query.statuses) == 1
        filters.append({"status": query.statuses[0] if one else {"$in": list(query.statuses)}})
    if query.assigned is not None:
        filters.append({"lead": {"$ne": None} if query.assigned else None})
    if query.since or query.until:
        span = {"$gte": query.since, "$lt": query.until}
        filters.append({"submitted_at": {name: at for name, at in span.items() if at}})
    if query.q and query.q.strip():
        filters.append({"tokens": {"$all": list(dict.fromkeys(stems(query.q)))[:12] or [""]}})
    return filters


def behind(cursor: str, field: str = "submitted_at", *, descending: bool = True) -> Document:
    """The filter for what comes after a cursor of this time and the id. Raises 422 for one that is none of ours."""
    at, id = position(cursor, moment, text)
    # A range for the index, less the rows of that very moment that were shown.
    beyond, shown = ("$lte", "$gte") if descending else ("$gte", "$lte")
    return {field: {beyond: at}, "$nor": [{field: at, "_id": {shown: id}}]}
