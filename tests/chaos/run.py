"""One run: clients, experts and strikes at once, then the ledger."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.clients import Promises, submit_all
from tests.chaos.experts import work_all
from tests.chaos.installation import Installation
from tests.chaos.ledger import Books, Ledger, shortened
from tests.chaos.pace import Pace
from tests.chaos.reports import dead_letters, read_reports, rebuild
from tests.chaos.schedule import Schedule
from tests.chaos.victims import Victim, strike_all


@dataclass
class Result:
    """What is printed at the end of the run."""

    schedule: Schedule
    promises: Promises
    kills: list[tuple[str, float]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The summary for people."""
        times: dict[str, list[float]] = {}
        for victim, at in self.kills:
            times.setdefault(victim, []).append(at)
        kills = [f"{victim} {' '.join(f'{at:.1f}' for at in sorted(moments))}" for victim, moments in times.items()]
        promised = self.promises
        by_mail = sum(not number for number in promised.requests.values())
        return [
            f"seed {self.schedule.seed}, {self.schedule.seconds:.0f} s, {len(self.kills)} kills at: {'; '.join(kills)}",
            f"promised: {len(promised.requests)} requests ({by_mail} by mail), {len(promised.accepted)} accepted, "
            f"{len(promised.said)} answers, {len(promised.resolved)} resolved, {len(promised.declined)} declined; "
            f"asked again: {dict(promised.asked_again)}",
            ", ".join(f"{name}: {value}" for name, value in self.figures.items()),
        ]


async def carry_out(installation: Installation, victims: Sequence[Victim], schedule: Schedule) -> Result:
    """Lives through the schedule; returns when every client has its answer and the last victim lives again."""
    result = Result(schedule, Promises())
    over, pace, began = asyncio.Event(), Pace(), time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        clock = tasks.create_task(pace.run())
        experts = tasks.create_task(work_all(installation, result.promises, schedule.seed, over))
        try:
            strikes = strike_all(victims, schedule.strikes, pace, lambda *kill: result.kills.append(kill))
            await asyncio.gather(submit_all(installation, schedule, result.promises, pace), strikes)
        finally:
            over.set()
            clock.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(experts), 60)
    result.figures["chaos"] = f"{time.monotonic() - began:.0f} s"
    return result


async def settle(installation: Installation, result: Result, seconds: float) -> None:
    """Asserts that all is kept, nothing doubled and all agree; the figures go to the summary."""
    promises, figures, ledger = result.promises, result.figures, Ledger(installation, result.promises)
    passed, books = await ledger.converged(seconds)
    doubled = ledger.doubled(books)
    figures |= {
        "lost": 0, "doubled": sum(len(what) if isinstance(what, list) else what for what in doubled.values()),
        "mails": sum(installation.post.arrived.values()), "mails repeated": ledger.repeated(),
        "in the queue": sum(case["queue"] in ("stuck", "coordinator") for case in books.cases.values()),
        "converged after": f"{passed:.1f} s",
    }  # fmt: skip
    assert not doubled, shortened(doubled)
    assert not promises.unexpected, promises.unexpected
    assert await dead_letters(installation) == {}
    await _same_after_a_rebuild(installation, books)
    late = ledger.doubled(await ledger.read())
    assert not late, shortened(late)


async def _same_after_a_rebuild(installation: Installation, books: Books) -> None:
    before = await read_reports(installation)
    assert before["service-levels?group_by=theme"]["totals"]["requests"] == len(books.requests)

    await rebuild(installation)

    assert await read_reports(installation) == before, "another report after the rebuild"
