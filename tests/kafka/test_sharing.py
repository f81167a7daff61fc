"""Two processes of each service: they share the work, take over from a dead one, and double nothing."""

import asyncio
import random
import time

from tests.kafka.conftest import SEED, SESSION_MS
from tests.kafka.installation import SERVICES
from tests.kafka.membership import members


async def test_two_processes_share_the_partitions_and_the_work(installation, ledger, measured) -> None:
    for name in SERVICES:
        await members(installation, name, 2)
    before = {process: await process.metric("events_consumed_total") for process in installation.all}

    began = time.monotonic()
    await ledger.load(300)
    accepted = time.monotonic() - began
    converged = await ledger.converged(40)

    spread = {}
    for name in SERVICES:
        shares = [await p.metric("events_consumed_total") - before[p] for p in installation.processes[name]]
        assert min(shares) > 0.2 * sum(shares), f"{name}: {shares}"
        spread[name] = "/".join(f"{share:.0f}" for share in shares)
    assert ledger.refused == {}
    again = await ledger.audit()
    measured(
        "shared", accepted_per_s=300 / accepted, converged_after=converged, waited_for=ledger.slowest, **spread, **again
    )


async def test_a_killed_process_of_each_service_is_replaced_by_the_other_in_mid_batch(
    installation, ledger, eventually, measured
) -> None:
    chosen = random.Random(SEED)
    for name in SERVICES:
        await members(installation, name, 2)
    victims = {name: chosen.choice(installation.processes[name]) for name in SERVICES}

    load = asyncio.create_task(ledger.load(300))
    already = len(ledger.promised)
    await eventually(lambda: len(ledger.promised) >= already + 100, 30)
    for victim in victims.values():
        await victim.kill()
    killed = time.monotonic()
    await load
    took = {name: await members(installation, name, 1) for name in SERVICES}
    alone = time.monotonic() - killed
    await ledger.converged(40)
    converged = time.monotonic() - killed

    assert alone < SESSION_MS / 1000 + 4, took
    again = await ledger.audit()
    measured("one of two killed", taken_over_after=alone, converged_after=converged, waited_for=ledger.slowest, **again)
