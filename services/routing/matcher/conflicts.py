"""Offers whose expert declared a conflict of interest after being asked: they are declined, and go to others."""

from collections.abc import Iterable

from services.chassis.execution import Executor
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.routing.handlers.conflicts import concerned, declared
from services.routing.handlers.offers import decline
from services.routing.handlers.own import CONFLICT
from services.routing.store import ASSIGNMENTS, CASES, LOADS
from services.routing.store.waiting import Waiting


async def decline_for(profiles: Iterable[Document], waiting: Waiting, executor: Executor) -> list[str]:
    """Declines the unanswered offers of these experts that a conflict of theirs forbids; those who had any."""
    conflicts = {row["_id"]: found for row in profiles if (found := declared(row))}
    offers = await waiting.offers_of([*conflicts]) if conflicts else []
    mine = [row for row in offers if row["expert"] in conflicts]
    if not mine:
        return []

    def decide(work: Work) -> list[str]:
        found = []
        for row in mine:
            case, assignment = work.get(CASES, row["request"]), work.get(ASSIGNMENTS, row["_id"])
            if not case or not assignment or assignment["status"] != "offered":
                continue
            if conflicts[row["expert"]] & concerned(case):
                decline(work, case, assignment, CONFLICT)
                found.append(row["expert"])
        return found

    keys = {
        CASES: [row["request"] for row in mine],
        ASSIGNMENTS: [row["_id"] for row in mine],
        LOADS: [row["expert"] for row in mine],
    }
    return await executor.run(keys, decide)
