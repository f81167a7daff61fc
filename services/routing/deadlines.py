"""Deadlines of offers: a reminder once, then the next candidate. Both are due in working hours of the province."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from services.chassis.execution import Executor
from services.chassis.mongo import Database, Document
from services.chassis.work import Work
from services.routing.handlers import offers
from services.routing.store import ASSIGNMENTS, CASES, LOADS
from services.routing.store.waiting import Waiting

_AT_ONCE = 200
_EVERY_SECONDS = 0.5
log = structlog.get_logger()


class Deadlines:
    """`run` looks for offers that are due; woken after every save, it looks twice a second at most."""

    def __init__(self, database: Database, executor: Executor, now: Callable[[], datetime]) -> None:
        self._waiting = Waiting(database)
        self._executor = executor
        self._now = now
        self._next = 0.0

    async def run(self) -> bool:
        """One look."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + _EVERY_SECONDS
        lapsed = await self._waiting.lapsed(self._now(), _AT_ONCE)
        due = await self._waiting.to_remind(self._now(), _AT_ONCE)
        await self._each(lapsed, _expire)
        await self._each(due, offers.remind)
        if lapsed or due:
            log.info("offers_due", expired=len(lapsed), reminded=len(due))
        return False

    async def _each(self, rows: list[Document], act: Callable[[Work, Document, Document], Any]) -> None:
        """All in one unit of work, each decided on its documents as they are then."""
        if not rows:
            return
        keys = {
            CASES: [row["request"] for row in rows],
            ASSIGNMENTS: [row["_id"] for row in rows],
            LOADS: [row["expert"] for row in rows],
        }

        def decide(work: Work) -> None:
            for row in rows:
                case, assignment = work.get(CASES, row["request"]), work.get(ASSIGNMENTS, row["_id"])
                if case and assignment and assignment["status"] == "offered":
                    act(work, case, assignment)

        await self._executor.run(keys, decide)


def _expire(work: Work, case: Document, assignment: Document) -> None:
    if assignment["expires_at"] <= work.now:
        offers.expire(work, case, assignment)
