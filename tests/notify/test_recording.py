"""What came of a mail is recorded soon and for itself: a record that fails repeats nobody else's mail."""

import asyncio
import time
from typing import Any

import pytest

from contracts.requests import RequestSubmitted
from services.chassis.execution import Contended
from services.notify import outcomes, recorder
from services.notify.channels.letter import SENT
from services.notify.recorder import AHEAD, Recorder
from services.notify.sender import CLAIMED_FOR
from tests.notify.material import about_request, id_of, message_id_of


@pytest.fixture
async def planned(notify: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of 40 deliveries that are due; what fails is tried again at once."""
    monkeypatch.setattr(recorder, "_PAUSES", (0.001, 0.001))
    await notify.hear(*(about_request(RequestSubmitted, request=id_of(f"request {n}")) for n in range(40)))
    await notify.plan()
    return [row["_id"] for row in await notify.rows("deliveries", status="due")]


async def test_a_record_that_fails_for_good_repeats_nobody_elses_mail(notify, planned, monkeypatch) -> None:
    record = outcomes.record

    def failing(work: Any, id: str, *details: Any) -> None:
        if id == planned[7]:
            raise RuntimeError
        record(work, id, *details)

    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "record", failing)
        await notify.work()
    sent = await notify.rows("deliveries", status="sent")
    notify.clock.advance(CLAIMED_FOR)

    await notify.work()

    assert len(sent) == 39
    ids = [mail["message-id"] for mail in notify.mails]
    assert [id for id in set(ids) if ids.count(id) > 1] == [message_id_of(planned[7])]
    assert len(ids) == 41 and len(await notify.rows("outbox")) == 40


async def test_a_record_that_fails_for_a_while_is_repeated_and_no_mail_is(notify, planned, monkeypatch) -> None:
    run, fails = notify.service.executor.run, [3]

    async def contended(keys: Any, decide: Any, *details: Any, **more: Any) -> Any:
        if "attempts" in keys and fails[0]:
            fails[0] -= 1
            raise Contended("others")
        return await run(keys, decide, *details, **more)

    monkeypatch.setattr(notify.service.executor, "run", contended)
    await notify.work()
    notify.clock.advance(CLAIMED_FOR)

    await notify.work()

    assert fails == [0] and len(notify.mails) == 40
    assert len(await notify.rows("deliveries", status="sent", attempts=1)) == 40
    assert len(await notify.rows("outbox")) == len(await notify.rows("attempts")) == 40


async def test_mails_that_leave_together_are_recorded_together(notify, planned, monkeypatch) -> None:
    run, records = notify.service.executor.run, []

    async def counted(keys: Any, decide: Any, *details: Any, **more: Any) -> Any:
        if "attempts" in keys:
            records.append(len(keys["attempts"]))
        return await run(keys, decide, *details, **more)

    monkeypatch.setattr(notify.service.executor, "run", counted)
    await notify.work()

    assert sum(records) == 40 and len(records) < 30


async def test_no_further_mails_leave_while_none_can_be_recorded() -> None:
    class Away:
        async def run(self, *details: Any, **more: Any) -> None:
            await asyncio.Event().wait()

    handed_over = []

    async def hand_over() -> None:
        async with Recorder(Away(), time.monotonic() + 60) as away:  # type: ignore[arg-type]
            for n in range(500):
                await away.keep({"_id": str(n), "attempts": 1, "channel": "email"}, SENT)
                handed_over.append(n)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hand_over(), 0.3)
    assert AHEAD <= len(handed_over) <= 2 * AHEAD
