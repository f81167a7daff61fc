"""Requests that may be alike, before their words are compared: a bounded number, always given by an index.

Of one body: those under way and the newest of the others. Of all bodies: those that hold the rarest words asked for.
"""

from collections.abc import Sequence
from datetime import datetime

from services.chassis.mongo import Database, Document
from services.chassis.transactions import Plain
from services.intake.domain.transitions import UNDER_WAY
from services.intake.store.scan import mark
from services.intake.store.search import ORDER, REQUESTS, Listed, Search

MOST = 100
"""Of each kind: documents from all times are read from the disk, and the answer is for somebody who is writing."""
SOLVED = ("resolved", "closed")
_FIELDS: Document = {
    "number": 1, "title": 1, "body": 1, "body_name": 1, "status": 1, "theme": 1, "tokens": 1, "submitted_at": 1,
    "lead": 1, "resolution.outcome": 1,
}  # fmt: skip
_OF_A_BODY = [("body", 1), ("status", 1), *ORDER]
_RAREST, _LOOKED_UP, _FREQUENT = 4, 6, 300


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
        """The newest solved ones of all bodies that hold one of the rarest of these words, the likeliest first."""

        def read(plain: Plain) -> list[Document]:
            found: dict[str, Document] = {}
            useful = 0
            for word in _rarest_first(plain, words[:_LOOKED_UP]):
                if useful == _RAREST:
                    break
                where = {"tokens": word, "status": {"$in": list(SOLVED)}}
                rows = plain[REQUESTS].find(
                    where, _FIELDS, sort=list(ORDER), hint=[("tokens", 1), *ORDER], limit=MOST // _RAREST
                )
                before = len(found)
                found.update((row["_id"], row) for row in rows)
                useful += len(found) > before
            return list(found.values())

        return await self._database.at_once(read)


def _newest(plain: Plain, where: Document, most: int) -> list[Document]:
    return list(plain[REQUESTS].find(where, _FIELDS, sort=list(ORDER), hint=_OF_A_BODY, limit=most))


def _rarest_first(plain: Plain, words: Sequence[str]) -> list[str]:
    """The words of which the fewest requests tell come first: how far back their newest few hundred reach says it."""

    def reach(word: str) -> float:
        place = mark(plain, Search([]), Listed({"tokens": word}, (("tokens", 1), *ORDER)), _FREQUENT, None)
        return place.at.timestamp() if place else 0.0

    return sorted(words, key=reach)
