"""Consumption: batches of messages are loaded, decided and saved together; each takes effect once, bad ones park.

A service lists in its table of events what it listens to. A batch is one transaction with the claims of its
events; offsets are committed after it. When the infrastructure fails, the same batch is tried again from the
look-up of claims on; when a message fails, it alone is parked. Handlers do no I/O.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from contracts.envelope import Event
from services.chassis.clock import Clock
from services.chassis.dead_letters import FloodStop, Parked, Record, reason_of
from services.chassis.decoding import Decoder, On
from services.chassis.execution import load
from services.chassis.metrics import Metrics
from services.chassis.mongo import Database, is_infrastructure
from services.chassis.saving import INBOX, NOBODY, AlreadyExists, SaveFailed, Stale, save
from services.chassis.work import Origin, Work

_PATIENCE = 3
"""How often a message may meet a document that somebody else has just created."""
log = structlog.get_logger()


@dataclass
class Incoming:
    """A decoded message on its way through a batch."""

    record: Record
    entry: On[Any]
    event: Event
    collisions: int = 0


@dataclass
class Outcome:
    """What became of a batch: how many messages took effect, which are to be parked, and how far it was read."""

    applied: int = 0
    parked: list[Parked] = field(default_factory=list)
    read: Sequence[Record] = ()
    flooded: bool = False


class Batches:
    """Applies batches for one consumer group, without knowing how they arrive."""

    def __init__(self, database: Database, table: Sequence[On[Any]], clock: Clock, metrics: Metrics) -> None:
        self.origin = Origin("urn:affianca:unset")
        self.saved: Callable[[], None] = lambda: None
        self._database = database
        self._decoder = Decoder(table)
        self._clock = clock
        self._metrics = metrics
        self._flood = FloodStop()
        # After a start, what was handled and not committed comes again.
        self._expects_repeats = True

    async def apply(self, records: Sequence[Record]) -> Outcome:
        """Decides and saves what can be; returns what must be parked. Waits as long as the database is away."""
        began = time.monotonic()
        outcome = Outcome(read=records)
        incoming = self._decode(records, outcome)
        failed = await self._until_saved(incoming)
        outcome.applied = len(incoming) - len(failed)
        outcome.parked += failed
        self._count(outcome)
        self._metrics.batch_size.observe(len(records))
        self._metrics.batch_seconds.observe(time.monotonic() - began)
        return outcome

    def _decode(self, records: Sequence[Record], outcome: Outcome) -> list[Incoming]:
        incoming = []
        for record in records:
            decoded = self._decoder.decode(record)
            if isinstance(decoded, Parked):
                outcome.parked.append(decoded)
            elif decoded is None:
                self._metrics.consumed.labels("skipped").inc()
            else:
                incoming.append(Incoming(record, *decoded))
        return incoming

    async def _until_saved(self, incoming: list[Incoming]) -> list[Parked]:
        delay = 0.02
        while True:
            try:
                return await self._save(incoming)
            except Exception as error:
                if not is_infrastructure(error):
                    raise
                self._expects_repeats = True  # It may have been stored, although the answer was lost.
                log.warning("batch_delayed", error=type(error).__name__, messages=len(incoming))
                await asyncio.sleep(random.uniform(delay / 2, delay))
                delay = min(delay * 2, 5.0)

    async def _save(self, incoming: list[Incoming]) -> list[Parked]:
        parked: list[Parked] = []
        while True:
            looked = self._expects_repeats
            fresh = await self._fresh([item for item in incoming if all(item.record is not p.record for p in parked)])
            works, kept, failed = await self._decide(fresh)
            if failed and not looked:
                self._expects_repeats = True  # A handler may well fail on what has already taken effect.
                continue
            parked += failed
            claims = [{"_id": item.event.id, "at": self._clock.now()} for item in kept]
            try:
                await save(self._database, works, claims)
            except SaveFailed as error:
                self._expects_repeats |= NOBODY in error.failures
                parked += _guilty(error, kept)
                continue
            if any(work.writes or work.events for work in works):
                self.saved()
            self._tell_outdated(item for item, work in zip(kept, works, strict=True) if work.outdated)
            return parked

    async def _decide(self, fresh: list[Incoming]) -> tuple[list[Work], list[Incoming], list[Parked]]:
        """Runs the handlers one after the other; each sees what the earlier ones made."""
        view = await load(self._database, (item.entry.keys(item.event) for item in fresh))
        works, kept, failed = [], [], []
        for item in fresh:
            work = Work(view, self._clock.now(), self.origin, cause=item.event)
            try:
                item.entry.handle(work, item.event)
            except Exception as error:
                failed.append(_failed(item, error))
                continue
            view.absorb(work)
            works.append(work)
            kept.append(item)
        return works, kept, failed

    async def _fresh(self, incoming: list[Incoming]) -> list[Incoming]:
        """Those that have not taken effect yet, each event once.

        The claims are looked up only while repeats are coming; otherwise storing the batch's own claims finds out.
        """
        claimed: set[str] = set()
        if self._expects_repeats:
            claimed = {row["_id"] for row in await self._database.by_ids(INBOX, {item.event.id for item in incoming})}
            self._expects_repeats = bool(claimed)
        fresh = []
        for item in incoming:
            if item.event.id in claimed:
                self._metrics.consumed.labels("duplicate").inc()
                continue
            claimed.add(item.event.id)
            fresh.append(item)
        return fresh

    def _tell_outdated(self, items: Iterable[Incoming]) -> None:
        for item in items:
            self._metrics.consumed.labels("outdated").inc()
            log.warning("event_outdated", event_id=item.event.id, type=item.event.type, subject=item.event.subject)

    def _count(self, outcome: Outcome) -> None:
        """Feeds the flood stop in the order of arrival; at a flood the batch ends there.

        What was saved behind that point is claimed already, so reading it again has no effect.
        """
        counting = {id(letter.record): letter.counts for letter in outcome.parked}
        for position, record in enumerate(outcome.read, start=1):
            if counting.get(id(record), True) and self._flood.saw(id(record) in counting):
                outcome.flooded = True
                outcome.read = outcome.read[:position]
                read = {id(record) for record in outcome.read}
                outcome.parked = [letter for letter in outcome.parked if id(letter.record) in read]
                break
        self._metrics.consumed.labels("applied").inc(outcome.applied)
        self._metrics.consumed.labels("parked").inc(len(outcome.parked))


def _failed(item: Incoming, error: Exception) -> Parked:
    name = getattr(item.entry.handle, "__name__", "handler")
    return Parked(item.record, reason_of(error), handler=name, exception=type(error).__name__)


def _guilty(failed: SaveFailed, kept: list[Incoming]) -> list[Parked]:
    """Messages to blame for good; a lost race is nobody's fault and is only decided again."""
    parked = []
    for number, error in failed.failures.items():
        if number == NOBODY or isinstance(error, Stale):
            continue
        item = kept[number]
        item.collisions += 1
        if isinstance(error, AlreadyExists) and item.collisions < _PATIENCE:
            continue
        parked.append(_failed(item, error))
    return parked
