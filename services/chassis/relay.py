"""The relay: takes a service's events from its outbox to Kafka, in order, exactly those that are not there yet.

One relay per service works at a time, by lease. It reads rows that are marked, never "rows behind the last
one": a transaction that commits late may carry an earlier position. Within a key, rows go in the order of the
aggregate's sequence; a failed one holds back the later ones of its key. What was sent but not yet unmarked is
sent again after a crash: consumers drop what they have claimed.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.catalogue import topic_of
from services.chassis.leases import Lease
from services.chassis.metrics import Metrics
from services.chassis.mongo import Database, Document
from services.chassis.outbox import OUTBOX
from services.chassis.pace import Pace
from services.chassis.producer import Producer

_LARGEST = 1000
_POLL = 0.05
_PAUSE = 0.2
_SEND_WITHIN = 20.0
log = structlog.get_logger()


class Relay:
    """Publishes one service's outbox. Set `wake` after a commit of this process; others' commits are polled.

    pace: seconds from one batch to the next at least, while there is a steady load.
    """

    def __init__(
        self,
        database: Database,
        producer: Producer | AIOKafkaProducer,
        prefix: str,
        metrics: Metrics,
        pace: float = 0.02,
    ) -> None:
        self.wake = asyncio.Event()
        self.lease = Lease(database, "relay")
        self.sent: dict[str, int] = {}
        """Topic-partition -> the last offset written there: a broker with its data never gives it again."""
        self.fell_back = False
        """A partition gave an offset again: the broker has lost what it held."""
        self.busy = asyncio.Lock()
        """Held while rows are sent and unmarked; who marks rows must hold it, or the mark may be taken away."""
        self._database = database
        self._producer = producer
        self._prefix = prefix
        self._metrics = metrics
        self._pace = Pace(pace)
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to publish whenever the lease is held."""
        await self.lease.start()
        self._task = asyncio.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        """Sends what is waiting (within a limit), then gives the lease back."""
        self._stopping = True
        self.wake.set()
        if self._task:
            await asyncio.wait({self._task}, timeout=_SEND_WITHIN)
            self._task.cancel()
        await self.lease.stop()

    async def _run(self) -> None:
        moved = 0
        while True:
            await self._pace.turn(at_once=moved >= _LARGEST)
            last = self._stopping  # Read before the rows: what is stored until `stop` is called must be seen.
            try:
                moved = await self.publish_waiting() if self.lease.held else 0
            except Exception as error:  # Whatever it is: a relay that has ended in silence would lose the day.
                log.warning("relay_failed", error=type(error).__name__)
                moved = 0
                await asyncio.sleep(_PAUSE)
            if last and not moved:
                return
            if not moved:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.wake.wait(), _POLL)
            self.wake.clear()

    async def publish_waiting(self) -> int:
        """Sends one batch of marked rows; returns how many arrived."""
        async with self.busy:
            rows = await self._waiting()
            arrived = await self._send(rows) if rows else []
            if arrived:
                changed = {"$unset": {"unpublished": 1}}
                await self._database[OUTBOX].update_many({"_id": {"$in": arrived}}, changed)
                self._metrics.published.inc(len(arrived))
        if len(arrived) < len(rows):
            await asyncio.sleep(_PAUSE)  # Those held back come first again: not in a hot loop.
        return len(arrived)

    async def _waiting(self) -> list[Document]:
        rows = await self._database.find(OUTBOX, {"unpublished": True}, sort=[("position", 1)], limit=_LARGEST)
        if len(rows) == _LARGEST:
            # The cut may fall between two rows of one key whose positions are not in its order: take them all.
            keys = list({row["key"] for row in rows})
            rows = await self._database.find(OUTBOX, {"unpublished": True, "key": {"$in": keys}})
        # Positions keep the time order between keys; the sort by order is what counts within one.
        first = {row["key"]: row["position"] for row in sorted(rows, key=lambda row: row["position"], reverse=True)}
        return sorted(rows, key=lambda row: (first[row["key"]], row["stream"], row["order"], row["position"]))

    async def _send(self, rows: list[Document]) -> list[str]:
        began = time.monotonic()
        pending = [await self._offer(row) for row in rows]
        outcomes = await asyncio.wait_for(asyncio.gather(*pending, return_exceptions=True), _SEND_WITHIN)
        arrived, held_back = [], set()
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                held_back.add(row["key"])
                log.warning("event_not_published", event_id=row["_id"], error=type(outcome).__name__)
            elif row["key"] not in held_back:
                arrived.append(row["_id"])
                self._note(f"{outcome.topic}/{outcome.partition}", outcome.offset)
        self._metrics.relay_seconds.observe(time.monotonic() - began)
        return arrived

    async def _offer(self, row: Document) -> "asyncio.Future[Any]":
        """The promise of an answer; a message that the producer does not even take is an answer, too."""
        try:
            promise: asyncio.Future[Any] = await self._producer.send(**self._message(row))
        except KafkaError as error:
            promise = asyncio.get_running_loop().create_future()
            promise.set_exception(error)
        return promise

    def _note(self, partition: str, offset: int) -> None:
        if offset >= 0:  # An idempotent producer's repeated message may be acknowledged without its offset.
            self.fell_back |= offset <= self.sent.get(partition, -1)
            self.sent[partition] = offset

    def _message(self, row: Document) -> Document:
        headers = [("content-type", b"application/cloudevents+json")]
        if "traceparent" in row:
            headers.append(("traceparent", row["traceparent"].encode()))
        topic = topic_of(self._prefix, row["stream"])
        return {"topic": topic, "key": row["key"].encode(), "value": row["body"], "headers": headers}
