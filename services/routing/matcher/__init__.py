"""The matcher: lets go what is over, and solves who waits as one wave, again whenever somebody may have a place.

Woken after every save, one process at a time by lease. The lease is an economy: what a wave writes is decided on the
documents as they are, guarded by their versions, so two matchers at once do no harm.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from services.chassis.execution import Executor
from services.chassis.mongo import Database, Document
from services.chassis.saving import AlreadyExists
from services.routing.criteria import Experts
from services.routing.handlers import cases, experts, matching, offers
from services.routing.handlers.matching import Ending, Outcome, Seen, Wave
from services.routing.handlers.presence import may_keep
from services.routing.matcher.apart import TooLong, planned
from services.routing.matcher.conflicts import decline_for
from services.routing.matcher.roles import renew_roles
from services.routing.matcher.roster import Roster
from services.routing.matching import NotSolved, Plan, explained, in_order
from services.routing.rules import Rulebook, Rules
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS
from services.routing.store.rules import RulesHistory
from services.routing.store.waiting import Waiting

_LARGEST_WAVE, _SMALLEST_WAVE = 10_000, 100
_SAVED_AT_ONCE = 500
_CHECKS = 100
_SWEPT = 1_000
log = structlog.get_logger()


class Matcher:
    """`run` does one round and tells whether more work waits."""

    def __init__(self, database: Database, executor: Executor, now: Callable[[], datetime], book: Rulebook) -> None:
        self._waiting = Waiting(database)
        self._executor = executor
        self._now = now
        self._book = book
        self._history = RulesHistory(database, now)
        self._most = _LARGEST_WAVE
        self._swept: datetime | None = None
        self.roster = Roster(database, self._waiting)

    async def run(self) -> bool:
        """One round."""
        try:
            return await self._round(self._now(), await self._history.kept(self._book))
        except AlreadyExists as race:
            # Another matcher was faster: what it did is no longer waiting when we look again.
            log.info("matcher_met_another", collection=race.collection)
        except (TooLong, NotSolved) as error:
            self._most = max(self._most // 4, _SMALLEST_WAVE)
            log.warning("wave_not_solved", reason=str(error), next_wave=self._most)
        self.roster.forget()
        return True

    async def _round(self, now: datetime, rules: Rules) -> bool:
        over, checks, ready = await asyncio.gather(
            self._waiting.to_release(_SAVED_AT_ONCE),
            self._waiting.checks(now, _CHECKS),
            self._waiting.ready(self._most),
        )
        anew = await self.roster.ready(now, rules, checks)
        renewed = await renew_roles(self.roster.profiles(checks), now, self._executor)
        await self.roster.refresh(renewed, now, rules)
        freed = await self._take_from_the_absent([id for id in checks if not self._there(id)], now, rules)
        freed = await self._take_from_the_partial(checks, now, rules) or freed
        found = await self._who_waits_for([*checks, *(expert for _, _, expert in over)], over)
        rows = {row["_id"]: row for row in (*ready, *(row for rows, _ in found.values() for row in rows))}
        rows |= {row["_id"]: row for row in await self._sweep()} if anew else {}
        outcome = await self._solve(over, rows, now, rules, anew) if over or rows else Outcome()
        # Whoever may still find somebody is looked at again: their list was not seen to its end, or has changed.
        again = {id for id, (_, whole) in found.items() if outcome.skipped or not (whole or self._is_full(id))}
        done = [check for expert, marks in checks.items() if expert not in again for check in marks]
        if done:
            await self._waiting.forget(done)
        # What was let go may wait again, for somebody else.
        more = freed or bool(over) or len(ready) == self._most or len(done) >= _CHECKS
        return more or outcome.skipped > 0 or (outcome.offered > 0 and bool(again))

    async def _take_from_the_absent(self, away: list[str], now: datetime, rules: Rules) -> bool:
        """Offers that people who are away now have not answered go to others; whether there were any."""
        unanswered = await self._waiting.offers_of(away) if away else []
        due, profiles = (
            experts.answer_due(now, rules),
            {id: found[0] for id in away if (found := self.roster.expert(id))},
        )
        endings = [
            (row["request"], row["_id"], row["expert"])
            for row in unanswered
            if (profile := profiles.get(row["expert"])) and not may_keep(profile, now, due, row["expires_at"])
        ]
        if endings:
            keys = {
                CASES: [request for request, _, _ in endings],
                ASSIGNMENTS: [id for _, id, _ in endings],
                LOADS: [expert for _, _, expert in endings],
            }
            await self._executor.run(keys, lambda work: matching.end(work, endings, offers.UNAVAILABLE))
            await self.roster.refresh(away, now, rules)
        return bool(endings)

    async def _take_from_the_partial(self, ids: Iterable[str], now: datetime, rules: Rules) -> bool:
        """Offers that an expert may not take, who declared a conflict of interest meanwhile; whether there were any."""
        found = await decline_for(self.roster.profiles(ids), self._waiting, self._executor)
        await self.roster.refresh(found, now, rules)
        return bool(found)

    async def _who_waits_for(self, ids: list[str], over: list[Ending]) -> dict[str, tuple[list[Document], bool]]:
        """Expert with a place -> requests that wait for somebody like them, and whether these are all.

        As many of each as there are places in sight: more of them cannot be served, fewer would not be the best wave.
        """
        soon: dict[str, int] = {}
        for _, _, id in over:
            soon[id] = soon.get(id, 0) + 1
        known = {id: found for id in dict.fromkeys(ids) if (found := self.roster.expert(id)) and found[1].there}
        free = {id: max(expert.places - expert.held + soon.get(id, 0), 0) for id, (_, expert) in known.items()}
        limit = min(max(sum(free.values()), 1), self._most, max(_SAVED_AT_ONCE, *free.values(), 1))
        able = [id for id, places in free.items() if places]
        rows_of = await asyncio.gather(*(self._waiting.eligible(known[id][0], limit) for id in able))
        return {id: (rows, len(rows) < limit) for id, rows in zip(able, rows_of, strict=True) if rows}

    async def _sweep(self) -> list[Document]:
        """Time alone also changes who can be asked: the stuck are tried again, some with every new reading."""
        rows = await self._waiting.stuck(_SWEPT, self._swept)
        self._swept = rows[-1]["precedence"] if len(rows) == _SWEPT else None
        return rows

    async def _solve(
        self, over: list[Ending], rows: dict[str, Document], now: datetime, rules: Rules, anew: bool
    ) -> Outcome:
        waiting = in_order(map(cases.to_match, rows.values()))[: self._most]
        experts = self._places_after(over)
        began = time.monotonic()
        made = await planned(waiting, experts, rules)
        if not anew and (made.chosen < 0).any():
            # Nobody is told that nobody can be asked on the strength of a memory.
            await self.roster.read(now, rules)
            experts = self._places_after(over)
            made = await planned(waiting, experts, rules)
        self._adapt(time.monotonic() - began)
        outcome = await self._keep(made, experts, over, rows, rules)
        await self.roster.refresh(outcome.stale, now, rules)
        log.info("wave_decided", waiting=len(waiting), offered=outcome.offered, changed=outcome.skipped)
        return outcome

    async def _keep(
        self, made: Plan, experts: Experts, over: list[Ending], rows: dict[str, Document], rules: Rules
    ) -> Outcome:
        """Saves a plan, what is over first; a large one in parts that each are whole."""
        whole = Outcome()
        versions = {id: row["version"] for id, row in rows.items()}
        for first in range(0, max(len(made.waiting), 1), _SAVED_AT_ONCE):
            endings = over if first == 0 else []
            decisions = explained(made, experts, rules, first, _SAVED_AT_ONCE)
            keys = matching.needs(endings, decisions)
            asked = {*keys[EXPERTS]}
            seen = Seen(versions, self.roster.versions(asked), self.roster.held(asked))
            known = {(CASES, decision.case): rows[decision.case] for decision in decisions}
            wave = Wave(endings, decisions, seen, rules)
            outcome = await self._executor.run(keys, partial(matching.apply, wave=wave), known=known)
            self.roster.took(outcome.loads)
            whole.offered += outcome.offered
            whole.skipped += outcome.skipped
            whole.stale |= outcome.stale
        return whole

    def _places_after(self, over: Iterable[Ending]) -> Experts:
        """The experts, with the places that this very wave gives back."""
        columns = self.roster.columns
        held = columns.held.copy()
        for _, _, expert in over:
            if (column := columns.index.get(expert)) is not None:
                held[column] = max(held[column] - 1, 0)
        return replace(columns, held=held, recent=columns.recent.copy())

    def _there(self, id: str) -> bool:
        known = self.roster.expert(id)
        return known is None or known[1].there

    def _is_full(self, id: str) -> bool:
        known = self.roster.expert(id)
        return known is None or not known[1].free

    def _adapt(self, seconds: float) -> None:
        if seconds > 5.0:
            self._most = max(self._most // 2, _SMALLEST_WAVE)
        elif seconds < 1.0:
            self._most = min(self._most * 2, _LARGEST_WAVE)
