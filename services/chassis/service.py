"""A service as a whole: its parts, and the order in which they start and stop.

Start: database and epoch, group commit, jobs, then what needs the broker: producer, relay, topics, consumer. Who is
away is waited for; with the database alone the service accepts and stores already. Stop: what accepts work first, each
part finishing what it has accepted. HTTP is served by whoever runs the process (`running.serve`, or the local stack).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from pymongo.errors import OperationFailure

from contracts.catalogue import STREAMS
from services.chassis import access, api_docs, idempotency, outbox, probes
from services.chassis.access import Principals
from services.chassis.broker_watch import BrokerWatch
from services.chassis.clock import Clock
from services.chassis.consumer import Consumer
from services.chassis.consumption import Batches
from services.chassis.correcting import Kept
from services.chassis.dead_letters import DeadLetters
from services.chassis.decoding import On
from services.chassis.epoch import read_epoch
from services.chassis.execution import Executor
from services.chassis.group_commit import GroupCommit
from services.chassis.jobs import Bell, Job
from services.chassis.metrics import Metrics
from services.chassis.mongo import Database, Index, is_infrastructure, refusal
from services.chassis.pages import Pages
from services.chassis.producer import Producer
from services.chassis.relay import Relay
from services.chassis.saving import INBOX
from services.chassis.settings import Settings
from services.chassis.topics import own_topics, wanted_topics
from services.chassis.waiting import until_there
from services.chassis.web import Web
from services.chassis.work import Origin

_STOP_WITHIN = 30.0
"""Seconds for each part: one that hangs must not keep the others at work in a process that is to end."""
log = structlog.get_logger()


class Service:
    """One of the four services. Its `main.build` adds routes, the table of events and jobs before `start`."""

    def __init__(
        self, name: str, settings: Settings, clock: Clock, folder: Path, pace: float = 0.03, relay_pace: float = 0.02
    ) -> None:
        """pace: seconds from one batch or job to the next under load; longer where nobody waits for the outcome.

        relay_pace: the same for what it publishes. Longest where work enters: it gathers there, and each step behind
        is a little quicker, so that it waits no second time.
        """
        self.name = name
        self.settings = settings
        self.clock = clock
        self._pace = pace
        self._relay_pace = relay_pace
        self.started = False
        self.waiting_for = ""
        """Who is away, while the service starts."""
        self.metrics = Metrics(name)
        self.database = Database(settings.mongo_url, settings.database(name), settings.mongo_threads)
        self.bell = Bell()
        self.commit = GroupCommit(self.database, self.bell)
        self.executor = Executor(self.database, self.commit, clock)
        self.principals = Principals(self.database, settings)
        self.consumer: Consumer | None = None
        self.derived: tuple[str, ...] = ()
        self.kept: tuple[Kept, ...] = ()
        self.jobs: list[Job] = []
        self.background: list[tuple[Callable[[], Awaitable[None]], Callable[[], Awaitable[None]]]] = []
        """Further things to start (after the database) and stop (first), for instance a mail listener."""
        self.closing: list[Callable[[], None]] = []
        """What ends answers that have no end of their own, called when the HTTP server begins to stop."""
        pages = Pages(name, folder, settings)
        self.web = Web(name, pages, self.principals, settings, self.metrics, clock.now)
        self.app = self.web.app
        self.web.include(probes.router(self))
        self.web.include(api_docs.router(name, pages))
        self._table: Sequence[On[Any]] = ()
        self._indexes: list[Index] = [
            *outbox.INDEXES, *access.INDEXES, *idempotency.INDEXES,
            Index(INBOX, (("at", 1),), ttl_days=settings.inbox_days),
        ]  # fmt: skip
        self._parts: list[Any] = []
        self._starting: asyncio.Task[Any] | None = None
        self._producer = Producer(settings)

    @property
    def table(self) -> Sequence[On[Any]]:
        """What this service listens to."""
        return self._table

    def stores(self, indexes: Sequence[Index], derived: Sequence[str] = (), kept: Sequence[Kept] = ()) -> None:
        """Declares the service's indexes, the collections that a rebuild may drop, and those it only corrects."""
        self._indexes += indexes
        self.derived, self.kept = tuple(derived), tuple(kept)

    def listens_to(self, table: Sequence[On[Any]]) -> None:
        """Declares the table of events."""
        self._table = table

    def runs(self, name: str, every: float, run: Callable[[], Awaitable[bool]], woken: bool = True) -> Job:
        """Declares a job. woken: also runs after every save of this process, for work that a save makes."""
        job = Job(self.database, name, every, run, self._pace)
        if woken:
            self.bell.waiting.append(job.woken)
        self.jobs.append(job)
        return job

    async def start(self) -> None:
        """Returns when the service can do its work; waits as long as database or broker are away.

        Serve HTTP meanwhile. Raises Misconfigured, or OSError for a port that is taken. `stop` ends the waiting.
        """
        self._starting = asyncio.current_task()
        try:
            self.waiting_for = "the database"
            await until_there("database", self._open, is_infrastructure)
            relay, watch = self._assemble()
            storing: list[Any] = [self.commit, *self.jobs]
            for part in storing:
                await part.start()
            for start, _ in self.background:
                await start()
            self.waiting_for = "the broker"
            joining: list[Any] = [self._producer, relay, watch, *([self.consumer] if self.consumer else [])]
            for part in joining:
                await until_there("broker", part.start, _is_away)
        finally:
            self._starting = None
        self.waiting_for, self.started = "", True
        log.info("service_started", service=self.name, epoch=self.executor.origin.epoch)

    async def _open(self) -> None:
        try:
            await self.database.ensure(self._indexes)
            self.executor.origin = Origin(self.settings.source + ":" + self.name, await read_epoch(self.database))
        except OperationFailure as error:
            raise (error if is_infrastructure(error) else refusal(error)) from None

    def _assemble(self) -> tuple[Relay, BrokerWatch]:
        relay = Relay(self.database, self._producer, self.settings.prefix, self.metrics, self._relay_pace)
        self.bell.waiting.append(relay.wake)
        group = self.settings.group(self.name)
        topics = wanted_topics(self.settings, STREAMS, group)
        watch = BrokerWatch(
            self.database, relay, topics, own_topics(self.settings, self.name), self.settings, self.clock
        )
        # Stopped in the opposite order: what accepts work stops first.
        self._parts = [relay, watch, self.commit]
        if self._table:
            batches = Batches(self.database, self._table, self.clock, self.metrics)
            batches.origin, batches.saved = self.executor.origin, self.bell.set
            letters = DeadLetters(self._producer, group)
            streams = sorted({entry.model.STREAM for entry in self._table})
            self.consumer = Consumer(
                batches, letters, streams, group, self.settings, self.clock, self.metrics, self._pace
            )
            self._parts.append(self.consumer)
        self._parts += self.jobs
        return relay, watch

    async def stop(self) -> None:
        """Drains and ends; safe to call while it starts, and after a start that failed half-way."""
        self.started = False
        await self._end_start()
        self.waiting_for = ""
        stops = [stop for _, stop in reversed(self.background)] + [part.stop for part in reversed(self._parts)]
        for stop in stops:
            try:
                await asyncio.wait_for(stop(), _STOP_WITHIN)
            except Exception as error:
                log.warning("part_not_stopped", part=stop.__qualname__, error=type(error).__name__)
        await self._producer.stop()
        self.database.close()
        log.info("service_stopped", service=self.name)

    async def _end_start(self) -> None:
        limit = time.monotonic() + _STOP_WITHIN
        while (task := self._starting) and task is not asyncio.current_task() and time.monotonic() < limit:
            # More than once: the broker's client may swallow a cancellation while it connects.
            task.cancel()
            await asyncio.wait({task}, timeout=0.5)


def _is_away(error: BaseException) -> bool:
    return is_infrastructure(error) or isinstance(error, KafkaError | OSError)
