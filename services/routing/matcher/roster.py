"""What the matcher remembers of the experts between two waves, as columns.

An economy, not a truth: an offer is made only when the expert's documents are as remembered (`handlers.matching`). It
follows the checks that every freed place and every changed profile leaves, and what its own waves took; it is read
anew as a whole once a minute, when the rules change, and when this process has not been the matcher for a while.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from services.chassis.mongo import Database, Document
from services.routing.criteria import Experts
from services.routing.domain import Expert
from services.routing.handlers import experts
from services.routing.rules import Rules
from services.routing.store import EXPERTS, LOADS
from services.routing.store.waiting import Waiting

_AGE = timedelta(seconds=60)
_AWAY_SECONDS = 1.5
"""The job of the matcher runs twice a second at least while its process holds the lease."""


class Roster:
    """The experts as last seen."""

    def __init__(self, database: Database, waiting: Waiting) -> None:
        self._database = database
        self._waiting = waiting
        self._profiles: dict[str, Document] = {}
        self._loads: dict[str, Document] = {}
        self._known: dict[str, Expert] = {}
        self._columns: Experts | None = None
        self._read: datetime | None = None
        self._rules: Rules | None = None
        self._used = 0.0

    def forget(self) -> None:
        """What is remembered is not to be trusted any more."""
        self._read = None

    async def ready(self, now: datetime, rules: Rules, changed: Iterable[str]) -> bool:
        """Brings it up to date; tells whether everything was read anew."""
        idle, self._used = time.monotonic() - self._used > _AWAY_SECONDS, time.monotonic()
        fresh = self._read is not None and self._read <= now < self._read + _AGE
        if not fresh or idle or rules is not self._rules:
            await self.read(now, rules)
            return True
        await self.refresh(changed, now, rules)
        return False

    async def read(self, now: datetime, rules: Rules) -> None:
        """Reads all experts."""
        profiles, loads = await asyncio.gather(self._waiting.experts(), self._waiting.loads())
        self._profiles = {row["_id"]: row for row in profiles}
        self._loads = {row["_id"]: row for row in loads}
        due = experts.answer_due(now, rules)
        self._known = {
            id: experts.to_match(row, self._loads.get(id), now, due, rules) for id, row in self._profiles.items()
        }
        self._columns, self._read, self._rules = None, now, rules

    async def refresh(self, ids: Iterable[str], now: datetime, rules: Rules) -> None:
        """Reads these experts again."""
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return
        profiles, loads = await asyncio.gather(
            self._database.by_ids(EXPERTS, wanted), self._database.by_ids(LOADS, wanted)
        )
        due, found = experts.answer_due(now, rules), {row["_id"]: row for row in profiles}
        self._loads.update({row["_id"]: row for row in loads})
        for id in wanted:
            row = found.get(id)
            if row is None:
                self._profiles.pop(id, None)
                self._columns = None if self._known.pop(id, None) else self._columns
                continue
            self._profiles[id] = row
            self._put(experts.to_match(row, self._loads.get(id), now, due, rules))

    def took(self, loads: Mapping[str, Document]) -> None:
        """Places as they are after a wave of our own."""
        for id, load in loads.items():
            self._loads[id] = load
            if id in self._known:
                held = len(load["held"])
                more = max(held - self._known[id].held, 0)
                self._put(replace(self._known[id], held=held, recent=self._known[id].recent + more))

    @property
    def columns(self) -> Experts:
        """All experts as columns; made anew only after a profile changed."""
        if self._columns is None:
            self._columns = Experts.of(self._known.values())
        return self._columns

    def expert(self, id: str) -> tuple[Document, Expert] | None:
        """The profile of an expert, and how matching sees it."""
        return (self._profiles[id], self._known[id]) if id in self._known else None

    def profiles(self, ids: Iterable[str]) -> list[Document]:
        """The profiles of those of them who are experts."""
        return [self._profiles[id] for id in ids if id in self._profiles]

    def versions(self, ids: Iterable[str]) -> dict[str, int]:
        """Versions of the profiles as last read."""
        return {id: self._profiles[id]["version"] for id in ids if id in self._profiles}

    def held(self, ids: Iterable[str]) -> dict[str, int]:
        """Places taken as last known."""
        return {id: self._known[id].held for id in ids if id in self._known}

    def _put(self, expert: Expert) -> None:
        before = self._known.get(expert.id)
        self._known[expert.id] = expert
        if self._columns is None or before is None or before == expert:
            self._columns = None if before is None else self._columns
        elif replace(before, held=expert.held, recent=expert.recent) == expert:
            column = self._columns.index[expert.id]
            self._columns.held[column], self._columns.recent[column] = expert.held, expert.recent
        else:
            self._columns = None
