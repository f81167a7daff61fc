"""Of many good practices the best are offered, however old they are, and no more of them is read than that needs."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.chassis.clock import Clock
from tests.intake.conftest import Town

MANY = 260
WRITTEN = {"title": "Amianto sul tetto del palazzetto", "description": "Bonifica di lastre ondulate dopo la grandine."}
BEST = ["amiant", "tett", "palazzett", "bonific", "lastr", "ondulat", "grandin"]


def _practice(number: int, tokens: list[str], at: datetime) -> dict[str, Any]:
    content = {
        "title": f"Caso {number}", "problem": "x" * 20_000, "solution": "y" * 20_000, "references": [],
        "themes": ["waste-management"], "procedure": None, "edition": 1, "at": at,
    }  # fmt: skip
    return {
        "_id": f"practice-{number}", "slug": f"caso-{number}", "state": "published", "listed": True, "content": content,
        "published": content, "published_at": at, "updated_at": at, "author": "x", "tokens": sorted(tokens),
    }  # fmt: skip


@pytest.fixture
async def stored(town: Town) -> AsyncIterator[None]:
    """One that says everything that is asked, and very many newer ones that share two frequent words with it."""
    practices, now = town.service.database["practices"], Clock().now()
    old = _practice(0, BEST, now - timedelta(days=900))
    newer = [_practice(n, ["bonific", "lastr", f"altro{n}"], now - timedelta(minutes=n)) for n in range(1, MANY)]
    await practices.insert_many([old, *newer])
    yield
    await practices.delete_many({"_id": {"$in": [row["_id"] for row in (old, *newer)]}})


@pytest.mark.usefixtures("stored")
async def test_the_best_is_offered_behind_any_number_of_newer_ones_that_fit_less(town: Town) -> None:
    _, official = await town.official()
    profile, raw = town.service.database["system.profile"], town.service.database.raw
    await profile.drop()
    await raw.command({"profile": 2})

    answer = await town.call("GET", "/practices/similar", official, params=WRITTEN)
    await raw.command({"profile": 0})

    assert "Caso 0" in answer.text
    rows = [row async for row in profile.find({"op": "query", "ns": {"$regex": r"\.practices$"}})]
    words = [row for row in rows if "tokens" in row["command"]["filter"]]
    assert words and all(row["docsExamined"] == 0 and not row.get("hasSortStage") for row in words)
    assert {row["planSummary"] for row in words} == {"IXSCAN { listed: 1, tokens: 1, published_at: -1, _id: -1 }"}
    assert not await profile.count_documents({"op": "getmore", "ns": {"$regex": r"\.practices$"}})
    assert sum(row["docsExamined"] for row in rows) <= 70
    assert sum(row["responseLength"] for row in rows) < 300_000
