"""The matcher: lets go what is over, looks at experts who have a place again, and decides about who waits.

Woken after every save, one process at a time by lease. The lease is an economy: each step is one unit of work that
decides anew on the documents as they are, guarded by their versions, so two matchers at once do no harm.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from services.chassis.execution import Executor
from services.chassis.mongo import Database, Document
from services.chassis.saving import AlreadyExists
from services.chassis.work import Work
from services.routing.domain import ACTIVE
from services.routing.handlers import experts, matching, offers
from services.routing.rules import Rules
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS
from services.routing.store.waiting import Waiting

_WAVE = 500
_CHECKS = 100
log = structlog.get_logger()


class Matcher:
    """`run` does one round and tells whether more work waits."""

    def __init__(self, database: Database, executor: Executor, now: Callable[[], datetime], rules: Rules) -> None:
        self._database = database
        self._waiting = Waiting(database)
        self._executor = executor
        self._now = now
        self._rules = rules

    async def run(self) -> bool:
        """One round."""
        try:
            released = await self._let_go()
            return await self._match() or released == _WAVE
        except AlreadyExists as race:
            # Another matcher was faster: what it did is no longer waiting when we look again.
            log.info("matcher_met_another", collection=race.collection)
            return True

    async def _let_go(self) -> int:
        """Assignments of requests that are over give their places back."""
        over = await self._waiting.to_release(_WAVE)
        if over:
            await self._end([(request, assignment, expert) for request, assignment, expert in over], None)
        return len(over)

    async def _match(self) -> bool:
        checks = await self._waiting.checks(self._now(), _CHECKS)
        eligible = await self._look_at(list(checks))
        ready = await self._waiting.ready(_WAVE)
        wave = {row["_id"]: row["theme"] for row in (*ready, *(row for rows in eligible.values() for row in rows))}
        offered = await self._decide(wave) if wave else 0
        # An expert who found nobody to serve is done; one who did is looked at again for the next of them.
        done = [check for expert, ids in checks.items() if not eligible.get(expert) for check in ids]
        if done:
            await self._waiting.forget(done)
        # Without any progress the next round waits: somebody else is deciding about the same requests.
        return len(ready) == _WAVE or len(done) == _CHECKS or (offered > 0 and bool(eligible))

    async def _look_at(self, ids: list[str]) -> dict[str, list[Document]]:
        """Requests that wait for one of these experts; offers of those who are away now go to others."""
        if not ids:
            return {}
        profiles, loads = await asyncio.gather(self._database.by_ids(EXPERTS, ids), self._database.by_ids(LOADS, ids))
        held = {load["_id"]: len(load["held"]) for load in loads}
        now = self._now()
        found = {row["_id"]: experts.to_match(row, held.get(row["_id"], 0), now) for row in profiles}
        away = [id for id, expert in found.items() if not (expert.active and expert.present)]
        if away:
            unanswered = await self._waiting.offers_of(away)
            rows = [(row["request"], row["_id"], row["expert"]) for row in unanswered if row["expert"] in away]
            await self._end(rows, offers.UNAVAILABLE)
        free = [row for row in profiles if row["_id"] not in away and found[row["_id"]].free]
        rows_of = await asyncio.gather(*(self._waiting.eligible(row, found[row["_id"]].free) for row in free))
        return {row["_id"]: rows for row, rows in zip(free, rows_of, strict=True) if rows}

    async def _decide(self, wave: dict[str, str | None]) -> int:
        candidates = await self._waiting.candidates({theme for theme in wave.values() if theme})
        keys = {CASES: list(wave), EXPERTS: candidates, LOADS: candidates}
        offered = await self._executor.run(keys, lambda work: matching.match(work, wave, candidates, self._rules))
        log.info("wave_decided", waiting=len(wave), candidates=len(candidates), offered=offered)
        return offered

    async def _end(self, rows: list[tuple[str, str, str]], reason: str | None) -> None:
        keys = {
            CASES: [request for request, _, _ in rows],
            ASSIGNMENTS: [assignment for _, assignment, _ in rows],
            LOADS: [expert for _, _, expert in rows],
        }

        def let_go(work: Work) -> None:
            for request, id, _ in rows:
                case, assignment = work.get(CASES, request), work.get(ASSIGNMENTS, id)
                if case and assignment and _still_to_end(case, assignment, reason):
                    offers.let_go(work, case, assignment, reason)

        await self._executor.run(keys, let_go)


def _still_to_end(case: Document, assignment: Document, reason: str | None) -> bool:
    """Whether the reason to end it holds on the documents as they are now."""
    if assignment["status"] not in ACTIVE:
        return False
    return bool(case["queue"] == "release" if reason is None else assignment["status"] == "offered")
