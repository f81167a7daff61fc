"""Good practices: what is worked on and what everybody reads stand in one document, its editions beside it.

`practices`: the working copy with its state, and under `published` the edition that readers see (`listed`: they do).
`practice_editions`: every edition that was ever published; they stay.  `practice_votes`: one for each reader.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.chassis.mongo import Database, Document, Index
from services.chassis.paging import page_of
from services.chassis.transactions import Plain
from services.intake.domain.texts import stems
from services.intake.store.requests import behind

PRACTICES, EDITIONS, VOTES = "practices", "practice_editions", "practice_votes"
_NEWEST = (("published_at", -1), ("_id", -1))
_CHANGED = (("updated_at", -1), ("_id", -1))
_OF_A_WORD = (("listed", 1), ("tokens", 1), *_NEWEST)
INDEXES = (
    Index(PRACTICES, (("slug", 1),), unique=True, partial={"slug": {"$gt": ""}}),
    Index(PRACTICES, (("listed", 1), *_NEWEST)),
    Index(PRACTICES, (("listed", 1), ("published.themes", 1), *_NEWEST)),
    Index(PRACTICES, (("listed", 1), ("published.procedure", 1), *_NEWEST)),
    Index(PRACTICES, _OF_A_WORD),
    Index(PRACTICES, _CHANGED),
    Index(PRACTICES, (("state", 1), *_CHANGED)),
    Index(PRACTICES, (("author", 1), *_CHANGED)),
    Index(EDITIONS, (("practice", 1), ("edition", 1))),
    Index(VOTES, (("practice", 1), ("helpful", 1))),
)
_LOOKED_UP, _ENTRIES, _LIKELIEST = 30, 150, 60
"""Words, the newest practices of each that are considered, and those of them that are read."""


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

    async def candidates(self, words: Sequence[str]) -> list[Document]:
        """Published practices that hold the most and the rarest of these stems: `tokens` and `published.themes` alone.

        Which they are is read from the index; a limited number are then read, whenever they were published.
        """

        def read(plain: Plain) -> list[Document]:
            where = {"_id": {"$in": _likeliest(plain, words)}, "listed": True}
            return list(plain[PRACTICES].find(where, {"tokens": 1, "published.themes": 1}, limit=_LIKELIEST))

        return await self._database.at_once(read)

    async def published_as(self, ids: Sequence[str]) -> list[Document]:
        """Those of these practices that have readers, in this order."""
        found = await self._database.find(PRACTICES, {"_id": {"$in": list(ids)}, "listed": True}, {"tokens": 0})
        by_id = {row["_id"]: row for row in found}
        return [by_id[id] for id in ids if id in by_id]

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


def _likeliest(plain: Plain, words: Sequence[str]) -> list[str]:
    """Those that hold most of these words, of which the long ones are seldom frequent; from the index alone."""
    scores: dict[str, float] = {}
    for word in sorted(words, key=lambda word: (-len(word), word))[:_LOOKED_UP]:
        rows = plain[PRACTICES].find(
            {"listed": True, "tokens": word},
            {"_id": 1},
            0,
            _ENTRIES,
            sort=list(_NEWEST),
            hint=list(_OF_A_WORD),
            batch_size=_ENTRIES,
        )
        ids = [row["_id"] for row in rows]
        for id in ids:
            scores[id] = scores.get(id, 0.0) + math.log1p(_ENTRIES / len(ids))
    return sorted(scores, key=lambda id: (-scores[id], id))[:_LIKELIEST]


def _listed(query: PracticeQuery) -> Document:
    where: Document = {"listed": True}
    if query.theme:
        where["published.themes"] = query.theme
    if query.procedure:
        where["published.procedure"] = query.procedure
    if query.q and query.q.strip():
        where["tokens"] = {"$all": list(dict.fromkeys(stems(query.q)))[:12] or [""]}
    return where
