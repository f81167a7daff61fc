"""What people do about assignments, for API and pages alike: load, check who asks, decide, save, or say why not."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from contracts.access import Role
from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, forbidden, not_found
from services.chassis.work import Work
from services.routing.domain import NotAllowed
from services.routing.handlers import assigning, offers, pinning
from services.routing.handlers.assigning import Wish
from services.routing.handlers.own import decline_and_declare
from services.routing.rules import Rulebook
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS
from services.routing.store.reading import Reading
from services.routing.store.rules import RulesHistory

Decide = Callable[[Work], Document]
Run = Callable[[dict[str, list[str]], Decide], Awaitable[Document]]
"""Carries a decision out over the documents that it needs, and returns what it told: as `Executor.run` does."""
_STAFF: tuple[Role, ...] = ("coordinator", "secretariat")


def manages(caller: Caller, task_forces: Sequence[str | None]) -> bool:
    """Whether the caller directs one of the task forces, or all."""
    everywhere = caller.has("secretariat") or caller.everywhere("coordinator")
    return everywhere or not caller.scopes("coordinator").isdisjoint(code for code in task_forces if code)


def sees(caller: Caller, assignment: Document) -> bool:
    """Experts see what they are or were asked to do; coordinators and secretariat everything."""
    return caller.has(*_STAFF) or (caller.has("expert") and caller.id in assignment["people"])


def may_know(caller: Caller, case: Document, lead: Document | None) -> bool:
    """Whether the caller may know who handles a request, and why."""
    if caller.has("coordinator", "secretariat", "monitor") or (lead and sees(caller, lead)):
        return True
    return case["body"] in caller.scopes("official", "representative")


class Desk:
    """Answers of experts and decisions of coordinators."""

    def __init__(
        self,
        reading: Reading,
        executor: Executor,
        book: Rulebook,
        history: RulesHistory,
        now: Callable[[], datetime],
    ) -> None:
        self._reading = reading
        self._executor = executor
        self._book = book
        self._history = history
        self._now = now

    async def assignment(self, id: str, caller: Caller) -> Document:
        """An assignment that the caller may see; 404 otherwise."""
        found = await self._reading.one(ASSIGNMENTS, id)
        if found is None or not sees(caller, found):
            raise not_found()
        return found

    async def accept(self, id: str, caller: Caller) -> Document:
        """The expert takes the request."""
        return await self._answer(id, caller, offers.accept)

    async def decline(self, id: str, caller: Caller, reason: str, text: str = "") -> Document:
        """The expert does not take the request; a conflict of interest is remembered."""
        return await self._answer(id, caller, decline_and_declare, reason, text)

    async def release(self, id: str, caller: Caller) -> Document:
        """The expert gives the request back, or a coordinator takes it away."""
        return await self._answer(id, caller, offers.give_back, staff=True)

    async def assign(
        self,
        number: str,
        caller: Caller,
        expert: str,
        co_experts: Sequence[str] | None = None,
        reason: str = "",
        pin: bool = False,
        run: Run | None = None,
    ) -> Document:
        """A coordinator decides who is asked. run: how, if it may be asked for again."""
        case = await self.managed(number, caller)
        lead = case["lead"]
        keys = {
            CASES: [case["_id"]],
            ASSIGNMENTS: [lead["assignment"]] if lead else [],
            EXPERTS: [expert, *(co_experts or ())],
            LOADS: [expert, *(co_experts or ()), *([lead["expert"]] if lead else [])],
        }
        current, wish = lead["assignment"] if lead else None, Wish(expert, str(caller.id), co_experts, reason, pin)
        rules = await self._history.kept(self._book)
        return await self._run(keys, lambda work: assigning.assign(work, case["_id"], current, wish, rules), run)

    async def hand_over(self, id: str, caller: Caller, expert: str, note: str, run: Run | None = None) -> Document:
        """Who follows a request, or a coordinator, names the colleague who is asked next. run: as in `assign`."""
        known = await self.assignment(id, caller)
        if known["expert"] != caller.id and not manages(caller, [known["task_force"]]):
            raise forbidden()
        keys = {
            CASES: [known["request"]],
            ASSIGNMENTS: [id],
            EXPERTS: [expert, *known["co_experts"]],
            LOADS: [expert, known["expert"]],
        }
        wish, rules = Wish(expert, str(caller.id), reason=note), await self._history.kept(self._book)
        return await self._run(keys, lambda work: assigning.hand_over(work, known["request"], id, wish, rules), run)

    async def pin(self, number: str, caller: Caller, expert: str, reason: str) -> Document:
        """A coordinator keeps a request for one expert: the matcher asks nobody else."""
        case = await self.managed(number, caller)

        def decide(work: Work) -> Document:
            known = work.get(CASES, case["_id"])
            assert known is not None
            assigning.check_open(known)
            assigning.check_conflict(known, assigning.known_expert(work, expert, self._book.current))
            return pinning.pin(work, known, expert, str(caller.id), reason)

        return await self._run({CASES: [case["_id"]], EXPERTS: [expert], LOADS: [expert]}, decide)

    async def unpin(self, number: str, caller: Caller) -> Document:
        """A coordinator lets the matcher decide again."""
        case = await self.managed(number, caller)
        return await self._run(
            {CASES: [case["_id"]]}, lambda work: pinning.unpin(work, work.get(CASES, case["_id"]) or case)
        )

    async def not_now(self, rows: Iterable[Document]) -> dict[str, str]:
        """Of these cases those kept for somebody who cannot be asked now -> the veto."""
        kept = [row for row in rows if row.get("pinned") and not row["lead"]]
        ids = {row["pinned"]["expert"] for row in kept}
        profiles, loads = await self._reading.by_ids(EXPERTS, ids), await self._reading.by_ids(LOADS, ids)
        found = {
            row["_id"]: pinning.not_now(
                row, profiles.get(row["pinned"]["expert"]), loads.get(row["pinned"]["expert"]), self._now(),
                self._book.current,
            )
            for row in kept
        }  # fmt: skip
        return {id: veto for id, veto in found.items() if veto}

    async def managed(self, number: str, caller: Caller) -> Document:
        """The case of a request about which the caller may decide. Raises 404 or 403."""
        case = await self._reading.case(number)
        if case is None:
            raise not_found()
        if not manages(caller, [case["theme"]]):
            raise forbidden()
        return case

    async def _answer(
        self, id: str, caller: Caller, act: Callable[..., Document], *more: Any, staff: bool = False
    ) -> Document:
        known = await self.assignment(id, caller)
        if known["expert"] != caller.id and not (staff and manages(caller, [known["task_force"]])):
            raise forbidden()
        keys = {CASES: [known["request"]], ASSIGNMENTS: [id], LOADS: [known["expert"]], EXPERTS: [known["expert"]]}
        return await self._run(
            keys, lambda work: act(work, work.get(CASES, known["request"]), work.get(ASSIGNMENTS, id), *more)
        )

    async def _run(self, keys: dict[str, list[str]], decide: Decide, run: Run | None = None) -> Document:
        try:
            return await (run or self._executor.run)(keys, decide)
        except NotAllowed as refused:
            detail = N_("The assignment is already closed, or the request is over: nothing was changed.")
            extra = {"allowed": refused.allowed, "assignment_status": refused.status}
            raise Problem(409, N_("The assignment does not allow this"), detail, extra=extra) from refused
