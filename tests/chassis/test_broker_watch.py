"""A broker that comes back empty gets the last days again; one that kept its data gets nothing twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from pymongo.errors import AutoReconnect

from contracts.catalogue import topic_of
from contracts.envelope import new_id
from deploy.local.broker import Broker
from services.chassis import outbox
from services.chassis.broker_watch import POSITIONS, BrokerWatch
from services.chassis.clock import Clock
from services.chassis.metrics import Metrics
from services.chassis.mongo import Database
from services.chassis.relay import Relay
from services.chassis.saving import save
from services.chassis.settings import Settings
from services.chassis.topics import wanted_topics
from tests.chassis.material import STREAM, stored, telling, waiting

Eventually = Callable[..., Awaitable[Any]]


@pytest.fixture
def own_settings(settings: Settings, own_broker: Broker) -> Settings:
    embedded = {"kafka_idempotence": False, "kafka_session_timeout_ms": 1000}
    return settings.model_copy(update={"kafka": own_broker.bootstrap, **embedded})


@dataclass
class Publishing:
    """What a process runs to publish."""

    relay: Relay
    watch: BrokerWatch
    producer: AIOKafkaProducer

    async def stop(self) -> None:
        await self.watch.stop()
        await self.relay.stop()
        await self.producer.stop()


@pytest.fixture
async def run(database: Database, own_settings: Settings, clock: Clock) -> AsyncIterator[Callable[[], Any]]:
    """Starts what a process runs to publish, as a service does; stopped afterwards."""
    running: list[Publishing] = []

    async def start() -> Publishing:
        await database.ensure(outbox.INDEXES)
        producer = AIOKafkaProducer(bootstrap_servers=own_settings.kafka, acks="all", request_timeout_ms=2000)
        await producer.start()
        relay = Relay(database, producer, own_settings.prefix, Metrics("test"))
        topics = wanted_topics(own_settings, [STREAM, "requests"], None)
        own = {topic.name for topic in topics}
        running.append(Publishing(relay, BrokerWatch(database, relay, topics, own, own_settings, clock), producer))
        await relay.start()
        await running[-1].watch.start()
        return running[-1]

    yield start
    for one in running:
        await one.stop()


@pytest.fixture
def on_the_broker(own_settings: Settings, reading: Callable[..., Any]) -> Callable[[], Awaitable[list[str]]]:
    """The ids of the events that the broker holds now."""

    async def read() -> list[str]:
        ids = []
        async with reading(topic_of(own_settings.prefix, STREAM), kafka=own_settings.kafka) as consumer:
            while batch := await consumer.getmany(timeout_ms=300):
                ids += [json.loads(message.value)["id"] for some in batch.values() for message in some]
        return ids

    return read


async def _publish(database: Database, count: int, days_ago: float = 0) -> list[str]:
    at = Clock().now() - timedelta(days=days_ago)
    works = [telling(new_id(), at=at) for _ in range(count)]
    await save(database, works)
    return [work.events[0].id for work in works]


def _come_back_empty(broker: Broker) -> None:
    broker.kill()
    broker.spawn()
    broker.wait_ready()


async def _all_sent(database: Database) -> bool:
    return await waiting(database) == 0


async def test_a_broker_that_comes_back_empty_gets_its_topics_and_the_last_days_again(
    database: Database, own_broker: Broker, run: Any, on_the_broker: Any, eventually: Eventually
) -> None:
    await run()
    recent, old = await _publish(database, 30), await _publish(database, 5, days_ago=8)
    await eventually(lambda: _all_sent(database))
    assert sorted(await on_the_broker()) == sorted(recent + old)

    _come_back_empty(own_broker)

    async def they_are_back() -> bool:
        return set(recent) <= set(await on_the_broker())

    await eventually(they_are_back, seconds=20)
    assert set(old).isdisjoint(await on_the_broker())
    await eventually(lambda: _all_sent(database))


async def test_the_topics_are_there_from_the_start_and_again_after_a_loss(
    own_broker: Broker, run: Any, eventually: Eventually
) -> None:
    watch = (await run()).watch
    wanted = {topic.name: topic.num_partitions for topic in watch._topics}
    assert await _topics(watch) == wanted

    _come_back_empty(own_broker)

    async def they_are_as_before() -> bool:
        return await _topics(watch) == wanted

    await eventually(they_are_as_before)


async def _topics(watch: BrokerWatch) -> dict[str, int]:
    with suppress(KafkaError):
        return {topic["topic"]: len(topic["partitions"]) for topic in await watch._admin.describe_topics()}
    return {}


async def test_an_offset_that_is_given_a_second_time_shows_the_loss_though_partitions_have_grown_again(
    database: Database, run: Any, eventually: Eventually
) -> None:
    publishing = await run()
    publishing.watch._task.cancel()
    await _publish(database, 3)
    await eventually(lambda: _all_sent(database))
    publishing.relay._task.cancel()

    publishing.relay._note(next(iter(publishing.relay.sent)), 0)

    assert await publishing.watch.check() is True
    assert await waiting(database) == 3
    assert publishing.relay.fell_back is False


async def test_a_broker_that_lost_its_data_while_no_process_ran_gets_it_again(
    database: Database, own_broker: Broker, run: Any, on_the_broker: Any, eventually: Eventually
) -> None:
    publishing = await run()
    events = await _publish(database, 1)
    await eventually(lambda: _all_sent(database))
    await publishing.stop()
    # Nothing was remembered, as when all dies within a second of the first event.
    await database[POSITIONS].delete_many({})

    _come_back_empty(own_broker)
    await run()

    async def they_are_back() -> bool:
        return set(events) <= set(await on_the_broker())

    await eventually(they_are_back, seconds=20)


async def test_topics_that_somebody_else_made_again_do_not_hide_the_loss(
    database: Database, own_broker: Broker, run: Any, eventually: Eventually
) -> None:
    publishing = await run()
    events = await _publish(database, 20)
    await eventually(lambda: _all_sent(database))
    watch = publishing.watch
    watch._task.cancel()

    _come_back_empty(own_broker)
    await eventually(lambda: _made_again(watch))

    assert await watch.check() is True
    assert await waiting(database) == len(events)


async def test_a_topic_of_another_service_is_left_to_it_for_a_while(own_settings: Settings, own_broker: Broker) -> None:
    (topic,) = wanted_topics(own_settings, ["requests"], None)
    owner, other = (
        BrokerWatch(cast(Database, None), cast(Relay, None), [topic], own, own_settings, Clock())
        for own in ({topic.name}, set[str]())
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=own_broker.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic.name, 4, 1)])

    assert [await other._make_topics(admin) for _ in range(5)] == [[]] * 5
    assert await owner._make_topics(admin) == [topic.name]
    assert await other._make_topics(admin) == []
    await admin.delete_topics([topic.name])
    await admin.create_topics([NewTopic(topic.name, 4, 1)])
    assert [await other._make_topics(admin) for _ in range(6)] == [[]] * 5 + [[topic.name]]
    await admin.close()


async def _made_again(watch: BrokerWatch) -> bool:
    with suppress(KafkaError):
        return bool(await watch._make_topics(watch._admin))
    return False


async def test_nothing_is_sent_twice_when_nothing_was_lost(
    database: Database, run: Any, on_the_broker: Any, eventually: Eventually
) -> None:
    publishing = await run()
    events = await _publish(database, 30)
    await eventually(lambda: _all_sent(database))

    checks = [await publishing.watch.check() for _ in range(3)]
    await publishing.stop()
    again = await run()
    checks += [await again.watch.check() for _ in range(3)]

    assert checks == [False] * 6
    assert sorted(await on_the_broker()) == sorted(events)


async def test_a_process_that_does_not_hold_the_lease_marks_nothing(
    database: Database, own_broker: Broker, run: Any, eventually: Eventually
) -> None:
    await run()
    await _publish(database, 3)
    await eventually(lambda: _all_sent(database))
    bystander = await run()
    bystander.relay.sent = {f"{bystander.watch._topics[0].name}/0": 10_000}

    assert await bystander.watch.check() is False

    assert bystander.relay.sent == {}
    assert await waiting(database) == 0


async def test_a_mark_is_not_taken_away_by_a_relay_that_was_sending_meanwhile(
    database: Database, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishing = await run()
    relay, sent, go_on = publishing.relay, asyncio.Event(), asyncio.Event()
    relay._task.cancel()
    send = relay._send

    async def slowly(rows: list[Any]) -> list[str]:
        arrived: list[str] = await send(rows)
        sent.set()
        await go_on.wait()
        return arrived

    monkeypatch.setattr(relay, "_send", slowly)
    events = await _publish(database, 5)
    sending = asyncio.create_task(relay.publish_waiting())
    await asyncio.wait_for(sent.wait(), 10)

    marking = asyncio.create_task(publishing.watch._mark())
    await asyncio.wait({marking}, timeout=0.5)
    go_on.set()
    await asyncio.gather(sending, marking)

    assert await waiting(database) == len(events)


async def test_where_partitions_end_is_remembered_for_the_next_process(
    database: Database, run: Any, eventually: Eventually
) -> None:
    publishing = await run()
    await _publish(database, 30)
    await eventually(lambda: _all_sent(database))
    sent = dict(publishing.relay.sent)

    await publishing.stop()

    ends = (await stored(database, POSITIONS))["ends"]["ends"]
    assert set(ends) == set(sent)
    assert all(1 <= end <= sent[partition] + 1 for partition, end in ends.items())


async def test_a_loss_found_while_the_database_is_away_is_not_forgotten(
    database: Database, run: Any, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishing = await run()
    await _publish(database, 3)
    await eventually(lambda: _all_sent(database))
    publishing.watch._task.cancel()
    publishing.watch._created.append("a-topic")

    async def away() -> dict[str, int]:
        raise AutoReconnect("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(publishing.watch, "_least", away)
        with pytest.raises(AutoReconnect):
            await publishing.watch.check()

    assert await publishing.watch.check() is True
