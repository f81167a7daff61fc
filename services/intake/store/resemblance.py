"""Requests that may be alike, before their words are compared: a bounded number, always given by an index.

Of one body: those under way and the newest of the others. Of all bodies: those that hold most of the words asked for,
a rare word counting more than a frequent one. Which they are is read from the index alone: the newest entries of each
word, whose reach into the past says at once how rare it is. Only the best are then read as documents.
"""

import math
from collections.abc import Sequence
from datetime import datetime

from services.chassis.mongo import Database, Document
from services.chassis.transactions import Plain
from services.intake.domain.transitions import UNDER_WAY
from services.intake.store.search import ORDER, REQUESTS

MOST = 80
"""Of each kind: documents from all times are read from the disk, and the answer is for somebody who is writing."""
SOLVED = ("resolved", "closed")
_FIELDS: Document = {
    "number": 1, "title": 1, "body": 1, "body_name": 1, "status": 1, "theme": 1, "tokens": 1, "submitted_at": 1,
    "lead": 1, "co_experts": 1, "resolution.outcome": 1,
}  # fmt: skip
_OF_A_BODY = [("body", 1), ("status", 1), *ORDER]
_OF_A_WORD = [("tokens", 1), *ORDER]
_LOOKED_UP, _ENTRIES, _LIKELIEST = 8, 150, 50
"""Words, the newest requests of each that are considered, and those of them that are read."""
_EVER = 20_000
"""Days."""


class ResemblanceStore:
    """Reads candidates."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def under_way(self, body: str, since: datetime) -> list[Document]:
        """The body's requests that are under way, and those that ended since then; newest first of each."""

        def read(plain: Plain) -> list[Document]:
            half = MOST // 2
            now = _newest(plain, {"body": body, "status": {"$in": list(UNDER_WAY)}}, half)
            lately = {"body": body, "status": {"$in": list(SOLVED)}, "submitted_at": {"$gte": since}}
            return now + _newest(plain, lately, half)

        return await self._database.at_once(read)

    async def solved(self, bodies: Sequence[str]) -> list[Document]:
        """The newest solved ones of these bodies."""
        where = {"body": {"$in": list(bodies)[:50]}, "status": {"$in": list(SOLVED)}}
        return await self._database.at_once(lambda plain: _newest(plain, where, MOST))

    async def solved_anywhere(self, words: Sequence[str]) -> list[Document]:
        """Solved ones of all bodies that hold the most and the rarest of the first of these words, likeliest first."""

        def read(plain: Plain) -> list[Document]:
            wanted = _likeliest(plain, words[:_LOOKED_UP])
            where = {"_id": {"$in": wanted}, "status": {"$in": list(SOLVED)}}
            found = (
                {row["_id"]: row for row in plain[REQUESTS].find(where, _FIELDS, limit=_LIKELIEST)} if wanted else {}
            )
            return [found[id] for id in wanted if id in found]

        return await self._database.at_once(read)


def _newest(plain: Plain, where: Document, most: int) -> list[Document]:
    return list(plain[REQUESTS].find(where, _FIELDS, sort=list(ORDER), hint=_OF_A_BODY, limit=most))


def _likeliest(plain: Plain, words: Sequence[str]) -> list[str]:
    """The requests that hold most of these words, as far as the newest of each word tell; from the index alone."""
    scores: dict[str, float] = {}
    place: dict[str, datetime] = {}
    for word in words:
        # In one answer: the first of several holds 101 entries.
        rows = plain[REQUESTS].find(
            {"tokens": word}, {"submitted_at": 1}, 0, _ENTRIES, sort=list(ORDER), hint=_OF_A_WORD, batch_size=_ENTRIES
        )
        entries = [(row["_id"], row["submitted_at"]) for row in rows]
        rarity = _rarity(entries)
        for id, at in entries:
            scores[id] = scores.get(id, 0.0) + rarity
            place[id] = at
    return sorted(scores, key=lambda id: (scores[id], place[id], id), reverse=True)[:_LIKELIEST]


def _rarity(entries: Sequence[tuple[str, datetime]]) -> float:
    """By the time in which so many requests held a word; of one that fewer hold, as if that were since ever."""
    if len(entries) < _ENTRIES:
        return math.log1p(_EVER)
    return math.log1p((entries[0][1] - entries[-1][1]).total_seconds() / 86_400)
