"""One run: clients, experts and strikes at once, then the ledger."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from tests.chaos.clients import submit_all
from tests.chaos.experts import Desk, work_all
from tests.chaos.installation import Installation
from tests.chaos.ledger import QUEUED, Books, Findings, Ledger
from tests.chaos.pace import Pace
from tests.chaos.record import Record
from tests.chaos.reports import dead_letters, read_reports, rebuild
from tests.chaos.strikes import Strikes
from tests.chaos.victims import Victim

_PATIENCE = 200.0
"""Longer than a letter stays claimed. A slow machine has more time, as long as less and less is missing."""


async def live_through(installation: Installation, victims: Sequence[Victim], record: Record) -> None:
    """The whole run: the schedule, then every comparison; asserts that nothing is lost, doubled or unexpected."""
    desk, pace = Desk(record.schedule), Pace()
    strikes = Strikes(victims, record.schedule.strikes, pace)
    record.kills = strikes.kills
    tasks = [asyncio.create_task(pace.run()), asyncio.create_task(work_all(installation, record.promises, desk))]
    ledger = Ledger(installation, record.promises, desk)
    began = time.monotonic()
    try:
        await submit_all(installation, record.schedule, record.promises, pace, strikes)
        record.seconds["submission"] = _since(began)
        await strikes.ended()
        answered, last_kill = time.monotonic(), began + record.kills[-1].at
        with suppress(TimeoutError):
            await asyncio.wait_for(desk.finished.wait(), _PATIENCE)
            record.seconds["experts_after_the_last_answer"] = _since(answered)
        books, record.missing = await ledger.converged(_PATIENCE if desk.finished.is_set() else 20)
        record.seconds["converged_after_the_last_kill"] = _since(last_kill)
        record.seconds["converged_after_the_last_answer"] = _since(answered)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    record.doubled = ledger.doubled(books)
    _count(installation, record, ledger, books)
    assert [end for end in ended if not isinstance(end, asyncio.CancelledError)] == []
    await _judge(installation, record, ledger, books)


def _since(moment: float) -> float:
    return round(time.monotonic() - moment, 1)


def _count(installation: Installation, record: Record, ledger: Ledger, books: Books) -> None:
    arrived = sum(installation.post.arrived.values())
    record.mails |= {"arrived": arrived, "wanted": len(set(books.steps())), "repeated": ledger.repeated()}
    waiting = sum(case["queue"] in QUEUED for case in books.cases.values())
    resolved = sum(row["base"] == "resolved" for row in books.requests.values())
    led = sum(row["lead"] is not None for row in books.requests.values())
    record.requests |= {
        "requests": len(books.requests), "with_one_lead": led, "of_these_resolved": resolved,
        "waiting_with_a_reason": waiting, "rows_in_the_report": len(books.facts),
    }  # fmt: skip


async def _judge(installation: Installation, record: Record, ledger: Ledger, books: Books) -> None:
    record.parked = await dead_letters(installation)
    assert not any(record.missing.values()), f"lost: {_shortened(record.missing)}"
    assert not any(record.doubled.values()), f"doubled: {_shortened(record.doubled)}"
    assert not record.promises.unexpected, record.promises.unexpected
    assert record.parked == {}
    assert len(record.kills) == len(record.schedule.strikes)
    await _same_after_a_rebuild(installation, record, books)
    record.doubled = ledger.doubled(await ledger.read())
    assert not any(record.doubled.values()), f"doubled by the rebuild: {_shortened(record.doubled)}"


async def _same_after_a_rebuild(installation: Installation, record: Record, books: Books) -> None:
    before = await read_reports(installation)
    assert before["service-levels?group_by=theme"]["totals"]["requests"] == len(books.requests)

    await rebuild(installation)

    after = await read_reports(installation)
    record.same_report_after_rebuild = after == before
    assert after == before, "another report after the rebuild"


def _shortened(findings: Findings) -> str:
    """Some of each kind, to be read by people."""
    return "; ".join(f"{name}: {len(what)}, such as {what[:3]}" for name, what in findings.items() if what)
