"""Several requests to one expert at once: each outcome is told, and one that cannot be does not stop the others."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Keys, Work
from services.routing.desk import manages
from services.routing.domain import OVER, NotAllowed
from services.routing.handlers import assigning, pinning
from services.routing.handlers.assigning import Wish
from services.routing.rules import Rulebook
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS
from services.routing.store.board import BoardStore
from services.routing.store.rules import RulesHistory
from services.routing.wording import VETO

Action = Literal["assign", "assign_and_pin", "pin", "unpin"]
_ACTIONS: tuple[Action, ...] = get_args(Action)
_UNKNOWN = N_("It does not exist, or you may not see it.")
_NOT_YOURS = N_("It belongs to another task force.")
_IS_OVER = N_("The request is over.")
_NOT_KEPT = N_("It was not kept for anybody.")
_CLOSED = N_("The assignment is already closed, or the request is over: nothing was changed.")


def action_of(text: str) -> Action | None:
    """The action that is called so; None for what is none."""
    return next((action for action in _ACTIONS if action == text), None)


class Decisions:
    """A person's decision about several requests."""

    def __init__(self, store: BoardStore, executor: Executor, book: Rulebook, history: RulesHistory) -> None:
        self._store = store
        self._executor = executor
        self._book = book
        self._history = history

    async def run(
        self, numbers: Sequence[str], caller: Caller, action: Action, wish: Wish, correlation: str | None = None
    ) -> list[dict[str, Any]]:
        """Decides about all in one unit of work; sent again it changes nothing more."""
        rows, keys = await self.needs(numbers, wish.expert)
        return await self._executor.run(
            keys, lambda work: self.decide(work, rows, numbers, caller, action, wish), correlation
        )

    async def needs(self, numbers: Sequence[str], expert: str) -> tuple[list[Document], Keys]:
        """The cases with these numbers, and the documents that deciding about them reads."""
        await self._history.kept(self._book)
        rows = await self._store.cases(numbers)
        leads = [row["lead"] for row in rows if row["lead"]]
        helpers = await self._store.helpers([lead["assignment"] for lead in leads])
        return rows, {
            CASES: [row["_id"] for row in rows],
            ASSIGNMENTS: [lead["assignment"] for lead in leads],
            EXPERTS: [expert, *helpers],
            LOADS: [expert, *(lead["expert"] for lead in leads)],
        }

    def decide(
        self, work: Work, rows: Sequence[Document], numbers: Sequence[str], caller: Caller, action: Action, wish: Wish
    ) -> list[dict[str, Any]]:
        """What became of each request, in the order they were named: `outcome`, and `detail` (msgid) if refused."""
        known, told = {row["number"]: row for row in rows}, []
        for number in dict.fromkeys(numbers):
            row = known.get(number)
            try:
                outcome, detail = self._one(work, row, caller, action, wish)
            except Problem as problem:
                outcome, detail = "refused", problem.detail or problem.title
            except NotAllowed:
                outcome, detail = "refused", _CLOSED
            told.append({"number": number, "outcome": outcome, "detail": detail})
        return told

    def _one(self, work: Work, row: Document | None, caller: Caller, action: Action, wish: Wish) -> tuple[str, str]:
        if row is None:
            raise Problem(404, _UNKNOWN)
        case = work.get(CASES, row["_id"])
        assert case is not None
        if not manages(caller, [case["theme"]]):
            raise Problem(403, _NOT_YOURS)
        if action == "unpin":
            return self._unpin(work, case)
        if action == "pin":
            assigning.check_open(case)
            assigning.check_conflict(case, assigning.known_expert(work, wish.expert, self._book.current))
            kept, expert = pinning.pin(work, case, wish.expert, wish.by, wish.reason), wish.expert
            profile, load = work.get(EXPERTS, expert), work.get(LOADS, expert)
            veto = None if kept["lead"] else pinning.not_now(kept, profile, load, work.now, self._book.current)
            return "pinned", VETO[veto] if veto else ""
        assigning.assign(
            work, case["_id"], row["lead"]["assignment"] if row["lead"] else None, wish, self._book.current
        )
        return "assigned", ""

    @staticmethod
    def _unpin(work: Work, case: Document) -> tuple[str, str]:
        if case["status"] in OVER:
            return "unchanged", _IS_OVER
        if not case.get("pinned"):
            return "unchanged", _NOT_KEPT
        pinning.unpin(work, case)
        return "unpinned", ""
