"""Every hot question is answered by an index, without sorting in memory or reading what does not fit."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from contracts.vocabulary import themes
from services.chassis.mongo import Document
from services.routing.store import ASSIGNMENTS, CASES, CHECKS, DECISIONS, EXPERTS
from services.routing.store.board import (
    _BY_FORCE_AND_PROVINCE,
    _BY_THEME_AND_PROVINCE,
    in_hand_pipeline,
    in_hand_query,
    queue_index,
    queue_query,
    waiting_pipeline,
)
from services.routing.store.reading import QUEUES
from tests.routing.material import MONDAY, OTHER, THEME, Routing, person

_SERVED = [("precedence", 1), ("_id", 1)]
_NEWEST = [("_id", -1)]
_CODES = [theme.code for theme in themes()]
_LATER = MONDAY + timedelta(days=1)

QUESTIONS: dict[str, tuple[str, Document, list[tuple[str, int]]]] = {
    "ready": (CASES, {"queue": "ready"}, _SERVED),
    "to release": (CASES, {"queue": "release"}, _SERVED),
    "eligible": (
        CASES,
        {
            "queue": "stuck", "theme": {"$in": [THEME, OTHER]}, "kind": {"$in": ["technical"]},
            "declined_by": {"$ne": "e"}, "province": {"$in": ["VA", "CO"]}, "pinned.expert": {"$in": [None, "e"]},
        },
        _SERVED,
    ),
    "queue": (CASES, {"queue": {"$in": list(QUEUES)}}, _SERVED),
    "by number": (CASES, {"number": "2026-000001"}, []),
    "lapsed": (ASSIGNMENTS, {"status": "offered", "expires_at": {"$lte": _LATER}}, [("expires_at", 1)]),
    "to remind": (ASSIGNMENTS, {"status": "offered", "remind_at": {"$lte": _LATER}}, [("remind_at", 1)]),
    "offers of an expert": (
        ASSIGNMENTS, {"people": {"$in": [person("a")]}, "status": "offered", "active": True}, [],
    ),
    "own, by status": (ASSIGNMENTS, {"people": person("a"), "status": "offered"}, _NEWEST),
    "own": (ASSIGNMENTS, {"people": person("a")}, _NEWEST),
    "by status": (ASSIGNMENTS, {"status": "declined"}, _NEWEST),
    "by province": (ASSIGNMENTS, {"province": "VA"}, _NEWEST),
    "latest decision": (DECISIONS, {"request": "r"}, [("at", -1)]),
    "candidates": (EXPERTS, {"themes.code": {"$in": [THEME]}}, []),
    "experts of a task force": (EXPERTS, {"task_forces": THEME}, _NEWEST),
    "board, one task force": (CASES, queue_query([THEME], None), _SERVED),
    "board, one province": (CASES, queue_query(None, "VA"), _SERVED),
    "board, both": (CASES, queue_query([THEME], "VA"), _SERVED),
    "board, in hand of one task force": (ASSIGNMENTS, in_hand_query([THEME], None), [("_id", 1)]),
    "board, in hand of one province": (ASSIGNMENTS, in_hand_query(_CODES, "VA"), [("_id", 1)]),
    "board, in hand everywhere": (ASSIGNMENTS, in_hand_query(_CODES, None), [("_id", 1)]),
    "held by an expert": (
        ASSIGNMENTS, {"people": person("a"), "status": {"$in": ["accepted", "offered"]}}, [("_id", 1)],
    ),
    "cases by numbers": (CASES, {"number": {"$in": ["2026-000001", "2026-000002"]}}, []),
    "checks": (CHECKS, {"at": {"$lte": _LATER}}, [("at", 1)]),
}  # fmt: skip

HINTED: dict[str, Any] = {"queue": [("queue", 1), *_SERVED]} | {
    name: queue_index(query) for name, (collection, query, _) in QUESTIONS.items()
    if name.startswith("board") and collection == CASES
}  # fmt: skip


BOARD_HINTS = {CASES: dict(_BY_THEME_AND_PROVINCE), ASSIGNMENTS: dict(_BY_FORCE_AND_PROVINCE)}


def stages(plan: Any) -> list[str]:
    """Every stage of a plan, wherever it stands."""
    if isinstance(plan, list):
        return [stage for part in plan for stage in stages(part)]
    if not isinstance(plan, dict):
        return []
    return [plan["stage"], *stages(list(plan.values()))] if "stage" in plan else stages(list(plan.values()))


@pytest.fixture
async def filled(routing: Routing) -> Routing:
    """Some of everything, so that the planner has a choice."""
    await routing.expert("a", capacity=20)
    await routing.expert("b", capacity=0)
    for number in range(30):
        await routing.submit(number, theme=THEME if number % 3 else OTHER)
    await routing.match()
    return routing


async def test_every_question_has_its_index(filled: Routing) -> None:
    for name, (collection, query, order) in QUESTIONS.items():
        cursor = filled.database[collection].find(query)
        cursor = cursor.sort(order).limit(5) if order else cursor
        if name in HINTED:
            cursor = cursor.hint(HINTED[name])
        plan = (await cursor.explain())["queryPlanner"]["winningPlan"]

        used = stages(plan)
        assert "IXSCAN" in used, f"{name}: {used}"
        assert "'indexName': '_id_'" not in str(plan), f"{name}: reads every document in the order of ids"
        assert not {"COLLSCAN", "SORT"} & set(used), f"{name}: {used}"


async def test_the_questions_above_are_the_ones_the_stores_ask(filled: Routing) -> None:
    asked: list[tuple[str, frozenset[str]]] = []

    async def watch(ask: Callable[[], Any]) -> None:
        database: Any = filled.database
        await database.raw.command({"profile": 2})
        await ask()
        await database.raw.command({"profile": 0})
        async for row in database["system.profile"].find({"op": "query"}):
            if "filter" in row["command"]:
                asked.append((row["command"]["find"], frozenset(row["command"]["filter"])))
        await database["system.profile"].drop()

    async def everything() -> None:
        await filled.expert("c", provinces=["VA"], active=False)
        await filled.expert("d", provinces=["VA"])
        await filled.match()
        await filled.look_at_deadlines()

    await watch(everything)

    known = {(collection, frozenset(query)) for collection, query, _ in QUESTIONS.values()}
    by_id = frozenset({"_id"})
    assert {question for question in asked if question[1] != by_id} - known == set()
    assert (CASES, frozenset(QUESTIONS["eligible"][1])) in asked


@pytest.mark.parametrize("narrowed", [None, [THEME, OTHER]])
async def test_the_board_counts_from_indexes_without_reading_a_document(filled: Routing, narrowed: Any) -> None:
    pipelines = ((CASES, waiting_pipeline(narrowed)), (ASSIGNMENTS, in_hand_pipeline(narrowed)))
    for collection, pipeline in pipelines:
        command = {"aggregate": collection, "pipeline": pipeline, "cursor": {}}
        hint = BOARD_HINTS[collection]
        database: Any = filled.database
        told = await database.raw.command("explain", command | {"hint": hint}, verbosity="executionStats")

        used = stages(told)
        assert "IXSCAN" in used, used
        assert not {"FETCH", "COLLSCAN"} & set(used), used
