"""Bad messages at the real four services: skipped or parked alone, all else goes on, operators settle the parked."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from contracts.catalogue import topic_of
from contracts.envelope import Event, new_id
from deploy.local.places import ROOT
from deploy.tools.dead_letters import run
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.chassis.work import Work
from tests.bad_input.installation import Installation, populate, running_services

RAISES, REJECTED = "affianca.request.withdrawn.v1", "affianca.request.closed.v1"
LISTENERS = {"routing", "notify", "reporting"}
"""Who listens to the topic of requests."""


def example(kind: str, **changes: Any) -> bytes:
    """A valid event of its own about a request that nobody knows."""
    document = json.loads((ROOT / "contracts" / "examples" / f"{kind}.json").read_text())
    document |= {"id": new_id(), **changes}
    return json.dumps(document).encode()


def incomplete() -> bytes:
    document = json.loads(example("affianca.request.closed.v1"))
    del document["data"]["state"]["id"]
    return json.dumps(document).encode()


BAD = {
    "no JSON": (b"{nothing", "not JSON"),
    "no UTF-8": (b'{"type": "caf\xe9"}', "not JSON"),
    "no event": (b"[]", "not an event"),
    "a future version": (b'{"type": "affianca.request.submitted.v9"}', "newer version"),
    "a foreign type": (b'{"type": "com.example.v1"}', "foreign type"),
    "a missing field": (incomplete(), "invalid"),
    "five megabytes": (b'{"type": "affianca.request.submitted.v1", "x": "' + b"x" * 5_000_000 + b'"}', "invalid"),
    "10,000 levels": (b'{"type": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "not"),
}  # fmt: skip
SKIPPED = {
    "one of our types that nobody listens to": b'{"type": "affianca.request.unheard-of.v1"}',
    "a tombstone": None,
}


def always(work: Work, event: Event) -> None:
    raise RuntimeError("the name of somebody")


def too_large(work: Work, event: Event) -> None:
    work.put("facts", {"_id": event.id, "number": 2**70})


def with_bad_handlers(service: Service) -> None:
    """Reporting fails at two kinds of event."""
    if service.name == "reporting":
        bad = {RAISES: always, REJECTED: too_large}
        kind = lambda entry: entry.model.model_fields["type"].default  # noqa: E731
        service.listens_to([replace(x, handle=bad.get(kind(x), x.handle)) for x in service.table])


@pytest.fixture
async def four(settings: Settings) -> AsyncIterator[Installation]:
    async with running_services(settings, before=with_bad_handlers) as started:
        await populate(started)
        yield started


@pytest.fixture
async def sender(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka, acks="all", max_request_size=6_000_000,
        enable_idempotence=settings.kafka_idempotence,
    )  # fmt: skip
    await producer.start()
    yield producer
    await producer.stop()


async def letters(four: Installation) -> list[dict[str, str]]:
    return list(json.loads(await run("show", "all", four.settings)))


async def parked(four: Installation, count: int, eventually) -> list[dict[str, str]]:
    """The letters, once there are so many."""

    async def enough() -> list[dict[str, str]]:
        found = await letters(four)
        return found if len(found) >= count else []

    return list(await eventually(enough, seconds=30, every=0.3))


async def goes_on(four: Installation, eventually, *services: str) -> None:
    """Fails unless a new request passes through these services."""
    number = (await four.submit())["number"]
    shown = {
        "routing": ("coordinator", f"/api/routing/requests/{number}"),
        "notify": ("coordinator", "/api/deliveries"),
    }

    async def passed(service: str) -> bool:
        if service == "reporting":
            return bool(await four.services[service].database["facts"].find_one({"number": number}))
        who, path = shown[service]
        return number in (await four.call(who, "GET", path)).text

    for service in services:
        await eventually(lambda service=service: passed(service), seconds=20)


@pytest.mark.timeout(120)
async def test_bad_messages_are_parked_or_skipped_and_every_service_goes_on(four, sender, settings, eventually) -> None:
    topic = topic_of(settings.prefix, "requests")
    odd = [("traceparent", b"\xff\xfe"), ("content-type", b"\x00")]
    for content, _ in BAD.values():
        await sender.send_and_wait(topic, content, key=b"\xff bad", headers=odd)
    for skipped in SKIPPED.values():
        await sender.send_and_wait(topic, skipped, key=b"skipped")
    await sender.send_and_wait(topic, example(RAISES), key=b"raises")
    await sender.send_and_wait(topic, example(REJECTED), key=b"rejected")

    await goes_on(four, eventually, *LISTENERS)
    found = await parked(four, 3 * len(BAD) + 2, eventually)

    own = [x for x in found if x["exception"] in ("RuntimeError", "Unstorable")]
    assert sorted((x["exception"], x["handler"]) for x in own) == [
        ("RuntimeError", "always"),
        ("Unstorable", "too_large"),
    ]
    reasons = Counter(x["reason"].split(":")[0].split(" than")[0] for x in found if x not in own)
    for _, reason in BAD.values():
        assert any(told.startswith(reason) for told in reasons), (reason, reasons)
    assert sum(reasons.values()) == 3 * len(BAD)
    assert all("somebody" not in json.dumps({k: v for k, v in x.items() if k != "body"}) for x in found)
    for name in four.services:
        assert (await four.call(None, "GET", f"/api/{name}/ready")).status_code == 200

    # Dropped they are gone; replayed they come again to everybody, and are parked again while they are bad.
    one = next(x["id"] for x in found if x["reason"] == "not JSON")
    assert await run("replay", one, four.settings) == "1 of 1 messages replayed"
    await parked(four, len(found) - 1 + 3, eventually)
    assert "messages dropped" in await run("drop", "all", four.settings)
    assert "0 parked messages" in await run("list", "all", four.settings)


@pytest.mark.timeout(120)
async def test_a_handler_that_always_fails_stops_its_own_service_alone(four, sender, settings, eventually) -> None:
    topic = topic_of(settings.prefix, "requests")
    # More than a flood: the last news of the set-up may still come among the first of them.
    for _ in range(150):
        await sender.send(topic, example(RAISES), key=b"raises")

    await eventually(lambda: four.services["reporting"].consumer.flooded, seconds=20)

    await goes_on(four, eventually, "routing", "notify")
    statuses = {name: (await four.call(None, "GET", f"/api/{name}/ready")).status_code for name in four.services}
    assert statuses == {"intake": 200, "routing": 200, "notify": 200, "reporting": 503}
    assert 50 <= len(await letters(four)) < 150
    assert (await four.call("monitor", "GET", "/api/reports/backlog")).status_code == 200


@pytest.mark.timeout(120)
async def test_a_flood_of_what_is_no_message_stops_its_listeners_and_no_request_is_lost(
    four, sender, settings, eventually
) -> None:
    topic = topic_of(settings.prefix, "requests")
    for number in range(150):
        await sender.send(topic, (b"{nothing", b"\xff\xfe", incomplete())[number % 3], key=b"junk")

    await eventually(lambda: all(four.services[name].consumer.flooded for name in LISTENERS), seconds=30)

    number = (await four.submit())["number"]
    assert (await four.call("official", "GET", f"/api/requests/{number}")).json()["status"] == "submitted"
    assert (await four.call(None, "GET", "/api/intake/ready")).status_code == 200


@pytest.mark.timeout(120)
async def test_a_flood_of_foreign_and_future_messages_stops_nobody(four, sender, settings, eventually) -> None:
    topic = topic_of(settings.prefix, "requests")
    for number in range(120):
        content = (BAD["a foreign type"], BAD["a future version"])[number % 2][0]
        await sender.send_and_wait(topic, content, key=b"foreign")

    await goes_on(four, eventually, *LISTENERS)

    assert not any(four.services[name].consumer.flooded for name in LISTENERS)
    await parked(four, 3 * 120, eventually)
