"""Operators list, show, replay or drop parked messages with one command."""

import json

import pytest

from contracts.catalogue import topic_of
from deploy.tools.dead_letters import run
from services.chassis.dead_letters import DeadLetters, Parked
from services.chassis.topics import create_missing, wanted_topics


class Record:
    """What a consumer would have received."""

    def __init__(self, topic: str, offset: int, value: bytes) -> None:
        self.topic, self.partition, self.offset, self.key, self.value = topic, 0, offset, b"k", value


@pytest.fixture
async def topic(settings, admin, producer, clock) -> str:
    """A topic whose consumer, reporting, has parked two messages."""
    group = settings.group("reporting")
    await create_missing(admin, wanted_topics(settings, ["requests"], group))
    topic = topic_of(settings.prefix, "requests")
    parked = [Parked(Record(topic, number, f"body {number}".encode()), "not JSON") for number in (1, 2)]
    await DeadLetters(producer, group).park(parked, clock.now())
    return topic


async def test_parked_messages_are_listed_and_shown_with_the_reason(topic, settings) -> None:
    listed = await run("list", "all", settings)
    shown = json.loads(await run("show", "all", settings))

    assert "2 parked messages" in listed
    assert "not JSON" in listed
    assert {letter["body"] for letter in shown} == {"body 1", "body 2"}
    assert all(letter["origin"].startswith(topic) for letter in shown)


async def test_a_replayed_message_is_on_its_topic_again_and_no_longer_listed(topic, settings, reading) -> None:
    id = json.loads(await run("show", "all", settings))[0]["id"]

    answer = await run("replay", id, settings)

    assert answer == "1 of 1 messages replayed"
    assert "1 parked messages" in await run("list", "all", settings)
    async with reading(topic) as consumer:
        message = await consumer.getone()
        assert (message.key, message.value[:5]) == (b"k", b"body ")


async def test_dropped_messages_are_no_longer_listed(topic, settings) -> None:
    assert await run("drop", "all", settings) == "2 of 2 messages dropped"
    assert "0 parked messages" in await run("list", "all", settings)


async def test_an_unknown_id_is_told(topic, settings) -> None:
    with pytest.raises(SystemExit, match="list"):
        await run("replay", "nothing", settings)
