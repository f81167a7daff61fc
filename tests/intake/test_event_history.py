"""The event history over HTTP: what is told at once, what waits until nothing can come before it."""

import json
from datetime import UTC, datetime

from services.chassis.outbox import settled
from tests.intake.conftest import SERVICE_KEY, Town


async def told(town: Town, query: str = "") -> list[str]:
    answer = await town.call("GET", f"/api/intake/events{query}", SERVICE_KEY)
    assert answer.status_code == 200
    return [json.loads(line)["id"] for line in answer.text.splitlines()]


async def test_an_event_is_told_when_nothing_can_come_before_it_any_more(town: Town) -> None:
    request = await town.submitted()
    outbox = town.service.database["outbox"]
    row = await outbox.find_one({"key": request["id"]})
    assert row is not None

    assert row["_id"] in await told(town, "?unsettled=true")
    assert row["_id"] not in await told(town)

    await outbox.update_one({"_id": row["_id"]}, {"$set": {"position": settled(datetime.now(UTC), 16) + "-7"}})
    assert row["_id"] in await told(town)
