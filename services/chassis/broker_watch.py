"""Watches for a broker that came back without its data, and has the last days published again.

Where each partition of ours ended at the last look is remembered. A broker whose partition ends before that, is
empty though we sent to it, or gives an offset a second time has lost messages; one whose topics are missing has
lost everything. Then the outbox rows of the last `resend_days` are marked again: every effect still happens once,
because consumers keep their claims longer.
"""

import asyncio
from collections.abc import Collection
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
_OTHERS_AFTER = 5
"""Looks at a topic that is too short, before one that is not its owner makes it anew."""
log = structlog.get_logger()


class BrokerWatch:
    """Creates missing topics and marks events for sending again; one per service process."""

    def __init__(
        self,
        database: Database,
        relay: Relay,
        topics: list[NewTopic],
        own: Collection[str],
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._relay = relay
        self._topics = topics
        self._own = own
        self._short: dict[str, int] = {}
        self._settings = settings
        self._clock = clock
        self._stopping = False
        self._stored: dict[str, int] = {}
        self._created: list[str] = []
        self._led = False
        self._admin: AIOKafkaAdminClient | None = None
        self._probe: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Makes the topics exist before anybody uses them, then keeps watching. May be repeated when it failed."""
        try:
            await self._open()
            await self.check()
        except BaseException:
            await self._shut()
            raise
        self._task = asyncio.create_task(self._run(), name="broker-watch")

    async def stop(self) -> None:
        """Remembers the partitions it sent to for the next start, and ends."""
        self._stopping = True
        if self._task:
            self._task.cancel()
            # Within a limit: the broker's client may swallow a cancellation while it connects.
            await asyncio.wait({self._task}, timeout=5)
        if self._relay.lease.held:
            with suppress(PyMongoError):
                await self._remember(await self._least())
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
        while not self._stopping:
            await asyncio.sleep(_EVERY)
            try:
                await asyncio.wait_for(self.check(), 15)
            except (KafkaError, PyMongoError, OSError, TimeoutError) as error:
                log.warning("broker_watch_failed", error=type(error).__name__)

    async def check(self) -> bool:
        """Whether a loss was found (and the events were marked). Only the relay's holder marks."""
        assert self._admin
        # Kept until the rows are marked: the database may be away at the moment at which the topics are made again.
        self._created += await self._make_topics(self._admin)
        if not self._relay.lease.held:
            self._relay.sent.clear()  # Another process sends now, so ours grow old.
            if not self._led:
                self._created.clear()
            return False
        self._led = True
        least = await self._least()
        if self._created or self._relay.fell_back or await self._ends_before(least):
            return await self._mark()
        await self._remember(least)
        return False

    async def _make_topics(self, admin: AIOKafkaAdminClient) -> list[str]:
        """Those of another service are its own to make anew: two that did so at once would lose what came in between.

        Only when it has not for a while, and so sends nothing, somebody else does.
        """
        if self._settings.kafka_idempotence:
            return await create_missing(admin, self._topics)
        before, self._short = self._short, {}

        def may(name: str) -> bool:
            self._short[name] = before.get(name, 0) + 1
            return name in self._own or self._short[name] > _OTHERS_AFTER

        return await create_missing(admin, self._topics, may)

    async def _least(self) -> dict[str, int]:
        """Partition -> where it ends at least: as seen before, or not at its beginning if we sent to it."""
        stored = await self._database[POSITIONS].find_one({"_id": "ends"}) or {}
        self._stored = dict(stored.get("ends", {}))
        for partition, end in self._stored.items():
            self._relay.sent.setdefault(partition, end - 1)
        return {partition: self._stored.get(partition, 1) for partition in self._relay.sent}

    async def _ends_before(self, least: dict[str, int]) -> bool:
        """Whether a partition ends before it should; otherwise `least` is moved to where they end now."""
        assert self._probe
        if not least:
            return False
        # Not compared with the last offset sent: the embedded broker tells the beginning of its last batch.
        ends = await self._probe.end_offsets([TopicPartition(*_split(name)) for name in least])
        now = {name: ends[TopicPartition(*_split(name))] for name in least}
        before = any(now[name] < end for name, end in least.items())
        least.update(now)
        return before

    async def _remember(self, ends: dict[str, int]) -> None:
        if ends != self._stored:
            self._stored = ends
            await self._database[POSITIONS].update_one({"_id": "ends"}, {"$set": {"ends": ends}}, upsert=True)

    async def _mark(self) -> bool:
        since = self._clock.now() - timedelta(days=self._settings.resend_days)
        recent = {"time": {"$gte": since}, "unpublished": {"$exists": False}}
        async with self._relay.busy:
            self._relay.sent.clear()
            self._relay.fell_back = False
            await self._database[POSITIONS].delete_one({"_id": "ends"})
            result = await self._database[OUTBOX].update_many(recent, {"$set": {"unpublished": True}})
        if result.modified_count:
            log.warning("events_sent_again", events=result.modified_count, topics_created=len(self._created))
        self._created.clear()
        self._relay.wake.set()
        return bool(result.modified_count)


def _split(name: str) -> tuple[str, int]:
    topic, partition = name.rsplit("/", 1)
    return topic, int(partition)
