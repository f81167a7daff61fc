"""The text of every version of the rules that ever decided: a decision names its version, and is kept for years."""

from collections.abc import Callable, Iterable
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
        """The rules in force, once their text is stored. Costs nothing from the second time on.

        A text that decides again after another one of its version is stored again, from that day on.
        """
        rules, text = book.edition
        id = f"{rules.version}@{sha256(text.encode()).hexdigest()[:16]}"
        if id not in self._kept:
            since, latest = self._now(), await self._latest(rules.version)
            row = {
                "version": rules.version,
                "since": since,
                "text": text,
                "weights": rules.weights_of(None),
                "themes": {code: rules.weights_of(code) for code in rules.themes},
            }
            if latest is None or latest["text"] != text:
                again = f"{id}@{since.isoformat()}" if latest else id
                await self._database[RULES].update_one({"_id": again}, {"$setOnInsert": row}, upsert=True)
            self._kept = {id}
        return rules

    async def _latest(self, version: str) -> Document | None:
        found = await self._database.find(RULES, {"version": version}, sort=[("since", -1)], limit=1)
        return found[0] if found else None

    async def of(self, decisions: Iterable[Document]) -> dict[str, Document | None]:
        """Decision -> the rules of its version as they were then: somebody may have changed them and not the version.
        One question for all decisions.
        """
        made = list(decisions)
        versions = {"version": {"$in": sorted({one["rules_version"] for one in made})}}
        latest_first = await self._database.find(RULES, versions, sort=[("since", -1)])
        return {one["_id"]: next((rules for rules in latest_first if _decided(rules, one)), None) for one in made}

    async def all(self) -> list[Document]:
        """All versions, the latest first."""
        return await self._database.find(RULES, {}, None, [("since", -1)], _MOST)


def _decided(rules: Document, made: Document) -> bool:
    return bool(rules["version"] == made["rules_version"] and rules["since"] <= made["at"])
