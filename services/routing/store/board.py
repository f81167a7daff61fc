"""What coordinators ask about many requests at once: counts from the indexes alone, lists in the order of service.

`themes` is what the reader directs, None for all of them; a request without a theme belongs to who directs all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.vocabulary import provinces
from contracts.vocabulary import themes as every_theme
from services.chassis.mongo import Database, Document
from services.routing.domain import ACTIVE
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS
from services.routing.store.reading import QUEUES

_SERVED = [("precedence", 1), ("_id", 1)]
_BY_THEME_AND_PROVINCE = [("queue", 1), ("theme", 1), ("province", 1), *_SERVED]
_BY_FORCE_AND_PROVINCE = [("active", 1), ("task_force", 1), ("province", 1), ("status", 1), ("_id", 1)]
_MOST_HELD = 500
Themes = Sequence[str] | None


@dataclass(frozen=True)
class Count:
    """So many open requests of a theme in a province; state: a queue, `offered` or `accepted`."""

    theme: str | None
    province: str
    state: str
    n: int


class BoardStore:
    """The questions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, themes: Themes) -> list[Count]:
        """Open requests by theme, province and state. Reads two indexes and no document."""
        waiting = await self._counted(CASES, waiting_pipeline(themes), _BY_THEME_AND_PROVINCE)
        in_hand = await self._counted(ASSIGNMENTS, in_hand_pipeline(themes), _BY_FORCE_AND_PROVINCE)
        return [*waiting, *in_hand]

    async def queue(
        self, themes: Themes, province: str | None, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[Document]:
        """Requests without an expert, those to be served first ahead; one more than `limit` if there are more."""
        query = queue_query(themes, province)
        if after is not None:
            at, id = after
            query |= {"precedence": {"$gte": at}, "$nor": [{"precedence": at, "_id": {"$lte": id}}]}
        rows = self._database[CASES].find(query).sort(_SERVED).hint(queue_index(query)).limit(limit + 1)
        return [row async for row in rows]

    async def in_hand(self, themes: Sequence[str], province: str | None, limit: int) -> list[Document]:
        """Requests that an expert was asked for or works on, those asked longest ago ahead."""
        rows = self._database[ASSIGNMENTS].find(in_hand_query(themes, province)).sort("_id", 1)
        return [row async for row in rows.hint(_BY_FORCE_AND_PROVINCE).limit(limit)]

    async def held_by(self, expert: str) -> list[Document]:
        """The assignments that take an expert's places, oldest first."""
        rows = await self._database.find(
            ASSIGNMENTS, {"people": expert, "status": {"$in": sorted(ACTIVE)}}, sort=[("_id", 1)], limit=_MOST_HELD
        )
        return [row for row in rows if row["expert"] == expert]

    async def cases(self, numbers: Iterable[str]) -> list[Document]:
        """The cases with these numbers."""
        return await self._database.find(CASES, {"number": {"$in": sorted(set(numbers))}})

    async def helpers(self, assignments: Iterable[str]) -> set[str]:
        """Who helps the leads of these assignments."""
        return {id for row in await self._database.by_ids(ASSIGNMENTS, assignments) for id in row["co_experts"]}

    async def one(self, collection: str, id: str) -> Document | None:
        """A document by id."""
        found = await self._database.by_ids(collection, [id])
        return found[0] if found else None

    async def by_ids(self, collection: str, ids: Iterable[str]) -> list[Document]:
        """Those of these documents that exist."""
        return await self._database.by_ids(collection, ids)

    async def experts(self, task_forces: Themes, limit: int) -> list[tuple[Document, int]]:
        """Profiles of these task forces, each with the places taken; newest first."""
        query: Document = {} if task_forces is None else {"task_forces": {"$in": list(task_forces)}}
        rows = await self._database.find(EXPERTS, query, sort=[("_id", -1)], limit=limit)
        held = await self.held([row["_id"] for row in rows])
        return [(row, held.get(row["_id"], 0)) for row in rows]

    async def held(self, experts: Sequence[str]) -> dict[str, int]:
        """Expert -> places taken."""
        rows = await self._database.find(LOADS, {"_id": {"$in": list(experts)}}, {"held": {"$size": "$held"}})
        return {row["_id"]: row["held"] for row in rows}

    async def _counted(self, collection: str, pipeline: list[Document], index: list[tuple[str, int]]) -> list[Count]:
        rows = self._database[collection].aggregate(pipeline, hint=dict(index))
        return [Count(**row["_id"], n=row["n"]) async for row in rows]


def waiting_pipeline(themes: Themes) -> list[Document]:
    """Who waits, counted."""
    group: dict[str, Any] = {"theme": "$theme", "province": "$province", "state": "$queue"}
    narrowed: Document = {} if themes is None else {"theme": {"$in": list(themes)}}
    return [
        {"$match": {"queue": {"$in": list(QUEUES)}} | narrowed},
        {"$group": {"_id": group, "n": {"$sum": 1}}},
    ]


def in_hand_pipeline(themes: Themes) -> list[Document]:
    """What experts have in hand, counted."""
    group = {"theme": "$task_force", "province": "$province", "state": "$status"}
    narrowed: Document = {} if themes is None else {"task_force": {"$in": list(themes)}}
    return [{"$match": {"active": True} | narrowed}, {"$group": {"_id": group, "n": {"$sum": 1}}}]


def queue_query(themes: Themes, province: str | None) -> Document:
    """Who waits, in one province or everywhere. A province needs the themes, too: its index begins with them."""
    query: Document = {"queue": {"$in": list(QUEUES)}}
    wanted = [*(theme.code for theme in every_theme()), None] if themes is None and province else themes
    query |= {} if wanted is None else {"theme": {"$in": list(wanted)}}
    return query | ({"province": province} if province else {})


def queue_index(query: Document) -> list[tuple[str, int]]:
    """The index that gives such a list in order, without sorting."""
    if "province" in query:
        return _BY_THEME_AND_PROVINCE
    return [("queue", 1), *([("theme", 1)] if "theme" in query else []), *_SERVED]


def in_hand_query(themes: Sequence[str], province: str | None) -> Document:
    """What experts have in hand. Every key of the index is named: the lists of each are merged in order."""
    where = [province] if province else [place.sigla for place in provinces()]
    return {
        "active": True,
        "task_force": {"$in": list(themes)},
        "province": {"$in": where},
        "status": {"$in": sorted(ACTIVE)},
    }
