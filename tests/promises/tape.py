"""Everything that crosses the broker: read from the beginning, and on demand sent a second time."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.catalogue import PARTITIONS, STREAMS, topic_of
from services.chassis.service import Service
from services.chassis.settings import Settings

_PARKED = ".dead-letters."


@dataclass
class Tape:
    """The messages of a programme's topics in the order of arrival."""

    settings: Settings
    messages: list[Any] = field(default_factory=list)
    ends: dict[TopicPartition, int] = field(default_factory=dict)
    """The offset behind the last message of each partition."""
    repeated: set[str] = field(default_factory=set)
    """The ids of the events that were sent twice."""

    def of(self, *streams: str) -> list[Any]:
        topics = {topic_of(self.settings.prefix, stream) for stream in streams}
        return [message for message in self.messages if message.topic in topics]

    def events(self, *streams: str) -> list[dict[str, Any]]:
        return [json.loads(message.value) for message in self.of(*streams)]

    async def read_by(self, *services: Service) -> bool:
        """Whether these services have taken in everything that was read here."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka)
        await admin.start()
        try:
            for service in services:
                topics = {topic_of(self.settings.prefix, entry.model.STREAM) for entry in service.table}
                ends = {partition: end for partition, end in self.ends.items() if partition.topic in topics}
                group = self.settings.group(service.name)
                done = await admin.list_consumer_group_offsets(group, partitions=list(ends))
                for partition, end in ends.items():
                    if partition not in done or done[partition].offset < end:
                        return False
        finally:
            await admin.close()
        return True

    async def _follow(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer | None) -> None:
        while True:
            for some in (await consumer.getmany(timeout_ms=200)).values():
                for message in some:
                    self.messages.append(message)
                    self.ends[TopicPartition(message.topic, message.partition)] = message.offset + 1
                    if producer:
                        await self._repeat(producer, message)

    async def _repeat(self, producer: AIOKafkaProducer, message: Any) -> None:
        id = json.loads(message.value)["id"]
        if id not in self.repeated:
            self.repeated.add(id)
            again = {"key": message.key, "value": message.value, "headers": list(message.headers)}
            await producer.send_and_wait(message.topic, **again)


@asynccontextmanager
async def recording(settings: Settings, repeat: bool = False, parked: bool = False) -> AsyncIterator[Tape]:
    """Reads all topics of the programme; with `repeat`, whatever appears is sent once more, as it is."""
    tape = Tape(settings)
    topics = [topic_of(settings.prefix, stream) for stream in STREAMS]
    options: dict[str, Any] = {"bootstrap_servers": settings.kafka, "auto_offset_reset": "earliest"}
    consumer = AIOKafkaConsumer(**options, fetch_max_wait_ms=settings.kafka_fetch_wait_ms)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all") if repeat else None
    await consumer.start()
    if parked:
        topics += [name for name in await consumer.topics() if name.startswith(settings.prefix) and _PARKED in name]
    width = {topic: 1 if _PARKED in topic else PARTITIONS for topic in topics}
    consumer.assign([TopicPartition(topic, number) for topic in topics for number in range(width[topic])])
    if producer:
        await producer.start()
    task = asyncio.create_task(tape._follow(consumer, producer), name="tape")
    try:
        yield tape
    finally:
        failed = task.exception() if task.done() and not task.cancelled() else None
        task.cancel()
        await asyncio.wait({task})
        await consumer.stop()
        if producer:
            await producer.stop()
        if failed:
            raise failed
