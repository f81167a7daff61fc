"""What was stored arrives: in order within a key, nothing skipped, by one relay at a time."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaTimeoutError

from contracts.catalogue import topic_of
from contracts.envelope import new_id
from services.chassis import outbox
from services.chassis.metrics import Metrics
from services.chassis.mongo import Database
from services.chassis.outbox import OUTBOX, rows
from services.chassis.relay import Relay
from services.chassis.saving import save
from services.chassis.settings import Settings
from tests.chassis.material import STREAM, published, stored, telling, waiting

Eventually = Callable[..., Awaitable[Any]]
NewRelay = Callable[[], Relay]


@pytest.fixture
async def topic(settings: Settings, admin: AIOKafkaAdminClient, database: Database) -> str:
    await database.ensure(outbox.INDEXES)
    name = topic_of(settings.prefix, STREAM)
    await admin.create_topics([NewTopic(name, 3, 1)])
    return name


@pytest.fixture
async def new_relay(database: Database, producer: AIOKafkaProducer, settings: Settings) -> AsyncIterator[NewRelay]:
    """Makes relays of one service, as several processes would run them; all are stopped afterwards."""
    made: list[Relay] = []

    def make() -> Relay:
        made.append(Relay(database, producer, settings.prefix, Metrics("test")))
        return made[-1]

    yield make
    await asyncio.gather(*(relay.stop() for relay in made))


@pytest.fixture
def arrived(topic: str, reading: Callable[..., Any]) -> Callable[..., Awaitable[list[Any]]]:
    """Everything on the topic, as (subject, sequence), once there are at least so many messages and no more come."""

    async def read(at_least: int) -> list[Any]:
        messages: list[Any] = []
        async with reading(topic) as consumer:
            while batch := await consumer.getmany(timeout_ms=5000 if len(messages) < at_least else 150):
                messages += [message for some in batch.values() for message in some]
        return [(event["subject"], event["sequence"]) for event in (json.loads(m.value) for m in messages)]

    return read


def _in_order(told: list[tuple[str, int]]) -> bool:
    keys: dict[str, list[int]] = {}
    for subject, sequence in told:
        keys.setdefault(subject, []).append(sequence)
    return all(sequences == sorted(sequences) for sequences in keys.values())


async def test_a_stored_event_arrives_and_its_row_stays_without_the_mark(
    database: Database, topic: str, new_relay: NewRelay, reading: Callable[..., Any], eventually: Eventually
) -> None:
    work = telling()
    work.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    (event,) = work.events
    await save(database, [work])

    await new_relay().start()

    async with reading(topic) as consumer:
        message = await asyncio.wait_for(consumer.getone(), 10)
    assert message.key.decode() == event.subject
    assert message.value == event.model_dump_json().encode()
    assert dict(message.headers)["traceparent"] == work.traceparent.encode()
    await eventually(lambda: _unmarked(database, event.id))


async def _unmarked(database: Database, id: str) -> bool:
    return "unpublished" not in (await stored(database, OUTBOX))[id]


async def test_events_of_a_key_go_in_its_order_even_when_their_positions_are_reversed(
    database: Database, topic: str, new_relay: NewRelay, arrived: Callable[..., Awaitable[list[Any]]]
) -> None:
    keys = [new_id() for _ in range(5)]
    for sequence in range(10, 0, -1):
        await published(database, *((key, sequence) for key in keys))

    await new_relay().publish_waiting()

    told = await arrived(50)
    assert len(told) == 50
    assert _in_order(told)


async def test_a_batch_that_is_cut_inside_a_key_keeps_its_order(
    database: Database,
    topic: str,
    new_relay: NewRelay,
    arrived: Callable[..., Awaitable[list[Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.chassis.relay._LARGEST", 4)
    keys = [new_id() for _ in range(3)]
    for sequence in range(6, 0, -1):
        await published(database, *((key, sequence) for key in keys))
    relay = new_relay()

    while await relay.publish_waiting():
        pass

    told = await arrived(18)
    assert len(told) == 18
    assert _in_order(told)


async def test_a_late_commit_with_an_earlier_position_is_not_lost(
    database: Database, topic: str, new_relay: NewRelay, arrived: Callable[..., Awaitable[list[Any]]]
) -> None:
    late = telling().events
    late_rows = rows(late, None)
    early = await published(database, (new_id(), 1), (new_id(), 1))
    relay = new_relay()
    await relay.publish_waiting()

    await database[OUTBOX].insert_many(late_rows)
    await relay.publish_waiting()

    assert sorted(await arrived(3)) == sorted((event.subject, 1) for event in [*early, *late])


async def test_an_event_that_fails_holds_back_its_key_alone(
    database: Database,
    topic: str,
    new_relay: NewRelay,
    producer: AIOKafkaProducer,
    arrived: Callable[..., Awaitable[list[Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad, good = new_id(), new_id()
    events = await published(database, (bad, 1), (bad, 2), (good, 1))
    send = producer.send

    async def failing(**message: Any) -> Any:
        answer = await send(**message)
        if message["value"] == events[0].model_dump_json().encode():
            answer = asyncio.get_running_loop().create_future()
            answer.set_exception(KafkaTimeoutError())
        return answer

    relay = new_relay()
    monkeypatch.setattr(producer, "send", failing)
    assert await relay.publish_waiting() == 1
    assert await waiting(database) == 2
    monkeypatch.undo()
    assert await relay.publish_waiting() == 2

    told = await arrived(5)
    assert [one for one in told if one[0] == bad][-2:] == [(bad, 1), (bad, 2)]
    assert (good, 1) in told


async def test_an_event_that_the_producer_refuses_stops_no_other(
    database: Database, topic: str, new_relay: NewRelay, arrived: Callable[..., Awaitable[list[Any]]]
) -> None:
    large, small = telling(), telling()
    large.events[0] = large.events[0].model_copy(update={"source": "x" * 1_100_000})
    await save(database, [large, small])

    assert await new_relay().publish_waiting() == 1

    assert await arrived(1) == [(small.events[0].subject, 1)]
    assert await waiting(database) == 1


async def test_a_relay_survives_what_nobody_thought_of(
    database: Database, topic: str, new_relay: NewRelay, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = new_relay()
    publish, called = relay.publish_waiting, []

    async def failing() -> int:
        called.append(1)
        if len(called) == 1:
            raise AssertionError("a mistake in a library")
        return await publish()

    monkeypatch.setattr(relay, "publish_waiting", failing)
    await relay.start()
    await published(database, (new_id(), 1))

    await eventually(lambda: _nothing_waits(database))


async def _nothing_waits(database: Database) -> bool:
    return await waiting(database) == 0


async def test_another_relay_takes_over_within_five_seconds_of_the_holders_death(
    database: Database, topic: str, new_relay: NewRelay, eventually: Eventually
) -> None:
    dead, heir = new_relay(), new_relay()
    await dead.start()
    await heir.start()
    assert (dead.lease.held, heir.lease.held) == (True, False)
    await published(database, (new_id(), 1))
    await eventually(lambda: _nothing_waits(database))

    for task in (dead._task, dead.lease._task):
        assert task
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    died = time.monotonic()
    await published(database, (new_id(), 1))

    await eventually(lambda: _nothing_waits(database), seconds=5)
    assert time.monotonic() - died < 5


async def test_two_relays_send_nothing_twice(
    database: Database, topic: str, new_relay: NewRelay, arrived: Callable[..., Awaitable[list[Any]]]
) -> None:
    relays = [new_relay() for _ in range(3)]
    await asyncio.gather(*(relay.start() for relay in relays))
    events = []
    for _ in range(10):
        works = [telling() for _ in range(20)]
        await save(database, works)
        for relay in relays:
            relay.wake.set()
        events += [(work.events[0].subject, 1) for work in works]

    told = await arrived(len(events))

    assert sorted(told) == sorted(events)


async def test_a_relay_that_is_stopped_sends_what_waits_and_gives_the_lease_back(
    database: Database, topic: str, new_relay: NewRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.relay._LARGEST", 10)
    relay, heir = new_relay(), new_relay()
    await relay.start()
    await save(database, [telling() for _ in range(60)])

    await relay.stop()
    await heir.start()

    assert await waiting(database) == 0
    assert heir.lease.held


async def test_what_is_stored_after_the_last_look_before_the_stop_is_sent_too(
    database: Database, topic: str, new_relay: NewRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, looked, stored_one = new_relay(), asyncio.Event(), asyncio.Event()
    look = relay.publish_waiting

    async def looks_and_is_overtaken() -> int:
        moved = await look()
        looked.set()
        await stored_one.wait()
        return moved

    monkeypatch.setattr(relay, "publish_waiting", looks_and_is_overtaken)
    await relay.start()
    await looked.wait()
    await save(database, [telling()])
    stopping = asyncio.create_task(relay.stop())
    await asyncio.sleep(0)
    stored_one.set()
    await stopping

    assert await waiting(database) == 0


async def test_a_commit_of_this_process_is_sent_without_waiting_for_the_poll(
    database: Database, topic: str, new_relay: NewRelay, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.relay._POLL", 60)
    relay = new_relay()
    await relay.start()
    await published(database, (new_id(), 1))

    relay.wake.set()

    await eventually(lambda: _nothing_waits(database), seconds=5)
