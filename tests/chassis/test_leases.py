"""One holder at a time, and never nobody for long."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from services.chassis.leases import LEASES, Lease
from services.chassis.mongo import Database

Eventually = Callable[..., Awaitable[Any]]
NewLease = Callable[..., Lease]
SHORT = 0.9


@pytest.fixture
async def new_lease(database: Database) -> AsyncIterator[NewLease]:
    """Makes leases as several processes would hold them; all are stopped afterwards."""
    made: list[Lease] = []

    def make(name: str = "relay", seconds: float = SHORT) -> Lease:
        made.append(Lease(database, name, seconds))
        return made[-1]

    yield make
    await asyncio.gather(*(lease.stop() for lease in made))


async def _die(lease: Lease) -> None:
    """Ends as a killed process does: nothing is given back."""
    assert lease._task
    lease._task.cancel()
    with suppress(asyncio.CancelledError):
        await lease._task


async def test_two_never_hold_a_lease_at_once(new_lease: NewLease) -> None:
    leases = [new_lease() for _ in range(4)]
    await asyncio.gather(*(lease.start() for lease in leases))
    holders: set[int] = set()

    end = time.monotonic() + 3 * SHORT
    while time.monotonic() < end:
        held = [number for number, lease in enumerate(leases) if lease.held]
        assert len(held) <= 1
        holders.update(held)
        await asyncio.sleep(0.005)

    assert len(holders) == 1


async def test_leases_of_other_names_do_not_meet(new_lease: NewLease) -> None:
    leases = [new_lease(name) for name in ("relay", "matcher")]

    await asyncio.gather(*(lease.start() for lease in leases))

    assert all(lease.held for lease in leases)


async def test_the_lease_of_a_dead_holder_goes_over_when_its_time_has_passed(
    new_lease: NewLease, eventually: Eventually
) -> None:
    dead, heir = new_lease(), new_lease()
    await dead.start()
    await heir.start()
    assert (dead.held, heir.held) == (True, False)

    await _die(dead)

    await eventually(lambda: heir.held, seconds=SHORT + SHORT / 3 + 1)
    assert not dead.held


async def test_a_holder_that_ends_gives_the_lease_back_at_once(new_lease: NewLease, eventually: Eventually) -> None:
    first, heir = new_lease(seconds=60), new_lease(seconds=60)
    await first.start()

    await first.stop()
    await heir.start()

    assert (first.held, heir.held) == (False, True)


async def test_a_renewal_under_way_does_not_bring_an_ended_lease_back(database: Database, new_lease: NewLease) -> None:
    lease = new_lease()
    await lease.start()
    renew, under_way = lease._try, asyncio.Event()

    async def slowly() -> None:
        under_way.set()
        # The driver goes on in its thread whatever becomes of the task that asked.
        await asyncio.shield(asyncio.ensure_future(_later(renew)))

    lease._try = slowly  # type: ignore[method-assign]
    await asyncio.wait_for(under_way.wait(), 5)
    await lease.stop()

    assert await database[LEASES].find_one({"_id": "relay"}) is None
    assert len([task for task in asyncio.all_tasks() if "_later" in repr(task)]) == 0


async def _later(renew: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(0.2)
    await renew()


async def test_a_holder_that_cannot_renew_counts_itself_out_before_another_is_let_in(
    new_lease: NewLease, eventually: Eventually
) -> None:
    cut_off, heir = new_lease(), new_lease()
    await cut_off.start()
    await heir.start()

    async def away() -> None:
        raise AutoReconnect("no route")

    cut_off._try = away  # type: ignore[method-assign]
    both = False
    end = time.monotonic() + 2 * SHORT
    while time.monotonic() < end and not heir.held:
        both = both or (cut_off.held and heir.held)
        await asyncio.sleep(0.005)

    await eventually(lambda: heir.held)
    assert not both
    assert not cut_off.held


async def test_the_databases_clock_decides_and_not_the_processes(database: Database, new_lease: NewLease) -> None:
    lease = new_lease(seconds=60)
    await lease.start()

    row = await database[LEASES].find_one({"_id": "relay"})
    server = await database.raw.command("hello")

    assert row
    assert 55 < (row["until"].replace(tzinfo=None) - server["localTime"]).total_seconds() < 61
