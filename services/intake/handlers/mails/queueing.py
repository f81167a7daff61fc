"""Mails that come faster than they can be taken: kept and answered at once, taken in their order when the rush ebbs.

A mail that comes alone is taken before it is answered, unless earlier ones wait. During a rush answering goes first,
until the oldest has waited for `_PATIENCE`: then taking goes on as well, and senders wait a little longer.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

import structlog
from prometheus_client import Gauge

from contracts.envelope import new_id
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.intake.handlers.mails.arrivals import Arrival, Door, keep_bytes
from services.intake.handlers.mails.matching import match, threads
from services.intake.handlers.mails.receiving import TAKEN, delayed, opened, receive, take, unread
from services.intake.handlers.mails.strangers import keep_stranger
from services.intake.handlers.parts import Parts
from services.intake.mailbox.listener import Reply
from services.intake.store.mail_queue import QueuedMail

log = structlog.get_logger()
_FEW = 2
"""Mails in hand at once, each waiting for its answer, that are no rush."""
_CALM = 0.3
"""Seconds without two in hand, after which a rush is over."""
_PATIENCE = timedelta(seconds=60)
_AT_ONCE = 64
"""Enough to share transactions, few enough that whoever asks for something else meanwhile has a turn soon."""
_MOST_TRIES = 5
_LONGEST_PAUSE = 10.0
_FULL = Reply(452, "4.3.1 Too many mails wait here, try again later")
_COUNTED_EVERY = 1.0


class MailQueue:
    """What stands between the doors and `receive`. filled: called when mails wait that may be taken now.

    waiting, age: how many wait, and seconds since the oldest came.
    """

    def __init__(self, parts: Parts, door: Door, waiting: Gauge, age: Gauge) -> None:
        self.filled: Callable[[], None] = lambda: None
        self._parts, self._door = parts, door
        self._store = parts.stores.mail_queue
        self._waiting, self._age = waiting, age
        self._in_hand = 0
        self._rushed_at = -_CALM
        self._failed: dict[str, int] = {}
        """How often each was not possible while others were."""
        self._pause, self._again_at = 0.0, 0.0
        self._length, self._counted_at = 0, -_COUNTED_EVERY

    @property
    def rushed(self) -> bool:
        """Whether mails come faster than they can be taken."""
        return time.monotonic() - self._rushed_at < _CALM

    async def receive(self, raw: bytes, return_path: str, recipient: str) -> Reply:
        """Keeps a mail and says how to answer it. Never raises."""
        self._in_hand += 1
        if self._in_hand > (1 if self.rushed else _FEW):
            self._rushed_at = time.monotonic()
        try:
            if not self.rushed and await self._store.oldest() is None:
                return await receive(self._parts, self._door, raw, return_path, recipient)
            if await self._is_full():
                return _FULL
            await self._add(raw, return_path, recipient)
        except Exception as error:
            return delayed(error)
        finally:
            self._in_hand -= 1
        self._again_at = 0.0
        if not self.rushed:
            self.filled()
        return TAKEN

    async def _is_full(self) -> bool:
        """Whether no more may wait, as of a moment ago. The sending server keeps what it is told to try again."""
        if (now := time.monotonic()) >= self._counted_at + _COUNTED_EVERY:
            self._counted_at = now
            self._length = await self._store.length()
        return self._length >= self._door.policy.queue_most

    async def _add(self, raw: bytes, return_path: str, recipient: str) -> None:
        kept = await keep_bytes(self._parts, raw)
        now = self._parts.clock.now()
        await self._store.add(QueuedMail(new_id(), now, return_path, recipient, len(raw), **kept))

    async def work_off(self) -> bool:
        """Takes the oldest that wait; whether to go on at once. A job calls it, one process at a time."""
        oldest = await self._store.oldest()
        age = self._parts.clock.now() - oldest if oldest else timedelta()
        self._age.set(age.total_seconds())
        self._waiting.set(await self._store.length() if oldest else 0)
        if oldest is None or (self.rushed and age < _PATIENCE) or time.monotonic() < self._again_at:
            return False
        done = await self._take_all(await self._store.first(_AT_ONCE))
        await self._store.remove(done)
        # What is not possible is tried less and less often, or with the next that comes.
        self._pause = 0.0 if done else min(2 * self._pause + 0.5, _LONGEST_PAUSE)
        self._again_at = time.monotonic() + self._pause
        return bool(done)

    async def _take_all(self, rows: Iterable[Document]) -> list[str]:
        """The ids of those that had their effect. Each waits for what came before it in its conversation."""
        arrivals: dict[str, Arrival] = {}
        for row in rows:
            try:
                arrivals[row["_id"]] = await self._arrival(row)
            except Exception as error:
                delayed(error)
        last: dict[str, asyncio.Task[bool]] = {}
        tasks: dict[str, asyncio.Task[bool]] = {}
        for id, arrival in arrivals.items():
            common = threads(self._door, arrival)
            earlier = {last[thread] for thread in common if thread in last}
            task = asyncio.create_task(self._take(arrival, earlier), name="queued-mail")
            last |= dict.fromkeys(common, task)
            tasks[id] = task
        done = [id for id, task in tasks.items() if await task]
        failed = tasks.keys() - set(done)
        # Only when others were possible is it a mail's own fault that it was not.
        self._failed = {id: self._failed.get(id, 0) + bool(done) for id in failed}
        return done

    async def _arrival(self, row: Document) -> Arrival:
        await asyncio.sleep(0)  # Others have a turn between two mails.
        raw = await self._parts.stores.mails.original(row)
        if self._failed.get(row["_id"], 0) < _MOST_TRIES:
            arrival = await opened(self._door, raw, row["return_path"], row["recipient"])
        else:
            log.warning("queued_mail_given_up", queued_id=row["_id"])
            arrival = unread(self._door, raw, row["recipient"])
        return replace(arrival, came_at=row["came_at"], kept={"raw": row["raw"], "file": row["file"]})

    async def _take(self, arrival: Arrival, earlier: set[asyncio.Task[bool]]) -> bool:
        if earlier:
            await asyncio.wait(earlier)
        try:
            try:
                await take(self._parts, self._door, arrival)
            except Problem as problem:
                # Its sender was told already that it is kept.
                log.info("queued_mail_not_admitted", reason=problem.kind)
                about = await match(self._parts, self._door, arrival)
                await keep_stranger(self._parts, self._door, arrival, about, "not-admitted")
        except Exception as error:
            delayed(error)
            return False
        return True
