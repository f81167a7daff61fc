"""A broker that comes back empty gets the last days again; one that kept its data gets nothing twice."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from contracts.catalogue import topic_of
from deploy.local.broker import Broker
from services.chassis.broker_watch import POSITIONS
from services.chassis.mongo import Database
from services.chassis.settings import Settings
from tests.chassis.material import STREAM, stored, waiting
from tests.chassis.publishing import all_sent, come_back_empty, publish

Eventually = Callable[..., Awaitable[Any]]


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


async def test_a_broker_that_comes_back_empty_gets_its_topics_and_the_last_days_again(
    database: Database, own_broker: Broker, run: Any, on_the_broker: Any, eventually: Eventually
) -> None:
    await run()
    recent, old = await publish(database, 30), await publish(database, 5, days_ago=8)
    await eventually(lambda: all_sent(database))
    assert sorted(await on_the_broker()) == sorted(recent + old)

    come_back_empty(own_broker)

    async def they_are_back() -> bool:
        return set(recent) <= set(await on_the_broker())

    await eventually(they_are_back, seconds=20)
    assert set(old).isdisjoint(await on_the_broker())
    await eventually(lambda: all_sent(database))


async def test_an_offset_that_is_given_a_second_time_shows_the_loss_though_partitions_have_grown_again(
    database: Database, run: Any, eventually: Eventually
) -> None:
    publishing = await run()
    publishing.watch._task.cancel()
    await publish(database, 3)
    await eventually(lambda: all_sent(database))
    publishing.relay._task.cancel()

    publishing.relay._note(next(iter(publishing.relay.sent)), 0)

    assert await publishing.watch.check() is True
    assert await waiting(database) == 3
    assert publishing.relay.fell_back is False


async def test_a_broker_that_lost_its_data_while_no_process_ran_gets_it_again(
    database: Database, own_broker: Broker, run: Any, on_the_broker: Any, eventually: Eventually
) -> None:
    publishing = await run()
    events = await publish(database, 1)
    await eventually(lambda: all_sent(database))
    await publishing.stop()
    # Nothing was remembered, as when all dies within a second of the first event.
    await database[POSITIONS].delete_many({})

    come_back_empty(own_broker)
    await run()

    async def they_are_back() -> bool:
        return set(events) <= set(await on_the_broker())

    await eventually(they_are_back, seconds=20)


async def test_nothing_is_sent_twice_when_nothing_was_lost(
    database: Database, run: Any, on_the_broker: Any, eventually: Eventually
) -> None:
    publishing = await run()
    events = await publish(database, 30)
    await eventually(lambda: all_sent(database))

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
    await publish(database, 3)
    await eventually(lambda: all_sent(database))
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
    events = await publish(database, 5)
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
    await publish(database, 30)
    await eventually(lambda: all_sent(database))
    sent = dict(publishing.relay.sent)

    await publishing.stop()

    ends = (await stored(database, POSITIONS))["ends"]["ends"]
    assert set(ends) == set(sent)
    assert all(1 <= end <= sent[partition] + 1 for partition, end in ends.items())


async def test_a_loss_found_while_the_database_is_away_is_not_forgotten(
    database: Database, run: Any, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishing = await run()
    await publish(database, 3)
    await eventually(lambda: all_sent(database))
    publishing.watch._task.cancel()
    publishing.watch._created.append("a-topic")

    async def away() -> dict[str, int]:
        raise AutoReconnect("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(publishing.watch, "_least", away)
        with pytest.raises(AutoReconnect):
            await publishing.watch.check()

    assert await publishing.watch.check() is True
