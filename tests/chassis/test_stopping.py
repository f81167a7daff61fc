"""A service ends when it is told to, whatever one of its parts does."""

import asyncio

from services.chassis import service as chassis
from tests.chassis.toy import toy


async def test_a_part_that_hangs_keeps_no_other_at_work(settings, clock, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(chassis, "_STOP_WITHIN", 0.1)
    service, stopped = toy(settings, clock, tmp_path), []

    async def start() -> None:
        return None

    async def hang() -> None:
        await asyncio.Event().wait()

    async def stop() -> None:
        stopped.append("the other part")

    service.background += [(start, stop), (start, hang)]
    await asyncio.wait_for(service.stop(), 10)

    assert stopped == ["the other part"]
