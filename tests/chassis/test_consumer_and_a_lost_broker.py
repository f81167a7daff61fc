"""A broker that came back empty has other messages at the old places: what was read before must not be committed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError

from contracts.catalogue import topic_of
from deploy.local.broker import Broker
from services.chassis.clock import Clock
from services.chassis.consumer import Consumer
from services.chassis.consumption import Batches, Outcome
from services.chassis.dead_letters import DeadLetters, Record
from services.chassis.metrics import Metrics
from services.chassis.settings import Settings
from services.chassis.topics import create_missing, wanted_topics

Eventually = Callable[..., Awaitable[Any]]
STREAM, GROUP = "requests", "lost"


class Held:
    """Batches that take as long as the test wants; `batches` are the values that came."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.free = asyncio.Event()

    async def apply(self, records: Sequence[Record]) -> Outcome:
        self.batches.append([record.value for record in records])
        await self.free.wait()
        return Outcome(read=records)


@pytest.fixture
def embedded(settings: Settings, own_broker: Broker) -> Settings:
    own = {"kafka_idempotence": False, "kafka_session_timeout_ms": 1000, "kafka_fetch_wait_ms": 10}
    return settings.model_copy(update={"kafka": own_broker.bootstrap, **own})


@pytest.fixture
async def consumer(embedded: Settings) -> AsyncIterator[tuple[Consumer, Held]]:
    await topics_made(embedded)
    held, letters = Held(), DeadLetters(cast(AIOKafkaProducer, None), GROUP)
    consumer = Consumer(cast(Batches, held), letters, [STREAM], GROUP, embedded, Clock(), Metrics("test"), pace=0.02)
    await consumer.start()
    yield consumer, held
    held.free.set()
    await consumer.stop()


async def topics_made(settings: Settings) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await admin.start()
    await create_missing(admin, wanted_topics(settings, [STREAM], None))
    await admin.close()


async def sent(settings: Settings, *values: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, enable_idempotence=False)
    await producer.start()
    for value in values:
        await producer.send_and_wait(topic_of(settings.prefix, STREAM), value, partition=0)
    await producer.stop()


async def committed(settings: Settings) -> int | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, group_id=GROUP, enable_auto_commit=False)
    await consumer.start()
    try:
        return cast(int | None, await consumer.committed(TopicPartition(topic_of(settings.prefix, STREAM), 0)))
    finally:
        await consumer.stop()


async def commit(settings: Settings, place: int) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, group_id=GROUP, enable_auto_commit=False)
    await consumer.start()
    partition = TopicPartition(topic_of(settings.prefix, STREAM), 0)
    consumer.assign([partition])
    with suppress(CommitFailedError):  # Our consumer has already joined again, and is safe from it.
        await consumer.commit({partition: place})
    await consumer.stop()


@pytest.mark.parametrize("free_when", ["while the broker is away", "after its return"])
async def test_a_batch_of_before_is_not_committed_after_the_loss(
    consumer: tuple[Consumer, Held], own_broker: Broker, embedded: Settings, eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch, free_when: str,
) -> None:  # fmt: skip
    running, held = consumer
    ended = asyncio.Event()
    commit = running._commit

    async def until_ended(*details: Any) -> None:
        await commit(*details)
        ended.set()

    monkeypatch.setattr(running, "_commit", until_ended)
    await sent(embedded, b"1", b"2", b"3", b"4", b"5")
    await eventually(lambda: held.batches)
    before = running._membership.generation

    own_broker.kill()
    if free_when == "while the broker is away":
        held.free.set()
        await asyncio.sleep(0)
    own_broker.spawn()
    await asyncio.to_thread(own_broker.wait_ready)
    await topics_made(embedded)
    if free_when == "after its return":
        # The embedded broker at times goes on as if it knew the group that it has forgotten.
        _inner(running)._coordinator.request_rejoin()
        await eventually(lambda: running._membership.generation > before and _inner(running).assignment(), seconds=30)
        held.free.set()
    await asyncio.wait_for(ended.wait(), 20)

    # 0: it has set its place back already.
    assert await committed(embedded) in (None, -1, 0)
    held.batches.clear()
    await sent(embedded, b"new", b"1")
    await eventually(lambda: [value for batch in held.batches for value in batch] == [b"new", b"1"])


@pytest.mark.parametrize("came", ["nothing", "a commit meant for the one before"])
async def test_a_broker_that_has_forgotten_its_group_and_answers_it_is_read_from_the_beginning(
    consumer: tuple[Consumer, Held], own_broker: Broker, embedded: Settings, eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch, came: str,
) -> None:  # fmt: skip
    running, held = consumer
    held.free.set()
    await sent(embedded, b"1", b"2")
    await eventually(lambda: held.batches)

    async def well_known() -> bool:
        return True

    # What it does at times, always: no answer to a heartbeat says that the group is unknown.
    monkeypatch.setattr(_inner(running)._coordinator, "_do_heartbeat", well_known)
    own_broker.kill()
    own_broker.spawn()
    await asyncio.to_thread(own_broker.wait_ready)
    await topics_made(embedded)
    held.batches.clear()
    if came != "nothing":
        # The client sends a commit again until it is answered, and a broker is back within a fraction of a second.
        await commit(embedded, 2)
    await sent(embedded, b"3", b"4", b"5", b"6")

    wanted = {b"3", b"4", b"5", b"6"}
    await eventually(lambda: wanted <= {value for batch in held.batches for value in batch}, seconds=30)


def _inner(consumer: Consumer) -> Any:
    return consumer._subscriber.consumer
