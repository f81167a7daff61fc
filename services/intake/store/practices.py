"""Good practices: what is worked on and what everybody reads stand in one document, its editions beside it.

`practices`: the working copy with its state, and under `published` the edition that readers see (`listed`: they do).
`practice_editions`: every edition that was ever published; they stay.  `practice_votes`: one for each reader.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from services.chassis.mongo import Database, Document, Index
from services.chassis.paging import page_of
from services.intake.domain.texts import stems
from services.intake.store.requests import behind

PRACTICES, EDITIONS, VOTES = "practices", "practice_editions", "practice_votes"
_NEWEST = (("published_at", -1), ("_id", -1))
_CHANGED = (("updated_at", -1), ("_id", -1))
INDEXES = (
    Index(PRACTICES, (("slug", 1),), unique=True, partial={"slug": {"$gt": ""}}),
    Index(PRACTICES, (("listed", 1), *_NEWEST)),
    Index(PRACTICES, (("listed", 1), ("published.themes", 1), *_NEWEST)),
    Index(PRACTICES, (("listed", 1), ("published.procedure", 1), *_NEWEST)),
    Index(PRACTICES, (("listed", 1), ("tokens", 1), *_NEWEST)),
    Index(PRACTICES, _CHANGED),
    Index(PRACTICES, (("state", 1), *_CHANGED)),
    Index(PRACTICES, (("author", 1), *_CHANGED)),
    Index(EDITIONS, (("practice", 1), ("edition", 1))),
    Index(VOTES, (("practice", 1), ("helpful", 1))),
)
_MOST_CANDIDATES = 200


@dataclass(frozen=True)
class PracticeQuery:
    """What the list for everybody is narrowed to; None does not narrow. q: every word must occur."""

    q: str | None = None
    theme: str | None = None
    procedure: str | None = None


class PracticeStore:
    """Reads practices; they are written by handlers through their Work."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key: str) -> Document | None:
        """The practice with this id or slug, in whatever state."""
        found = await self._database.by_ids(PRACTICES, [key])
        return found[0] if found else await self._database[PRACTICES].find_one({"slug": key})

    async def by_ids(self, ids: Iterable[str]) -> list[Document]:
        """Those of these practices that are known, in any order."""
        return await self._database.by_ids(PRACTICES, list(ids))

    async def published(
        self, query: PracticeQuery, limit: int, cursor: str | None = None
    ) -> tuple[list[Document], str | None]:
        """One page of what everybody reads, newest first, and the cursor of the next. Raises 422 for a foreign one."""
        where = _listed(query) | (behind(cursor, "published_at") if cursor else {})
        rows = await self._database.find(PRACTICES, where, {"tokens": 0}, _NEWEST, limit + 1)
        return page_of(rows, limit, "published_at", "_id")

    async def worked_on(
        self, where: Document, limit: int, cursor: str | None = None
    ) -> tuple[list[Document], str | None]:
        """One page of working copies, last changed first. where: those that the caller may see, of which state."""
        wanted = {"$and": [where, behind(cursor, "updated_at")]} if cursor else where
        rows = await self._database.find(PRACTICES, wanted, {"tokens": 0}, _CHANGED, limit + 1)
        return page_of(rows, limit, "updated_at", "_id")

    async def candidates(self, words: Iterable[str]) -> list[Document]:
        """Published practices with one of these stems, the newest first, a limited number."""
        where = {"listed": True, "tokens": {"$in": list(words)}}
        return await self._database.find(PRACTICES, where, sort=_NEWEST, limit=_MOST_CANDIDATES)

    async def editions(self, practice: str) -> list[Document]:
        """All published editions of a practice, the first one first."""
        return await self._database.find(EDITIONS, {"practice": practice}, sort=[("edition", 1)], limit=1000)

    async def votes(self, practice: str) -> tuple[int, int]:
        """How many readers found it helpful, and how many did not."""
        counted = self._database[VOTES].count_documents
        return await counted({"practice": practice, "helpful": True}), await counted(
            {"practice": practice, "helpful": False}
        )

    async def vote(self, id: str) -> bool | None:
        """What the vote with this id says, None if there is none."""
        found = await self._database.by_ids(VOTES, [id])
        return bool(found[0]["helpful"]) if found else None


def _listed(query: PracticeQuery) -> Document:
    where: Document = {"listed": True}
    if query.theme:
        where["published.themes"] = query.theme
    if query.procedure:
        where["published.procedure"] = query.procedure
    if query.q and query.q.strip():
        where["tokens"] = {"$all": list(dict.fromkeys(stems(query.q)))[:12] or [""]}
    return where
