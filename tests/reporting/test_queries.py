"""What reports ask of the database is answered by indexes."""

import random
from collections.abc import Iterator
from typing import Any

from services.chassis.mongo import Document
from services.chassis.service import Service
from services.reporting.store import (
    FACTS,
    Territory,
    _due,
    at_risk_pipeline,
    backlog_pipeline,
    clocks_pipeline,
    workload_pipeline,
)
from tests.reporting.material import consume, random_story, rome

NOW = rome("2026-11-20 12:00")
NOVEMBER = (rome("2026-11-01 00:00"), rome("2026-12-01 00:00"))


def stages(plan: Any) -> Iterator[Document]:
    """Every stage of an execution plan that reads something."""
    if isinstance(plan, dict):
        if plan.get("stage") in ("IXSCAN", "COLLSCAN"):
            yield plan
        for name, member in plan.items():
            if name != "rejectedPlans":
                yield from stages(member)
    elif isinstance(plan, list):
        for member in plan:
            yield from stages(member)


PLANS = {
    "period": (clocks_pipeline(*NOVEMBER, "theme", ["resolution"], True), "received_at"),
    "period of a territory": (
        clocks_pipeline(*NOVEMBER, "theme", ["resolution"], True, Territory(("VA",), comuni_only=True)), "received_at"),
    "backlog of a territory": (backlog_pipeline(NOW, True, Territory(("VA",), comuni_only=True)), "open_until"),
    "backlog": (backlog_pipeline(NOW, True), "open_until"),
    "at risk": (at_risk_pipeline(NOW, ["waste-management"], "VA"), "open_until"),
    "workload": (workload_pipeline("theme", True), "open_until"),
    "due": ([{"$match": _due(NOW)}, {"$sort": {"next_due": 1}}], "next_due"),
    "number": ([{"$match": {"number": "2026-000001"}}], "number"),
}  # fmt: skip


async def test_every_hot_query_uses_its_index(reporting: Service) -> None:
    chance = random.Random(1)
    await consume(reporting, [event for number in range(1, 101) for event in random_story(chance, number).events])

    for name, (pipeline, field) in PLANS.items():
        plan = await reporting.database.raw.command("aggregate", FACTS, pipeline=pipeline, explain=True)

        used = list(stages(plan))
        assert [stage["stage"] for stage in used] == ["IXSCAN"], name
        assert next(iter(used[0]["keyPattern"])) == field
