"""The service as it runs: events in and out by the broker, jobs by themselves."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer

from contracts.assignments import AssignmentOffered
from contracts.catalogue import topic_of
from contracts.envelope import Event
from contracts.requests import RequestResolved
from services.chassis.clock import Clock
from services.chassis.settings import Settings
from services.routing.main import build
from tests.routing.material import Routing, request_event


@pytest.fixture
async def running(settings: Settings, clock: Clock) -> AsyncIterator[Routing]:
    """Routing, started."""
    service = build(settings, clock)
    try:
        await service.start()
        yield Routing(service, clock)
    finally:
        await service.database.drop()
        await service.stop()


async def test_requests_are_offered_within_a_second_and_everybody_hears_of_it(
    running: Routing, settings: Settings, producer: AIOKafkaProducer, reading, eventually
) -> None:
    expert = await running.expert("anna", capacity=2)
    first, second, third = (request_event(number) for number in (1, 2, 3))

    async def send(event: Event) -> None:
        topic = topic_of(settings.prefix, "requests")
        await producer.send_and_wait(topic, event.model_dump_json().encode(), event.subject.encode())

    async def seconds_until_offered(news: Event, request: str) -> float:
        await send(news)
        sent = time.monotonic()
        lead = await eventually(lambda: running.lead(request), seconds=15)
        assert lead["expert"] == expert
        return time.monotonic() - sent

    await seconds_until_offered(first, first.subject)  # This one also waits until the consumer has joined its group.
    assert await seconds_until_offered(second, second.subject) < 1.0
    await send(third)
    await eventually(lambda: _stuck(running, third), seconds=5)
    assert await seconds_until_offered(request_event(1, 2, RequestResolved), third.subject) < 1.0
    assert await running.lead(first.subject) is None

    async with reading(topic_of(settings.prefix, "assignments")) as consumer:
        told = [await _next(consumer) for _ in range(6)]
    offered = [event for event in told if event["type"] == AssignmentOffered.model_fields["type"].default]
    subjects = {AssignmentOffered.model_validate(event).subject for event in offered}
    assert subjects == {event.subject for event in (first, second, third)}


async def _stuck(running: Routing, event: Event) -> bool:
    row = await running.database["cases"].find_one({"_id": event.subject})
    return bool(row and row["queue"] == "stuck")


async def _next(consumer) -> dict:
    message = await asyncio.wait_for(consumer.getone(), 10)
    return dict(json.loads(message.value))
