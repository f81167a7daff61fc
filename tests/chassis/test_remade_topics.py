"""A broker that comes back empty gets its topics again, from the service that publishes to them."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from deploy.local.broker import Broker
from services.chassis.broker_watch import BrokerWatch
from services.chassis.clock import Clock
from services.chassis.mongo import Database
from services.chassis.relay import Relay
from services.chassis.settings import Settings
from services.chassis.topics import wanted_topics
from tests.chassis.material import waiting
from tests.chassis.publishing import all_sent, come_back_empty, publish

Eventually = Callable[..., Awaitable[Any]]


async def test_the_topics_are_there_from_the_start_and_again_after_a_loss(
    own_broker: Broker, run: Any, eventually: Eventually
) -> None:
    watch = (await run()).watch
    wanted = {topic.name: topic.num_partitions for topic in watch._topics}
    assert await _topics(watch) == wanted

    come_back_empty(own_broker)

    async def they_are_as_before() -> bool:
        return await _topics(watch) == wanted

    await eventually(they_are_as_before)


async def _topics(watch: BrokerWatch) -> dict[str, int]:
    with suppress(KafkaError):
        return {topic["topic"]: len(topic["partitions"]) for topic in await watch._admin.describe_topics()}
    return {}


async def test_topics_that_somebody_else_made_again_do_not_hide_the_loss(
    database: Database, own_broker: Broker, run: Any, eventually: Eventually
) -> None:
    publishing = await run()
    events = await publish(database, 20)
    await eventually(lambda: all_sent(database))
    watch = publishing.watch
    watch._task.cancel()

    come_back_empty(own_broker)
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
