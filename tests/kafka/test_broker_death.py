"""The broker dies without warning under load and comes back with its data: everything converges, nothing is resent."""

import asyncio
import time

import pytest

from tests.kafka.membership import members


async def test_a_broker_killed_and_restarted_under_load_costs_only_time(
    kafka, installation, ledger, eventually, measured
) -> None:
    if not kafka.mortal:
        pytest.skip("the broker was given by address: it is not ours to kill")
    load, before = asyncio.create_task(ledger.load(300)), len(ledger.promised)
    await eventually(lambda: len(ledger.promised) >= before + 100, 30)

    await kafka.kill()
    killed = time.monotonic()
    await load
    while time.monotonic() - killed < 3:
        await ledger.load(5)
    accepted_meanwhile = len(ledger.promised) - before
    await kafka.restart()
    back = time.monotonic()
    converged = await ledger.converged(60)

    assert ledger.refused == {}, "requests must be accepted while the broker is away"
    for name in installation.processes:
        await members(installation, name, 2)
    again = await ledger.audit()
    # A broker with its data must not be taken for an empty one, although connections broke and offsets came twice.
    assert {process.log.name: process.said("events_sent_again") for process in installation.all} == {
        process.log.name: 0 for process in installation.all
    }
    measured(
        "broker killed",
        away=back - killed,
        accepted=accepted_meanwhile,
        converged_after_return=converged,
        waited_for=ledger.slowest,
        **again,
    )
