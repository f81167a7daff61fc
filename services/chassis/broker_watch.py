"""Watches for a broker that came back without its data, and has the last days published again.

The relay remembers the last offset it was given in each partition. A broker whose partition ends before that
has lost messages; one whose topics are missing has lost everything. Then the outbox rows of the last
`resend_days` are marked again: every effect still happens once, because consumers keep their claims longer.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from services.chassis.clock import Clock
from services.chassis.mongo import Database
from services.chassis.outbox import OUTBOX
from services.chassis.relay import Relay
from services.chassis.settings import Settings
from services.chassis.topics import create_missing

POSITIONS = "relay_positions"
_EVERY = 1.0
log = structlog.get_logger()


class BrokerWatch:
    """Creates missing topics and marks events for sending again; one per service process."""

    def __init__(
        self, database: Database, relay: Relay, topics: list[NewTopic], settings: Settings, clock: Clock
    ) -> None:
        self._database = database
        self._relay = relay
        self._topics = topics
        self._settings = settings
        self._clock = clock
        self._admin: AIOKafkaAdminClient | None = None
        self._probe: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Makes the topics exist before anybody uses them, then keeps watching."""
        await self._open()
        await self.check()
        self._task = asyncio.create_task(self._run(), name="broker-watch")

    async def stop(self) -> None:
        """Remembers the offsets for the next start and ends."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        with suppress(PyMongoError):
            await self._remember()
        await self._shut()

    async def _open(self) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka, request_timeout_ms=5_000)
        self._probe = AIOKafkaConsumer(bootstrap_servers=self._settings.kafka, request_timeout_ms=5_000)
        await self._admin.start()
        await self._probe.start()

    async def _shut(self) -> None:
        for client in (self._admin.close if self._admin else None, self._probe.stop if self._probe else None):
            if client:
                with suppress(KafkaError, OSError, TimeoutError):
                    await asyncio.wait_for(client(), 5)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await asyncio.wait_for(self.check(), 15)
            except (KafkaError, PyMongoError, OSError, TimeoutError) as error:
                log.warning("broker_watch_failed", error=type(error).__name__)

    async def check(self) -> bool:
        """Whether a loss was found (and the events were marked). Only the relay's holder marks."""
        assert self._admin
        created = await create_missing(self._admin, self._topics)
        if not self._relay.lease.held:
            return False
        known = await self._remember()
        lost = await self._lost(known) if known else False
        if lost or (created and known):
            await self._mark(created)
            return True
        return False

    async def _remember(self) -> dict[str, int]:
        """Merges this process's offsets into what the service remembers, and returns the whole."""
        stored = await self._database[POSITIONS].find_one({"_id": "offsets"}) or {}
        known = {**stored.get("offsets", {}), **self._relay.sent}
        if known != stored.get("offsets", {}):
            changed = {"$set": {"offsets": known}}
            await self._database[POSITIONS].update_one({"_id": "offsets"}, changed, upsert=True)
        return known

    async def _lost(self, known: dict[str, int]) -> bool:
        assert self._probe
        partitions = {TopicPartition(*_split(name)): offset for name, offset in known.items()}
        ends = await self._probe.end_offsets(list(partitions))
        return any(ends[partition] <= offset for partition, offset in partitions.items())

    async def _mark(self, created: list[str]) -> None:
        since = self._clock.now() - timedelta(days=self._settings.resend_days)
        self._relay.sent.clear()
        await self._database[POSITIONS].delete_one({"_id": "offsets"})
        result = await self._database[OUTBOX].update_many({"time": {"$gte": since}}, {"$set": {"unpublished": True}})
        log.warning("events_sent_again", events=result.modified_count, topics_created=len(created))
        self._relay.wake.set()


def _split(name: str) -> tuple[str, int]:
    topic, partition = name.rsplit("/", 1)
    return topic, int(partition)
