"""The hot queries use their indexes, whatever else is stored."""

from typing import Any

import pytest

from contracts.requests import RequestSubmitted
from tests.notify.material import BODY, NOW, OFFICIAL, about_request, granted, id_of

QUERIES: dict[str, tuple[str, dict[str, Any], tuple[str, int] | None]] = {
    "due deliveries": ("deliveries", {"status": "due", "due_at": {"$lte": NOW}}, ("due_at", 1)),
    "due notices": ("notices", {"status": "waiting", "due_at": {"$lte": NOW}}, ("due_at", 1)),
    "notices since": ("notices", {"at": {"$gte": NOW}, "status": "planned"}, None),
    "own notifications": ("notifications", {"person": OFFICIAL}, ("position", -1)),
    "followed notifications": (
        "notifications", {"person": {"$in": [OFFICIAL, id_of("x")]}, "position": {"$gt": "0"}}, ("position", 1),
    ),
    "unread": ("notifications", {"person": OFFICIAL, "read_at": None}, None),
    "threads": ("deliveries", {"request": {"$in": [id_of("r")]}, "status": "sent"}, None),
    "deliveries of a number": ("deliveries", {"number": "2026-000001"}, ("position", -1)),
    "deliveries in a status": ("deliveries", {"status": "failed"}, ("position", -1)),
    "all deliveries": ("deliveries", {}, ("position", -1)),
    "doubtful addresses": ("unreachable", {"person": {"$in": [OFFICIAL]}}, None),
    "attempts": ("attempts", {"delivery": {"$in": [id_of("d")]}}, ("number", 1)),
    "holders": (
        "access", {"grants": {"$elemMatch": {"scope": {"$in": [BODY, None]}, "role": {"$in": ["official"]}}}}, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", QUERIES)
async def test_a_hot_query_reads_an_index_and_sorts_nothing(notify, name) -> None:
    await notify.hear(granted(OFFICIAL, "official", BODY), about_request(RequestSubmitted))
    collection, query, order = QUERIES[name]
    find = {"find": collection, "filter": query} | ({"sort": dict([order])} if order else {})

    plan = await notify.database.raw.command("explain", find, verbosity="queryPlanner")

    stages = _stages(plan["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in stages and "COLLSCAN" not in stages
    assert "SORT" not in stages, stages


def _stages(plan: Any) -> list[str]:
    if isinstance(plan, dict):
        own = [plan["stage"]] if "stage" in plan else []
        return own + [stage for value in plan.values() for stage in _stages(value)]
    return [stage for value in plan for stage in _stages(value)] if isinstance(plan, list) else []
