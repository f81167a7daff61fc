"""All cases of an expert to others: a preview by the production matching that writes nothing, then one confirmation."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from contracts.envelope import derived_id, new_id
from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.mongo import Document
from services.chassis.problems import forbidden, not_found
from services.chassis.work import Work
from services.routing.criteria import Experts
from services.routing.desk import manages
from services.routing.domain import Case
from services.routing.handlers import cases, experts, reassigning
from services.routing.matching import Decision, explained, plan
from services.routing.rules import Rulebook, Rules
from services.routing.store import CASES, EXPERTS, REASSIGNMENTS
from services.routing.store.board import BoardStore
from services.routing.store.rules import RulesHistory
from services.routing.store.waiting import Waiting


class Reassignments:
    """Previews, and what is made of them."""

    def __init__(
        self,
        store: BoardStore,
        waiting: Waiting,
        executor: Executor,
        book: Rulebook,
        history: RulesHistory,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._waiting = waiting
        self._executor = executor
        self._book = book
        self._history = history
        self._now = now

    async def preview(
        self, caller: Caller, expert: str, numbers: Collection[str] | None = None, reason: str = ""
    ) -> Document:
        """Who would get each case of an expert, not stored yet: see `keep`. numbers: these of them only.

        Raises 404 for somebody who is no expert, 403 for one of another task force.
        """
        profile = await self._store.one(EXPERTS, expert)
        if profile is None:
            raise not_found()
        held = await self._store.held_by(expert)
        if not manages(caller, [*profile["task_forces"], *(row["task_force"] for row in held)]):
            raise forbidden()
        rows = [row for row in held if numbers is None or row["number"] in numbers]
        found = {row["_id"]: row for row in await self._store.by_ids(CASES, [row["request"] for row in rows])}
        pairs = [
            (case, row) for row in rows if (case := found.get(row["request"])) and manages(caller, [case["theme"]])
        ]
        pairs.sort(key=lambda pair: (pair[0]["precedence"], pair[0]["_id"]))
        theirs = {row["number"] for _, row in pairs}
        now, rules = self._now(), await self._history.kept(self._book)
        return {
            "_id": new_id(now), "not_theirs": sorted({*(numbers or ())} - theirs),
            "by": str(caller.id), "expert": expert, "reason": reason, "at": now,
            "rules_version": rules.version, "items": await self._matched(pairs, expert, now, rules),
            "choice": None, "outcome": None, "again": None,
        }  # fmt: skip

    async def find(self, id: str, caller: Caller) -> Document:
        """A preview that the caller made. Raises 404."""
        found = await self._store.one(REASSIGNMENTS, id)
        if found is None or found["by"] != caller.id:
            raise not_found()
        return found

    async def confirm(
        self, id: str, caller: Caller, numbers: Collection[str] | None = None, release_rest: bool = False
    ) -> Document:
        """Applies a preview and returns it with its outcome; what has changed meanwhile is in a new one, `again`."""
        preview = await self.find(id, caller)
        rules = await self._history.kept(self._book)
        confirmed = await self._executor.run(
            reassigning.needs(preview), lambda work: reassigning.confirm(work, id, numbers, release_rest, rules)
        )
        return {**confirmed, "again": await self.follow_up(confirmed, caller)}

    async def follow_up(self, preview: Document, caller: Caller) -> str | None:
        """The preview of what a confirmation could not apply, if there is one."""
        if not preview["outcome"] or not preview["outcome"]["changed"]:
            return None
        # It may be missing: the confirmation was cut off after it was applied.
        return await self._shown_again(preview, caller, preview["outcome"]["changed"])

    async def _shown_again(self, preview: Document, caller: Caller, numbers: Sequence[str]) -> str:
        """The preview of what could not be applied: one, however often the confirmation comes."""
        id = _follow_up(preview)
        if await self._store.one(REASSIGNMENTS, id):
            return id
        made = await self.preview(caller, preview["expert"], numbers, preview["reason"])

        def keep_once(work: Work) -> None:
            if work.get(REASSIGNMENTS, id) is None:
                keep(work, {**made, "_id": id})

        await self._executor.run({REASSIGNMENTS: [id]}, keep_once)
        return id

    async def _matched(
        self, pairs: Sequence[tuple[Document, Document]], expert: str, now: datetime, rules: Rules
    ) -> list[Document]:
        if not pairs:
            return []
        profiles, loads = await asyncio.gather(self._waiting.experts(), self._waiting.loads())
        load_of, due = {row["_id"]: row for row in loads}, experts.answer_due(now, rules)
        known = [experts.to_match(row, load_of.get(row["_id"]), now, due, rules) for row in profiles]
        # Whoever gives the cases away is counted as absent, and named as such among the vetoes.
        pool = [replace(one, present=False) if one.id == expert else one for one in known]
        waiting = [_as_if_free(case, expert) for case, _ in pairs]
        decisions = await asyncio.to_thread(_decide, waiting, Experts.of(pool), rules)
        version_of, held_of = {row["_id"]: row["version"] for row in profiles}, {one.id: one.held for one in known}
        by_case = {decision.case: decision for decision in decisions}
        items = []
        for case, row in pairs:
            decision = by_case[case["_id"]]
            who = decision.chosen.expert if decision.chosen else ""
            helping = {helper: version_of[helper] for _, helper in decision.co_experts if helper}
            seen = {"version": version_of.get(who), "held": held_of.get(who), "helping": helping}
            items.append(reassigning.item_of(case, row, decision, seen))
        return items


def _follow_up(preview: Document) -> str:
    return derived_id(preview["_id"], "again")


def keep(work: Work, preview: Document) -> Document:
    """Stores a preview."""
    work.put(REASSIGNMENTS, preview)
    return preview


def _as_if_free(case: Document, expert: str) -> Case:
    """The case as if nobody had it: neither a pin for this expert nor their having had it before counts."""
    seen = cases.to_match(case)
    return replace(
        seen,
        former=None if seen.former == expert else seen.former,
        pinned_to=None if seen.pinned_to == expert else seen.pinned_to,
    )


def _decide(waiting: Sequence[Case], pool: Experts, rules: Rules) -> list[Decision]:
    return explained(plan(waiting, pool, rules), pool, rules)
