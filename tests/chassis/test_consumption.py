"""Promises 2 to 4 at the consumer: once each, to convergence, and one bad message stops nothing."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from contracts.bodies import BodyApproved
from contracts.catalogue import topic_of
from contracts.envelope import Event, derived_id
from services.chassis import dead_letters, saving
from services.chassis.clock import Clock
from services.chassis.saving import INBOX
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.chassis.topics import dead_letter_topic
from tests.chassis.toy import NOTES, body_event, running, toy


@pytest.fixture
async def service(settings: Settings, clock: Clock, tmp_path: Path) -> AsyncIterator[Service]:
    async with running(toy(settings, clock, tmp_path)) as started:
        yield started


@pytest.fixture
def topic(settings: Settings) -> str:
    return topic_of(settings.prefix, "bodies")


async def send(producer: AIOKafkaProducer, topic: str, *messages: Event | bytes | None, **options: Any) -> None:
    for message in messages:
        event = isinstance(message, Event)
        key = message.subject.encode() if event else b"key"
        await producer.send_and_wait(topic, message.model_dump_json().encode() if event else message, key, **options)


async def parked(reading: Any, settings: Settings, topic: str, count: int) -> list[Any]:
    letters: list[Any] = []
    async with reading(dead_letter_topic(topic, settings.group("toy"))) as consumer:
        while len(letters) < count:
            batch = await consumer.getmany(timeout_ms=10_000)
            assert batch, f"only {len(letters)} of {count} letters arrived"
            letters += [record for records in batch.values() for record in records]
    return letters


async def note(service: Service, number: int) -> dict[str, Any] | None:
    return await service.database[NOTES].find_one({"_id": derived_id("toy-body", str(number))})


async def test_an_event_delivered_twice_takes_effect_once(service, producer, topic, eventually) -> None:
    event = body_event(1)

    await send(producer, topic, event, event, event)
    await send(producer, topic, body_event(2))

    await eventually(lambda: note(service, 2))
    assert (await note(service, 1))["applied"] == 1
    assert await service.database[INBOX].count_documents({"_id": event.id}) == 1


async def test_older_state_never_replaces_newer(service, producer, topic, eventually) -> None:
    await send(producer, topic, body_event(1, 3, BodyApproved), body_event(1, 2), body_event(2))

    await eventually(lambda: note(service, 2))
    assert (await note(service, 1))["order"] == [1, 3]


BAD = {
    b"\xff\xfe not text": "not JSON",
    b"[1, 2]": "not an event",
    b'{"type": 7}': "not an event",
    b'{"type": "somebody.elses.v1"}': "foreign type",
    b'{"type": "affianca.body.registered.v9"}': "newer version",
    b'{"type": "affianca.body.registered.v1", "id": "secret name"}': "invalid",
}


async def test_messages_that_cannot_be_used_are_parked_with_the_reason_and_the_next_is_handled(
    service, producer, topic, reading, settings, eventually
) -> None:
    await send(producer, topic, *BAD, body_event(5))

    assert await eventually(lambda: note(service, 5))
    letters = await parked(reading, settings, topic, len(BAD))
    for letter in letters:
        headers = dict(letter.headers)
        assert headers["reason"].decode().startswith(BAD[letter.value])
        assert headers["origin"].decode().startswith(topic)
        assert b"secret" not in b"".join(headers.values())
    assert {letter.value for letter in letters} == set(BAD)


async def test_a_failing_handler_parks_its_message_alone(
    service, producer, topic, reading, settings, eventually
) -> None:
    await send(producer, topic, body_event(3), body_event(666), body_event(4))

    assert await eventually(lambda: note(service, 4))
    assert await note(service, 3)
    letter = (await parked(reading, settings, topic, 1))[0]
    facts = {name: value.decode() for name, value in letter.headers}
    assert (facts["handler"], facts["exception"]) == ("keep", "RuntimeError")
    assert "personal" not in json.dumps(facts)


async def test_headers_that_are_not_text_harm_nothing(service, producer, topic, eventually) -> None:
    await send(producer, topic, body_event(6), headers=[("traceparent", b"\xff\xfe\x00")])

    assert await eventually(lambda: note(service, 6))


async def test_a_type_outside_the_table_and_a_tombstone_are_skipped(service, producer, topic, eventually) -> None:
    await send(producer, topic, b'{"type": "affianca.body.admitted.v1"}', None, body_event(7))

    assert await eventually(lambda: note(service, 7))
    skipped = service.metrics.registry.get_sample_value("affianca_toy_events_consumed_total", {"outcome": "skipped"})
    assert skipped >= 1
    assert service.metrics.registry.get_sample_value("affianca_toy_events_consumed_total", {"outcome": "parked"}) in (
        None,
        0,
    )


async def test_a_flood_of_bad_messages_stops_consumption_and_fails_readiness(
    service, producer, topic, reading, settings, eventually, monkeypatch
) -> None:
    monkeypatch.setattr(dead_letters, "IN_A_ROW", 10)

    await send(producer, topic, *[b"junk"] * 25)

    await eventually(lambda: service.consumer.flooded)
    await send(producer, topic, body_event(8))
    assert len(await parked(reading, settings, topic, 10)) == 10
    assert await note(service, 8) is None


async def test_foreign_messages_never_stop_consumption(service, producer, topic, eventually, monkeypatch) -> None:
    monkeypatch.setattr(dead_letters, "IN_A_ROW", 5)

    await send(producer, topic, *[b'{"type": "somebody.elses.v1"}'] * 12, body_event(9))

    assert await eventually(lambda: note(service, 9))
    assert not service.consumer.flooded


async def test_a_document_that_mongodb_refuses_parks_its_message_alone(
    service, producer, topic, reading, settings, eventually, monkeypatch
) -> None:
    real = saving._operation
    broken = derived_id("toy-body", "10")

    def with_a_bad_key(write: Any) -> Any:
        if write.key[1] == broken:
            write.document["too"] = {"large": 2**70}
        return real(write)

    monkeypatch.setattr(saving, "_operation", with_a_bad_key)

    await send(producer, topic, body_event(10), body_event(11))

    assert await eventually(lambda: note(service, 11))
    assert await note(service, 10) is None
    facts = dict((await parked(reading, settings, topic, 1))[0].headers)
    assert facts["exception"] == b"Unstorable"


async def test_what_was_read_before_a_restart_is_not_applied_again(
    settings, clock, tmp_path, producer, topic, eventually
) -> None:
    first = toy(settings, clock, tmp_path)
    await first.start()
    await send(producer, topic, body_event(12))
    await eventually(lambda: note(first, 12))
    await first.stop()

    async with running(toy(settings, clock, tmp_path)) as second:
        await send(producer, topic, body_event(13))
        await eventually(lambda: note(second, 13), seconds=20)

        assert (await note(second, 12))["applied"] == 1
