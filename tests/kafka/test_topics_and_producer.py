"""What Apache Kafka has and the embedded broker has not: topic settings that count, and an idempotent producer."""

import random
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiokafka.consumer.fetcher as fetcher
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError, RequestTimedOutError

from contracts.catalogue import COMPACTED, STREAMS, topic_of
from services.chassis.broker_watch import BrokerWatch
from services.chassis.metrics import Metrics
from services.chassis.producer import LARGEST_MESSAGE, Producer
from services.chassis.relay import Relay
from services.chassis.settings import Settings
from services.chassis.topics import dead_letter_topic, wanted_topics


@pytest.fixture
def settings(kafka: Any, mongod: Any, prefix: str) -> Settings:
    return Settings(prefix=prefix, mongo_url=mongod.url, kafka=kafka.bootstrap)


@asynccontextmanager
async def producing(settings: Settings) -> AsyncIterator[Producer]:
    producer = Producer(settings)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def end_of(settings: Settings, topic: str) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka)
    await consumer.start()
    try:
        return sum((await consumer.end_offsets([TopicPartition(topic, 0)])).values())
    finally:
        await consumer.stop()


async def test_topics_are_made_as_the_design_says(installation) -> None:
    settings = installation.settings
    names = [topic_of(settings.prefix, stream) for stream in STREAMS]
    letters = [dead_letter_topic(name, settings.group("routing")) for name in names]
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await admin.start()
    try:
        topics = {row["topic"]: row["partitions"] for row in await admin.describe_topics([*names, *letters])}
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        answers = await admin.describe_configs(wanted)
    finally:
        await admin.close()

    found = {row[3]: {entry[0]: entry[1] for entry in row[4]} for answer in answers for row in answer.resources}
    assert {name: len(topics[name]) for name in names} == dict.fromkeys(names, 12)
    assert {name: len(topics[name]) for name in letters} == dict.fromkeys(letters, 1)
    assert {len(partition["replicas"]) for name in names for partition in topics[name]} == {1}
    compacted = {topic_of(settings.prefix, stream) for stream in COMPACTED}
    for name in names:
        assert found[name]["cleanup.policy"] == ("compact" if name in compacted else "delete")
        assert int(found[name]["retention.ms"]) == 30 * 86_400_000
        assert int(found[name]["max.message.bytes"]) > LARGEST_MESSAGE


async def test_the_relays_messages_bear_a_producers_identity_and_numbers(
    installation, ledger, monkeypatch, eventually
) -> None:
    await ledger.load(5)
    await ledger.converged(30)
    raw: list[bytes] = []
    real = fetcher.MemoryRecords
    monkeypatch.setattr(fetcher, "MemoryRecords", lambda data: (raw.append(bytes(data)), real(data))[1])
    consumer = AIOKafkaConsumer(
        topic_of(installation.settings.prefix, "requests"),
        bootstrap_servers=installation.settings.kafka,
        auto_offset_reset="earliest",
    )

    await consumer.start()
    try:
        await consumer.getone()
        await eventually(lambda: raw)
    finally:
        await consumer.stop()

    identities = [struct.unpack_from(">qhi", data, 43) for data in raw if data]
    assert identities
    assert all(id >= 0 and sequence >= 0 for id, _, sequence in identities), identities


@pytest.mark.parametrize(("idempotent", "stored"), [(True, 1), (False, 2)], ids=["idempotent", "control"])
async def test_an_acknowledgement_that_is_lost_does_not_double_the_message(
    settings, admin, topic_of_one, losing_answers, idempotent, stored
) -> None:
    async with producing(settings.model_copy(update={"kafka_idempotence": idempotent})) as producer:
        lost = losing_answers(producer)
        await producer.send_and_wait(topic_of_one, value=b"once", partition=0)

    assert lost == [1]
    assert await end_of(settings, topic_of_one) == stored


@pytest.fixture
async def topic_of_one(admin: AIOKafkaAdminClient, prefix: str) -> str:
    name = f"{prefix}.one"
    await admin.create_topics([NewTopic(name, 1, 1, topic_configs={"max.message.bytes": "100000"})])
    return name


@pytest.fixture
def losing_answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Producer], list[int]]:
    """The first answer to a produce request is lost on its way, as when a connection breaks just then."""

    def lose(producer: Producer) -> list[int]:
        lost: list[int] = []
        client = producer._client.client
        send = client.send

        async def cut(node: int, request: Any, **more: Any) -> Any:
            answer = await send(node, request, **more)
            if "Produce" in type(request).__name__ and not lost:
                lost.append(1)
                raise RequestTimedOutError
            return answer

        monkeypatch.setattr(client, "send", cut)
        return lost

    return lose


async def test_a_message_that_the_broker_refuses_stops_none_behind_it(settings, topic_of_one) -> None:
    async with producing(settings) as producer:
        await producer.send_and_wait(topic_of_one, value=b"first", partition=0)
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(topic_of_one, value=random.Random(1).randbytes(300_000), partition=0)
        await producer.send_and_wait(topic_of_one, value=b"second", partition=0)

    assert await end_of(settings, topic_of_one) == 2


async def test_a_topic_with_too_few_partitions_is_left_alone_on_apache_kafka(settings, admin, database, clock) -> None:
    topics = wanted_topics(settings, ["requests"], "group")
    short = topic_of(settings.prefix, "requests")
    await admin.create_topics([NewTopic(short, 3, 1)])
    async with producing(settings) as producer:
        await producer.send_and_wait(short, value=b"kept", partition=0)
        relay = Relay(database, producer, settings.prefix, Metrics("test"))
        watch = BrokerWatch(database, relay, topics, {short}, settings, clock)
        await watch.start()
        try:
            assert not await watch.check()
        finally:
            await watch.stop()

    found = await admin.describe_topics([short])
    assert len(found[0]["partitions"]) == 3
    assert await end_of(settings, short) == 1
