"""Offers whose expert declared a conflict of interest after being asked: they are declined, and go to others."""

from collections.abc import Iterable

from services.chassis.execution import Executor
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.routing.handlers.offers import decline
from services.routing.handlers.own import CONFLICT
from services.routing.store import ASSIGNMENTS, CASES, LOADS
from services.routing.store.waiting import Waiting


async def decline_for(profiles: Iterable[Document], waiting: Waiting, executor: Executor) -> list[str]:
    """Declines the unanswered offers of these experts that a conflict of theirs forbids; those who had any."""
    declared = {row["_id"]: found for row in profiles if (found := _conflicts(row))}
    offers = await waiting.offers_of([*declared]) if declared else []
    mine = [row for row in offers if row["expert"] in declared]
    if not mine:
        return []

    def decide(work: Work) -> list[str]:
        found = []
        for row in mine:
            case, assignment = work.get(CASES, row["request"]), work.get(ASSIGNMENTS, row["_id"])
            if not case or not assignment or assignment["status"] != "offered":
                continue
            if declared[row["expert"]] & {case["body"], *case.get("companies", ())}:
                decline(work, case, assignment, CONFLICT)
                found.append(row["expert"])
        return found

    keys = {
        CASES: [row["request"] for row in mine],
        ASSIGNMENTS: [row["_id"] for row in mine],
        LOADS: [row["expert"] for row in mine],
    }
    return await executor.run(keys, decide)


def _conflicts(profile: Document) -> set[str]:
    known = profile.get("conflicts", {})
    return {*known.get("bodies", ()), *known.get("companies", ())}
