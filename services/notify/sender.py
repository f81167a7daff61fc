"""The sender brings due deliveries to people, each by one process at a time, and records every attempt.

A delivery is claimed (status `sending`, the attempt counted) under its version before anything leaves. A process
that dies between the other side's yes and our record leaves the claim to run out, and the same letter leaves
again under the same id; so no more than `AHEAD` letters leave while earlier ones are not recorded, and a record is
tried until the database takes it. Whatever is away only delays: from a minute up to an hour, for 48 hours.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from services.chassis.clock import Clock
from services.chassis.errors import TransientError, frames
from services.chassis.execution import Executor
from services.chassis.mongo import Database, Document, is_infrastructure
from services.notify import outcomes
from services.notify.channels.letter import Channel, Letter, Outcome, Send
from services.notify.directory import Away, Directory
from services.notify.letters import Letters
from services.notify.store import ATTEMPTS, DELIVERIES, deliveries

_AT_ONCE = 50
CLAIMED_FOR = timedelta(minutes=3)
_BATCH_SECONDS = 60.0
"""No letter of a batch leaves later than this after the claim, well before the claim runs out."""
_DRAIN_WITHIN = 25.0
AHEAD = 5
"""As many letters may leave again when this process dies while the database is away. One would be slow."""
_RECORD_AGAIN_AFTER = 0.3
INTAKE_AWAY = Outcome("delayed", "intake_away")
NOT_RENDERED = Outcome("delayed", "not_rendered")
log = structlog.get_logger()

Threads = dict[tuple[str, str, str], str]


@dataclass(frozen=True)
class Tools:
    """What the sender works with."""

    database: Database
    executor: Executor
    clock: Clock
    directory: Directory
    letters: Letters
    channels: Mapping[str, Channel]


class Sender:
    """The job `sender`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._stopping = False
        self._busy = asyncio.Lock()

    async def start(self) -> None:
        """The job does the work; see `run`."""

    async def stop(self) -> None:
        """Lets the letter in flight end and be recorded; gives the others of its batch back."""
        self._stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_WITHIN), self._busy:
                pass
        await self._tools.directory.stop()

    async def run(self) -> bool:
        """Sends a batch; returns whether more may wait."""
        async with self._busy:
            if self._stopping:
                return False
            due = await deliveries.due_deliveries(self._tools.database, self._tools.clock.now(), _AT_ONCE)
            if due:
                await self._send(await self._claim(due))
            return len(due) == _AT_ONCE

    async def _claim(self, due: list[Document]) -> list[Document]:
        ids = [delivery["_id"] for delivery in due]
        taken = await self._tools.executor.run({DELIVERIES: ids}, lambda work: outcomes.claim(work, ids, CLAIMED_FOR))
        return sorted(taken, key=lambda delivery: str(delivery["position"]))

    async def _send(self, taken: list[Document]) -> None:
        tools, ends = self._tools, time.monotonic() + _BATCH_SECONDS
        try:
            letters = await tools.letters.write(taken, tools.clock.now())
        except Away:
            await asyncio.gather(*(self._record(delivery, INTAKE_AWAY) for delivery in taken))
            return
        threads = await deliveries.threads_of(tools.database, (delivery["request"] for delivery in taken))
        ahead = asyncio.Semaphore(AHEAD)
        async with asyncio.TaskGroup() as records:
            for code, channel in tools.channels.items():
                async with channel.connected() as send:
                    for delivery in taken:
                        if delivery["channel"] != code:
                            continue
                        await ahead.acquire()
                        if self._stopping or time.monotonic() > ends:
                            records.create_task(self._release(delivery, ahead))
                            continue
                        outcome = await self._bring(send, delivery, letters[delivery["_id"]], threads)
                        records.create_task(self._record(delivery, outcome, ahead))

    async def _bring(self, send: Send, delivery: Document, letter: Letter | Outcome, threads: Threads) -> Outcome:
        if isinstance(letter, Outcome):
            return letter
        key = (delivery["request"], delivery["recipient"], delivery["channel"])
        try:
            outcome = await send(replace(letter, thread=threads.get(key)))
        except Exception as error:
            # A fault of one text must not hold up the letters behind it.
            log.error("letter_not_sent", delivery_id=delivery["_id"], error=type(error).__name__, at=frames(error))
            return NOT_RENDERED
        if outcome.kind == "sent":
            threads.setdefault(key, delivery["_id"])
        return outcome

    async def _record(self, delivery: Document, outcome: Outcome, ahead: asyncio.Semaphore | None = None) -> None:
        id, attempt = delivery["_id"], delivery["attempts"]
        keys = {DELIVERIES: [id], ATTEMPTS: [outcomes.attempt_id(id, attempt)]}
        while True:
            try:
                await self._tools.executor.run(
                    keys, lambda work: outcomes.record(work, id, attempt, outcome, random.random()),
                    delivery["correlation"],
                )  # fmt: skip
                break
            except Exception as error:
                # Given up, a letter that was taken would leave again although nobody died.
                if self._stopping or not (isinstance(error, TransientError) or is_infrastructure(error)):
                    raise
                log.warning("record_delayed", delivery_id=id, attempt=attempt, error=type(error).__name__)
                await asyncio.sleep(_RECORD_AGAIN_AFTER)
        if ahead:
            ahead.release()
        log.info(
            "delivery_attempted", delivery_id=id, attempt=attempt, channel=delivery["channel"],
            outcome=outcome.kind, reason=outcome.reason,
        )  # fmt: skip

    async def _release(self, delivery: Document, ahead: asyncio.Semaphore) -> None:
        id, attempt = delivery["_id"], delivery["attempts"]
        await self._tools.executor.run({DELIVERIES: [id]}, lambda work: outcomes.release(work, id, attempt))
        ahead.release()
