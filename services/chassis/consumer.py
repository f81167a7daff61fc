"""The consumer of a service: one group over all streams it listens to, at least once, offsets after the effect.

FastStream brings raw batches; its own decoding and acknowledging are off, because one bad header would make a
whole batch unreadable, and every policy it has loses or repeats without limit when a handler fails.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage as Message

from contracts.catalogue import topic_of
from services.chassis.broker_memory import BrokerMemory
from services.chassis.clock import Clock
from services.chassis.consumption import Batches
from services.chassis.dead_letters import DeadLetters, Record
from services.chassis.membership import Membership
from services.chassis.metrics import Metrics
from services.chassis.pace import Pace
from services.chassis.raw_batches import leave_raw, parse, raw_broker
from services.chassis.settings import Settings
from services.chassis.topics import are_whole

_LARGEST = 500
_IDLE_PER_PACE = 0.5
"""FastStream waits this part of the pace for a batch, and sleeps as long after an empty one: latency against waking."""
_LOOK_EVERY = 1.0
_ANSWER_WITHIN = 5.0
_ONCE_MORE_AFTER = (5.0, 15.0, 30.0)
"""Seconds after a loss: topics that were made anew in between hide what comes to the places of what was deleted."""
log = structlog.get_logger()


class Consumer:
    """Feeds `Batches` from Kafka. `pace`: seconds from one batch to the next at least, under a steady load."""

    def __init__(
        self,
        batches: Batches,
        letters: DeadLetters,
        streams: Sequence[str],
        group: str,
        settings: Settings,
        clock: Clock,
        metrics: Metrics,
        pace: float,
    ) -> None:
        self.flooded = False
        self._batches = batches
        self._letters = letters
        self._clock = clock
        self._metrics = metrics
        self._stopping = asyncio.Event()
        self._membership = Membership()
        self._looking: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._once_more: list[float] = []
        self._settings = settings
        self._pace_seconds = pace
        self._pace = Pace(pace)
        self._topics = [topic_of(settings.prefix, stream) for stream in streams]
        self._group = group
        self._broker: KafkaBroker | None = None
        self._memory = BrokerMemory(settings, group, self._topics[0])

    def _subscribed(self) -> KafkaBroker:
        session, settings = self._settings.kafka_session_timeout_ms, self._settings
        broker = raw_broker(settings)
        self._subscriber = broker.subscriber(
            *self._topics,
            group_id=self._group,
            batch=True,
            max_records=_LARGEST,
            batch_timeout_ms=round(self._pace_seconds * 1000 * _IDLE_PER_PACE),
            fetch_max_wait_ms=max(settings.kafka_fetch_wait_ms, round(self._pace_seconds * 1000)),
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            session_timeout_ms=session,
            heartbeat_interval_ms=max(session // 4, 300),
            rebalance_timeout_ms=session if session < 6_000 else None,
            listener=self._membership,
            parser=parse,
            decoder=leave_raw,
        )
        self._subscriber(self._receive)
        return broker

    @property
    def running(self) -> bool:
        """Whether messages are being consumed."""
        return not self.flooded and not self._stopping.is_set()

    async def start(self) -> None:
        """Joins the group; the topics must exist. May be repeated when it failed: nothing of a failed try is kept."""
        broker, embedded = self._subscribed(), not self._settings.kafka_idempotence
        try:
            if embedded:
                await self._memory.start()
            await broker.start()
        except BaseException:
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(broker.stop(), _ANSWER_WITHIN)
            await self._memory.stop()
            raise
        self._broker = broker
        if embedded:
            self._looking = asyncio.create_task(self._look(), name="broker-memory")

    async def stop(self) -> None:
        """Finishes the batch in hand and leaves the group."""
        self._stopping.set()
        if self._looking:
            self._looking.cancel()
        if self._broker:
            await self._broker.stop()
        await self._memory.stop()

    async def _receive(self, message: Message) -> None:
        records: Sequence[Record] = message.raw_message
        if not self.flooded:
            generation = self._membership.generation
            outcome = await self._batches.apply(records)
            await self._letters.park(outcome.parked, self._clock.now())
            await self._commit(outcome.read, generation)
            if outcome.flooded:
                self.flooded = True
                self._metrics.flooded.set(1)
                log.error("consumer_stopped_by_flood", advice="mend the cause, then restart; see make dead-letters")
        if self.flooded:
            # Nothing more is read: what follows stays in Kafka until somebody has looked.
            await self._stopping.wait()
        # Here, where the next batch is not cut yet.
        await self._pace.turn(at_once=len(records) == _LARGEST)

    async def _commit(self, records: Sequence[Record], generation: int) -> None:
        offsets = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}
        consumer, membership = self._subscriber.consumer, self._membership
        if consumer is None or generation != membership.generation:
            return  # Read before a rebalance: whoever has the partitions now gets the messages again.
        if self._looking and (await self._begin_again(consumer) or generation != membership.generation):
            return  # The places are set back, or just were while this waited for its turn.
        membership.commit = asyncio.create_task(consumer.commit(offsets))
        with suppress(asyncio.CancelledError):
            try:
                await membership.commit
            except KafkaError as error:
                # The group moved on, or the broker is away: the messages come again and are found claimed.
                log.warning("offsets_not_committed", error=type(error).__name__)

    async def _look(self) -> None:
        """Looks also while no messages come: those that were skipped bring none."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            if consumer := self._subscriber.consumer:
                await self._begin_again(consumer)
                if self._once_more and time.monotonic() > self._once_more[0] and (places := consumer.assignment()):
                    self._once_more.pop(0)
                    with suppress(KafkaError, OSError, TimeoutError):
                        await self._seek_back(consumer, places)

    async def _begin_again(self, consumer: Any) -> bool:
        """Reads everything once more, if the broker has forgotten us; what was applied before is found claimed."""
        async with self._one_at_a_time:
            if not await self._memory.is_gone():
                return False
            places = consumer.assignment()
            with suppress(KafkaError, OSError, TimeoutError):  # Asked again in a moment; until then no commit.
                # A topic that the broker made by itself is made anew in a moment: its places begin at 0 once more.
                if places and await are_whole(self._settings, self._topics):
                    await self._set_back(consumer, places)
            return True

    async def _set_back(self, consumer: Any, places: Collection[TopicPartition]) -> None:
        await self._memory.mark()
        await self._seek_back(consumer, places)
        # Old commits may have reached the new broker, to count after the next rebalance.
        await asyncio.wait_for(consumer.commit(dict.fromkeys(places, 0)), _ANSWER_WITHIN)
        self._memory.places_are_right()
        self._once_more = [time.monotonic() + later for later in _ONCE_MORE_AFTER]
        log.warning("broker_has_forgotten", group=self._group, places=len(places))

    async def _seek_back(self, consumer: Any, places: Collection[TopicPartition]) -> None:
        self._membership.generation += 1  # The batch in hand is of before: its end is no place to go on from.
        await consumer.seek_to_beginning(*places)
