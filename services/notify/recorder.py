"""The recorder keeps what came of a batch's letters: many in one transaction, and each on its own when that fails.

A letter whose record is lost leaves again under the same Message-ID, so the window is small: what waits is stored as
soon as the last transaction ends, and when outcomes pile up, because the database is away, no further letters leave.
An outcome that cannot be stored is tried again within a limit and repeats nobody else's letter.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import structlog

from services.chassis.errors import frames
from services.chassis.execution import Executor
from services.chassis.mongo import Document
from services.chassis.work import Key, Work
from services.notify import outcomes
from services.notify.channels.letter import Outcome
from services.notify.store import ATTEMPTS, DELIVERIES

AHEAD = 40
"""Outcomes that are stored together, and as many may wait for the next time: a kill repeats no more letters."""
_PAUSES = (0.1, 0.5, 2.0, 5.0, 5.0, 5.0)
log = structlog.get_logger()

Kept = tuple[Document, Outcome | None]


class Recorder:
    """For one batch, as a context: at its end everything is recorded or given up. `until`: no retry after it."""

    def __init__(self, executor: Executor, until: float) -> None:
        self._executor = executor
        self._until = until
        self._waiting: asyncio.Queue[Kept] = asyncio.Queue(AHEAD)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="recorder")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not isinstance(error, asyncio.CancelledError):
                await self._waiting.join()
        finally:
            self._task.cancel()

    async def keep(self, delivery: Document, outcome: Outcome | None) -> None:
        """Hands over what came of a letter, None when it was not tried; waits while too many are not yet stored."""
        await self._waiting.put((delivery, outcome))

    async def _run(self) -> None:
        while True:
            group = [await self._waiting.get()]
            while len(group) < AHEAD and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            try:
                await self._store(group)
            except Exception as error:
                log.info("outcomes_one_by_one", count=len(group), error=type(error).__name__, at=frames(error))
                await asyncio.gather(*map(self._alone, group))
            finally:
                for _ in group:
                    self._waiting.task_done()

    async def _alone(self, kept: Kept) -> None:
        for pause in (*_PAUSES, 0.0):
            try:
                await self._store([kept], believed=False)
                return
            except Exception as error:
                if not pause or time.monotonic() > self._until:
                    id, kind = kept[0]["_id"], type(error).__name__
                    log.error("outcome_not_recorded", delivery_id=id, error=kind, at=frames(error))
                    return
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))

    async def _store(self, group: Sequence[Kept], believed: bool = True) -> None:
        def decide(work: Work) -> None:
            for delivery, outcome in group:
                outcomes.record(work, delivery["_id"], delivery["attempts"], outcome, random.random())

        tried = [delivery for delivery, outcome in group if outcome]
        keys = {
            DELIVERIES: [delivery["_id"] for delivery, _ in group],
            ATTEMPTS: [outcomes.attempt_id(delivery["_id"], delivery["attempts"]) for delivery in tried],
        }
        known: dict[Key, Document | None] = {(ATTEMPTS, id): None for id in keys[ATTEMPTS]}
        known |= {(DELIVERIES, delivery["_id"]): delivery for delivery, _ in group}
        await self._executor.run(keys, decide, known=known if believed else {})
        for delivery, outcome in group:
            if outcome:
                log.info(
                    "delivery_attempted", delivery_id=delivery["_id"], attempt=delivery["attempts"],
                    channel=delivery["channel"], outcome=outcome.kind, reason=outcome.reason,
                )  # fmt: skip
