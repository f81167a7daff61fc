"""A release: every process is ended by SIGTERM and started again, one of each service at a time, under load."""

import asyncio
import time

from tests.kafka.installation import SERVICES
from tests.kafka.membership import members
from tests.kafka.processes import Process


async def roll(processes: list[Process]) -> None:
    for process in processes:
        assert await process.terminate() == 0, process.output()[-2000:]
        process.spawn()
        await process.ready()


async def test_a_rolling_restart_under_load_is_seen_by_no_client_and_loses_nothing(
    installation, ledger, measured
) -> None:
    restarts = asyncio.gather(*(roll(installation.processes[name]) for name in SERVICES))
    asked_again, before, began = ledger.repeated, len(ledger.promised), time.monotonic()

    while not restarts.done():
        await ledger.load(20, at_once=5)
    await restarts
    took, converged = time.monotonic() - began, await ledger.converged(40)

    assert ledger.refused == {}, "a client was answered with an error"
    for name in SERVICES:
        await members(installation, name, 2)
    again = await ledger.audit()
    asked_again = ledger.repeated - asked_again
    requests = len(ledger.promised) - before
    measured(
        "rolling restart",
        seconds=took,
        requests=requests,
        converged_after=converged,
        waited_for=ledger.slowest,
        asked_again=asked_again,
        **again,
    )
