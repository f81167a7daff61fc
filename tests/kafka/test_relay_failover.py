"""The relay's holder is killed or paused: the other process publishes within five seconds."""

import signal
import time

import pytest

from tests.kafka.ledger import Ledger
from tests.kafka.processes import Process

WITHIN = 5.0


async def holder(processes: list[Process], ledger: Ledger) -> tuple[Process, Process]:
    """Who publishes now, and the other: seen by what each has published."""
    before = [await process.metric("events_published_total") for process in processes]
    await ledger.load(3)
    await ledger.converged(20)
    shares = [
        await process.metric("events_published_total") - old for process, old in zip(processes, before, strict=True)
    ]
    assert sorted(share > 0 for share in shares) == [False, True], f"one relay at a time: {shares}"
    first, second = processes
    return (first, second) if shares[0] else (second, first)


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "paused"])
async def test_the_other_process_publishes_within_five_seconds(installation, ledger, measured, way) -> None:
    victim, heir = await holder(installation.processes["intake"], ledger)
    outbox = installation.databases["intake"]["outbox"]
    front = installation.fronts["intake"]

    front.backends = [heir.port]  # As a proxy does that has seen a process fail its probe.
    victim.signal(way)
    began = time.monotonic()
    # Whatever is published from now on, the other one has published.
    await ledger.load(20, url=heir.url)
    while await outbox.find_one({"unpublished": True}):
        assert time.monotonic() - began < WITHIN + 5
    took = time.monotonic() - began

    if way == signal.SIGSTOP:
        victim.signal(signal.SIGCONT)
    else:
        await victim.ended()
        await installation.heal()
    converged = await ledger.converged(40)
    assert took < WITHIN
    again = await ledger.audit()
    measured(
        f"relay {way.name}", published_after=took, converged_after_return=converged, waited_for=ledger.slowest, **again
    )
