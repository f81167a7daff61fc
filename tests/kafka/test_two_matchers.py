"""Two routing processes on Apache Kafka, each killed or paused in mid-wave: never two leads, no place too many."""

import asyncio
import random
import signal
from collections import Counter

import pytest

from tests.kafka.conftest import SEED
from tests.kafka.membership import members


@pytest.mark.parametrize("way", [signal.SIGSTOP, signal.SIGKILL], ids=["paused", "killed"])
async def test_one_expert_leads_whatever_happens_to_the_matcher(installation, ledger, eventually, way) -> None:
    await members(installation, "routing", 2)
    database = installation.databases["routing"]
    chosen = random.Random(SEED)
    victims = chosen.sample(installation.processes["routing"], 2 if way == signal.SIGSTOP else 1)

    load = asyncio.create_task(ledger.load(300))
    for part, victim in enumerate(victims, start=1):
        goal = len(ledger.promised) + 60 * part
        await eventually(lambda goal=goal: len(ledger.promised) >= goal or load.done(), 30)
        if way == signal.SIGKILL:
            await victim.kill()
        else:
            # Longer than the lease: when it wakes up it still believes in what it remembers.
            victim.signal(signal.SIGSTOP)
            await asyncio.sleep(4)
            victim.signal(signal.SIGCONT)
    await load
    await ledger.converged(60)

    active = [row async for row in database["assignments"].find({"active": True})]
    held = {row["_id"]: set(row["held"]) async for row in database["loads"].find()}
    places = {row["_id"]: row["capacity"] async for row in database["experts"].find()}
    by_expert: dict[str, set[str]] = {}
    for row in active:
        by_expert.setdefault(row["expert"], set()).add(row["_id"])
    assert max(Counter(row["request"] for row in active).values()) == 1
    assert {expert: ids for expert, ids in held.items() if ids} == by_expert
    assert all(len(ids) <= places[expert] for expert, ids in by_expert.items())
    offers = Counter([row["request"] async for row in database["assignments"].find()])
    assert max(offers.values()) == 1, "nobody refused, so nobody is asked twice"
