"""The whole service with its broker: what happened is in the figures within a second."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from contracts import assignments, requests
from contracts.catalogue import topic_of
from services.chassis.auth import permission_of
from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.reporting.consumers import EVENTS
from services.reporting.main import PREFIXES, build
from tests.reporting.material import Story, rome
from tests.reporting.people import enrol


@pytest.fixture
async def running(settings: Settings, clock: Clock) -> AsyncIterator[Service]:
    clock.move_to(rome("2026-11-24 10:00"))
    service = build(settings, clock)
    await service.start()
    yield service
    await service.stop()


async def test_an_event_is_in_the_report_within_a_second(
    running: Service, producer: AIOKafkaProducer, eventually: Any
) -> None:
    monitor = await enrol(running, ("monitor", "programme", None))
    topics = {stream: topic_of(running.settings.prefix, stream) for stream in ("requests", "assignments")}
    transport = httpx.ASGITransport(running.app)

    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:

        async def send(story: Story) -> None:
            for event in story.events:
                await producer.send_and_wait(
                    topics[event.STREAM], event.model_dump_json().encode(), event.subject.encode()
                )

        async def accepted(count: int) -> bool:
            report = (await client.get("/api/reports/service-levels", headers=monitor)).json()
            return bool(report["totals"]["metrics"]["acceptance"]["met"] == count)

        await send(Story(rome("2026-11-23 09:00"), 1).accepted(rome("2026-11-23 10:00")))
        await eventually(lambda: accepted(1), seconds=15)  # until the consumer group has formed
        await send(Story(rome("2026-11-23 09:00"), 2).accepted(rome("2026-11-23 10:00")))
        sent = time.monotonic()
        await eventually(lambda: accepted(2), seconds=5)

    assert time.monotonic() - sent < 1


def test_every_event_of_requests_and_assignments_is_listened_to() -> None:
    listened = {entry.model for entry in EVENTS}

    left_out = {model.__name__ for model in (*requests.EVENTS, *assignments.EVENTS) if model not in listened}
    assert left_out == {"ExpertAvailabilityChanged"}  # It concerns no request.


def test_every_route_says_who_may_call_it_and_lies_below_a_prefix(settings: Settings, clock: Clock) -> None:
    service = build(settings, clock)

    routes = [route for route in service.app.routes if hasattr(route, "dependant")]
    own = [route for route in routes if route.path not in ("/live", "/ready", "/status", "/metrics")]

    assert [route.path for route in routes if permission_of(route) is None] == []
    assert [route.path for route in own if not route.path.startswith(PREFIXES)] == []
    service.database.close()
