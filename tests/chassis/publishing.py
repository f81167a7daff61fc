"""What a process runs to publish, events to publish, and a broker that loses them."""

from dataclasses import dataclass
from datetime import timedelta

from aiokafka import AIOKafkaProducer

from contracts.envelope import new_id
from deploy.local.broker import Broker
from services.chassis.broker_watch import BrokerWatch
from services.chassis.clock import Clock
from services.chassis.mongo import Database
from services.chassis.relay import Relay
from services.chassis.saving import save
from tests.chassis.material import telling, waiting


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


async def publish(database: Database, count: int, days_ago: float = 0) -> list[str]:
    at = Clock().now() - timedelta(days=days_ago)
    works = [telling(new_id(), at=at) for _ in range(count)]
    await save(database, works)
    return [work.events[0].id for work in works]


def come_back_empty(broker: Broker) -> None:
    broker.kill()
    broker.spawn()
    broker.wait_ready()


async def all_sent(database: Database) -> bool:
    return await waiting(database) == 0
