"""A broker that a test may kill, and what a process runs to publish on it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.broker import Broker
from services.chassis import outbox
from services.chassis.broker_watch import BrokerWatch
from services.chassis.clock import Clock
from services.chassis.metrics import Metrics
from services.chassis.mongo import Database
from services.chassis.relay import Relay
from services.chassis.settings import Settings
from services.chassis.topics import wanted_topics
from tests.chassis.material import STREAM
from tests.chassis.publishing import Publishing


@pytest.fixture
def own_settings(settings: Settings, own_broker: Broker) -> Settings:
    embedded = {"kafka_idempotence": False, "kafka_session_timeout_ms": 1000}
    return settings.model_copy(update={"kafka": own_broker.bootstrap, **embedded})


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
