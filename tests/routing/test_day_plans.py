"""Every question of an expert's day is answered by an index, without sorting in memory or reading what does not fit."""

from typing import Any

import pytest

from services.chassis.mongo import Document
from services.routing.store import ACTIONS, ASSIGNMENTS, CASES, LOOSE, TALKS
from tests.routing.material import MONDAY, THEME, Routing, person
from tests.routing.test_plans import stages

_NEWEST = [("day", -1), ("_id", -1)]

QUESTIONS: dict[str, tuple[str, Document, list[tuple[str, int]]]] = {
    "in hand": (ASSIGNMENTS, {"people": person("a"), "status": "accepted"}, [("_id", -1)]),
    "siblings": (CASES, {"body": "012133", "procedure": "adr", "_id": {"$ne": "r"}}, [("_id", -1)]),
    "talks about a request": (TALKS, {"request": "r"}, [("start", 1)]),
    "talks of an expert": (TALKS, {"expert": person("a"), "start": {"$gt": MONDAY}}, [("start", 1)]),
    "loose talks": (LOOSE, {"at": {"$lte": MONDAY}}, [("at", 1)]),
    "actions of a request": (ACTIONS, {"assignment": "a"}, _NEWEST),
    "own actions of a request": (ACTIONS, {"assignment": "a", "expert": person("a")}, _NEWEST),
    "own month": (ACTIONS, {"expert": person("a"), "month": "2026-11"}, _NEWEST),
    "own day": (ACTIONS, {"expert": person("a"), "month": "2026-11", "day": "2026-11-23"}, []),
    "month of a task force": (ACTIONS, {"task_force": THEME, "month": "2026-11", "withdrawn": False}, []),
}


@pytest.fixture
async def filled(routing: Routing) -> Routing:
    """Some of everything, so that the planner has a choice."""
    await routing.expert("a", capacity=20)
    for number in range(30):
        await routing.submit(number, procedure="adr" if number % 3 else None)
    await routing.match()
    rows: list[dict[str, Any]] = [
        {"_id": f"{n:03d}", "expert": person("a"), "assignment": "a", "month": "2026-11", "day": "2026-11-23",
         "task_force": THEME, "withdrawn": False, "request": "r", "slot": n, "start": MONDAY, "at": MONDAY}
        for n in range(60)
    ]  # fmt: skip
    for collection in (ACTIONS, TALKS, LOOSE):
        await routing.database[collection].insert_many([dict(row) for row in rows])
    return routing


@pytest.mark.parametrize("name", QUESTIONS)
async def test_every_question_of_the_day_has_its_index(filled: Routing, name: str) -> None:
    collection, query, order = QUESTIONS[name]
    cursor = filled.database[collection].find(query)
    cursor = cursor.sort(order).limit(5) if order else cursor

    plan = (await cursor.explain())["queryPlanner"]["winningPlan"]

    used = stages(plan)
    assert "IXSCAN" in used, used
    assert "'indexName': '_id_'" not in str(plan), "reads every document in the order of ids"
    assert not {"COLLSCAN", "SORT"} & set(used), used
