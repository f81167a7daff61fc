"""Requests as they are found: by number, and by lists with the filters of the API, newest first unless asked.

Every list ends its index in `(submitted_at, _id)`, so that a page is read in order and begins where the last ended;
`scan` reads it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from contracts import vocabulary
from services.chassis.auth import Caller
from services.chassis.mongo import Database, Document, Index
from services.chassis.paging import cursor_of, moment, page_of, position, text
from services.chassis.together import Together
from services.chassis.transactions import Plain
from services.intake.domain.words import asked
from services.intake.store.scan import EFFORT, read
from services.intake.store.search import ORDER, REQUESTS, Place, Search, beyond
from services.intake.store.visibility import NOTHING, visible

INDEXES = (
    Index(REQUESTS, (("number", 1),), unique=True),
    Index(REQUESTS, ORDER),
    Index(REQUESTS, (("body", 1), ("status", 1), *ORDER)),
    *(
        Index(REQUESTS, ((field, 1), *ORDER))
        for field in ("body", "status", "lead", "theme", "procedure", "province", "tokens")
    ),
    # Few requests have co-experts. The planner sees of a text that it is greater than "", and not its type.
    Index(REQUESTS, (("co_experts", 1), *ORDER), partial={"co_experts": {"$gt": ""}}),
)
COUNT_CAP = 1000
_EFFORT_OF_COUNTING = 1_200
__all__ = ["COUNT_CAP", "INDEXES", "REQUESTS", "RequestQuery", "RequestStore", "Sort", "behind"]
Sort = Literal["newest", "oldest"]
Further = TypeVar("Further")


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

    def contradicts(self) -> bool:
        """Whether no request can match: its words say nothing, or its codes belong to different things."""
        if self.q and self.q.strip() and not asked(self.q):
            return True
        # In triage is what has no theme.
        procedure, body = vocabulary.procedure(self.procedure or ""), vocabulary.body(self.body or "")
        return bool(
            (self.theme and (self.statuses == ("triage",) or (procedure and procedure.theme != self.theme)))
            or (self.province and body and body.province != self.province)
        )


class RequestStore:
    """Reads requests; they are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_id: Together[str, Document] = Together(self._those)

    async def by_number(self, number: str) -> Document | None:
        """The request with this number, whoever may see it."""
        return await self._database.at_once(lambda plain: with_number(plain, number))

    async def ids_of(self, numbers: Iterable[str]) -> list[tuple[str, str | None]]:
        """Each of these numbers once, in their order, with the id of its request; None where there is none."""
        wanted = list(dict.fromkeys(numbers))
        found = await self._database.find(REQUESTS, {"number": {"$in": wanted}}, {"number": 1}) if wanted else []
        id_of = {row["number"]: row["_id"] for row in found}
        return [(number, id_of.get(number)) for number in wanted]

    async def by_id(self, id: str) -> Document | None:
        """A request, whoever may see it; many that are asked for at once are read together."""
        return (await self._by_id.of((id,))).get(id)

    async def _those(self, ids: list[str]) -> dict[str, Document]:
        return {row["_id"]: row for row in await self.by_ids(ids)}

    async def by_ids(self, ids: Iterable[str]) -> list[Document]:
        """Those of these requests that exist, whoever may see them."""
        return await self._database.by_ids(REQUESTS, ids)

    async def page(
        self, caller: Caller, query: RequestQuery, limit: int, cursor: str | None = None
    ) -> tuple[list[Document], str | None]:
        """One page of what the caller may see, and the cursor of the next one. Raises 422 for a foreign cursor.

        A page can be shorter than `limit`, even empty, and yet have a next one: where parts of the filter hardly meet,
        the search stops for a while (see `scan`). The list ends where no cursor is given.
        """
        rows, following, _ = await self.page_and(caller, query, limit, cursor, lambda plain, rows: None)
        return rows, following

    async def page_and(
        self,
        caller: Caller,
        query: RequestQuery,
        limit: int,
        cursor: str | None,
        further: Callable[[Plain, list[Document]], Further],
    ) -> tuple[list[Document], str | None, Further]:
        """The same with something else that is read for the page, in the same step: see `Database.at_once`."""
        search = _search(caller, query, cursor)

        def steps(plain: Plain) -> tuple[list[Document], str | None, Further]:
            rows, following = _page(plain, search, limit) if search else ([], None)
            return rows, following, further(plain, rows)

        return await self._database.at_once(steps)

    async def count(self, caller: Caller, query: RequestQuery) -> tuple[int, bool]:
        """How many the caller may see, at most `COUNT_CAP`, and whether there are more, or may be."""
        search = _search(caller, query, None)
        if search is None:
            return 0, False
        rows, place = await self._database.at_once(
            lambda plain: read(plain, search, COUNT_CAP + 1, {"submitted_at": 1}, _EFFORT_OF_COUNTING)
        )
        return min(len(rows), COUNT_CAP), place is not None or len(rows) > COUNT_CAP


def _page(plain: Plain, search: Search, limit: int) -> tuple[list[Document], str | None]:
    rows, place = read(plain, search, limit + 1, {"tokens": 0}, EFFORT)
    if place is not None:
        return rows, cursor_of({"submitted_at": place.at, "_id": place.id}, "submitted_at", "_id")
    return page_of(rows, limit, "submitted_at", "_id")


def _search(caller: Caller, query: RequestQuery, cursor: str | None) -> Search | None:
    """What is looked for; None when nothing can be found."""
    allowed = visible(caller)
    if allowed == NOTHING or query.contradicts():
        return None
    after = Place(*position(cursor, moment, text)) if cursor else None
    return Search([part for part in (allowed, *_filters(query)) if part], query.sort == "newest", after)


def with_number(plain: Plain, number: str) -> Document | None:
    """The same as a step of several."""
    return plain[REQUESTS].find_one({"number": number}, {"tokens": 0})


def with_ids(plain: Plain, ids: Iterable[str]) -> list[Document]:
    """Those of these requests that exist."""
    return list(plain[REQUESTS].find({"_id": {"$in": list(ids)}}, {"tokens": 0}))


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
        filters.append({"tokens": {"$all": asked(query.q)}})
    return filters


def behind(cursor: str, field: str = "submitted_at", *, descending: bool = True) -> Document:
    """The filter for what comes after a cursor of this time and the id. Raises 422 for one that is none of ours."""
    return beyond(Place(*position(cursor, moment, text)), descending, field)
