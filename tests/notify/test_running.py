"""The whole service as it runs: broker, jobs, SMTP, and the live stream over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from contracts.assignments import AssignmentOffered
from contracts.catalogue import topic_of
from contracts.envelope import Event
from contracts.requests import RequestSubmitted
from services.chassis.running import Server
from services.notify.main import build
from tests.notify.callers import register
from tests.notify.conftest import own
from tests.notify.driving import Notify
from tests.notify.material import (
    BODY,
    LEAD,
    OFFICIAL,
    about_assignment,
    about_request,
    granted,
    id_of,
)
from tests.notify.outside import Intake, asking, parsed

KEY = {"X-API-Key": OFFICIAL}


@pytest.fixture
async def running(settings, clock, the_post) -> AsyncIterator[Notify]:
    async with asking(Intake()) as client:
        service = build(own(settings, the_post), clock, client)
        try:
            await service.start()
            yield Notify(service, the_post, Intake(), None)
        finally:
            await service.database.drop()
            await service.stop()
            await the_post.reset()


@asynccontextmanager
async def served(notify: Notify) -> AsyncIterator[str]:
    """The service on a port of its own, ended as a process ends it; yields the address."""
    config = uvicorn.Config(notify.service.app, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=10)
    server = Server(config, notify.service)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def publish(producer: Any, notify: Notify, *events: Event) -> None:
    for event in events:
        topic = topic_of(notify.service.settings.prefix, event.STREAM)
        await producer.send_and_wait(topic, event.model_dump_json().encode(), key=event.subject.encode())


async def next_event(lines: AsyncIterator[str]) -> dict[str, Any]:
    """The next event of a stream: its id and its data."""
    found: dict[str, Any] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if name in ("id", "data"):
            found[name] = json.loads(value) if name == "data" else value
        if not line and "data" in found:
            return found
    raise AssertionError("the stream ended")


async def test_from_the_topics_to_the_mail_box_and_the_published_event(running, producer, reading, eventually) -> None:
    events = (
        granted(id_of("clerk"), "official", BODY),
        about_assignment(AssignmentOffered),
        about_request(RequestSubmitted),
    )
    await publish(producer, running, *events, *events)

    await eventually(lambda: len(running.mails) == 2, seconds=20)

    offer = next(mail for mail in running.mails if LEAD[:8] in mail["to"])
    assert f"/desk/assignments/{id_of('assignment')}" in offer.get_body(("plain",)).get_content()
    async with reading(topic_of(running.service.settings.prefix, "notifications")) as consumer:
        told = [json.loads((await asyncio.wait_for(consumer.getone(), 10)).value) for _ in range(2)]
    assert {event["type"] for event in told} == {"affianca.notification.sent.v1"}
    assert {event["correlationid"] for event in told} == {id_of("correlation")}
    assert {event["data"]["message"] for event in told} == {"offer", "received"}
    assert len(running.post.raw) == 2 and all(parsed(raw)["message-id"] for raw in running.post.raw)


async def test_the_stream_tells_resumes_is_bounded_and_ends_at_shutdown(running) -> None:
    await register(running, OFFICIAL, "official", BODY)
    loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(headers=KEY, timeout=10) as client, served(running) as address:
        path = f"{address}/api/notifications/stream"
        async with client.stream("GET", path) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.aiter_lines()
            await running.hear(about_request(RequestSubmitted, request=id_of("r1"), number="2026-000001"))
            first = await asyncio.wait_for(next_event(lines), 10)
        await running.hear(about_request(RequestSubmitted, request=id_of("r2"), number="2026-000002"))
        async with client.stream("GET", path, headers={"Last-Event-ID": first["id"]}) as stream:
            second = await asyncio.wait_for(next_event(stream.aiter_lines()), 10)

        opened = [await client.send(client.build_request("GET", path), stream=True) for _ in range(6)]
        began = loop.time()
    took = loop.time() - began

    assert [first["data"]["number"], second["data"]["number"]] == ["2026-000001", "2026-000002"]
    assert [answer.status_code for answer in opened] == [200] * 5 + [429]
    assert took < 5, "open streams held up the end of the process"
