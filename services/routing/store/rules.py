"""The text of every version of the rules that ever decided: a decision names its version, and is kept for years."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from services.chassis.mongo import Database, Document
from services.routing.rules import Rulebook, Rules

RULES = "rules"
_MOST = 200


class RulesHistory:
    """Kept before the rules decide for the first time, so no decision can name a version that nobody can read."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._kept: set[str] = set()

    async def kept(self, book: Rulebook) -> Rules:
        """The rules in force, once their text is stored. Costs nothing from the second time on."""
        rules, text = book.edition
        id = f"{rules.version}@{sha256(text.encode()).hexdigest()[:16]}"
        if id not in self._kept:
            row = {
                "version": rules.version,
                "since": self._now(),
                "text": text,
                "weights": rules.weights_of(None),
                "themes": {code: rules.weights_of(code) for code in rules.themes},
            }
            await self._database[RULES].update_one({"_id": id}, {"$setOnInsert": row}, upsert=True)
            self._kept.add(id)
        return rules

    async def of(self, version: str, at: datetime) -> Document | None:
        """The rules of a version as they were at that moment: somebody may have changed them and not the version."""
        query = {"version": version, "since": {"$lte": at}}
        return await self._database[RULES].find_one(query, sort=[("since", -1)])

    async def all(self) -> list[Document]:
        """All versions, the latest first."""
        return await self._database.find(RULES, {}, None, [("since", -1)], _MOST)
