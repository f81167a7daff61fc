"""The sender brings due deliveries to people, each by one process at a time, and records every attempt.

A delivery is claimed (status `sending`, the attempt counted) under its version before anything leaves. A process
that dies between the other side's yes and our record leaves the claim to run out, and the same letter leaves
again under the same id. Whatever is away only delays: from a minute up to an hour, for 48 hours.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from services.chassis.clock import Clock
from services.chassis.errors import frames
from services.chassis.execution import Executor
from services.chassis.mongo import Database, Document
from services.notify import outcomes
from services.notify.channels.letter import Channel, Letter, Outcome, Send
from services.notify.directory import Away, Directory
from services.notify.letters import Letters
from services.notify.recorder import Recorder
from services.notify.store import DELIVERIES, deliveries

_AT_ONCE = 200
_WORTH_A_CONNECTION = 10
"""So many more letters are worth another connection."""
CLAIMED_FOR = timedelta(minutes=3)
_BATCH_SECONDS = 60.0
"""No letter of a batch leaves later than this after the claim, well before the claim runs out."""
_RECORDING_SECONDS = 60.0
"""How long after that a record is tried again, still before the claim runs out."""
_DRAIN_WITHIN = 25.0
INTAKE_AWAY = Outcome("delayed", "intake_away")
NOT_RENDERED = Outcome("delayed", "not_rendered")
log = structlog.get_logger()

Thread = tuple[str, str, str]


@dataclass(frozen=True)
class Tools:
    """What the sender works with."""

    database: Database
    executor: Executor
    clock: Clock
    directory: Directory
    letters: Letters
    channels: Mapping[str, Channel]
    connections: int = 4


@dataclass(frozen=True)
class Batch:
    """What the letters of a batch share. `threads`: the first letter of each; `ends`: when no more may leave."""

    letters: Mapping[str, Letter | Outcome]
    threads: dict[Thread, str]
    recorder: Recorder
    ends: float


class Sender:
    """The job `sender`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._stopping = False
        self._busy = asyncio.Lock()

    async def start(self) -> None:
        """The job does the work; see `run`."""

    async def stop(self) -> None:
        """Lets the letters in flight end and be recorded; gives the others of its batch back."""
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
        known = {(DELIVERIES, delivery["_id"]): delivery for delivery in due}
        ids = [delivery["_id"] for delivery in due]
        taken = await self._tools.executor.run(
            {DELIVERIES: ids}, lambda work: outcomes.claim(work, ids, CLAIMED_FOR), known=known
        )
        return sorted(taken, key=lambda delivery: str(delivery["position"]))

    async def _send(self, taken: list[Document]) -> None:
        tools, ends = self._tools, time.monotonic() + _BATCH_SECONDS
        async with Recorder(tools.executor, ends + _RECORDING_SECONDS) as recorder:
            try:
                recipients = (delivery["recipient"] for delivery in taken)
                doubtful = await deliveries.unreachable(tools.database, recipients)
                letters = await tools.letters.write(taken, tools.clock.now(), doubtful)
            except Away:
                for delivery in taken:
                    await recorder.keep(delivery, INTAKE_AWAY)
                return
            threads = await deliveries.threads_of(tools.database, (delivery["request"] for delivery in taken))
            batch = Batch(letters, threads, recorder, ends)
            lanes = [
                self._lane(tools.channels[code], lane, batch)
                for code in tools.channels
                for lane in lanes_of([row for row in taken if row["channel"] == code], tools.connections)
            ]
            # Not a task group: a lane that fails must not cancel a letter that is leaving on another one.
            for fault in await asyncio.gather(*lanes, return_exceptions=True):
                if fault:
                    raise fault

    async def _lane(self, channel: Channel, lane: list[Document], batch: Batch) -> None:
        async with channel.connected() as send:
            for delivery in lane:
                if self._stopping or time.monotonic() > batch.ends:
                    await batch.recorder.keep(delivery, None)
                    continue
                await batch.recorder.keep(delivery, await _bring(send, delivery, batch))


def lanes_of(taken: list[Document], most: int) -> list[list[Document]]:
    """Shares a channel's letters out among connections; those of one thread stay together, in their order."""
    count = min(most, 1 + len(taken) // _WORTH_A_CONNECTION)
    lanes: list[list[Document]] = [[] for _ in range(count)]
    lane_of: dict[Thread, list[Document]] = {}
    for delivery in taken:
        lane = lane_of.setdefault(thread_of(delivery), lanes[len(lane_of) % count])
        lane.append(delivery)
    return [lane for lane in lanes if lane]


def thread_of(delivery: Document) -> Thread:
    """What letters of one thread have in common."""
    return delivery["request"], delivery["recipient"], delivery["channel"]


async def _bring(send: Send, delivery: Document, batch: Batch) -> Outcome:
    letter, thread = batch.letters[delivery["_id"]], thread_of(delivery)
    if isinstance(letter, Outcome):
        return letter
    try:
        outcome = await send(replace(letter, thread=batch.threads.get(thread)))
    except Exception as error:
        # A fault of one text must not hold up the letters behind it.
        log.error("letter_not_sent", delivery_id=delivery["_id"], error=type(error).__name__, at=frames(error))
        return NOT_RENDERED
    if outcome.kind == "sent":
        batch.threads.setdefault(thread, delivery["_id"])
    return outcome
