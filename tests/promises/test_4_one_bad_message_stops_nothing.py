"""Promise 4: bad messages of every kind, on every topic and in the way of a walk, stop nothing and are parked."""

import json
from collections import Counter
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from contracts.catalogue import STREAMS, topic_of
from contracts.envelope import event_type, new_id
from deploy.tools.dead_letters import Office
from tests.promises.people import until
from tests.promises.programme import NAMES, Programme
from tests.promises.walk import MAILS, told, walk

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(150)]
SECRET = "Segretissimo"


def bad_messages(stream: str) -> list[bytes]:
    """Not JSON, not an event, of a foreign type, of a known type without its content, and of a type to come."""
    known = event_type(STREAMS[stream][0])
    newer = known.replace(".v1", ".v9")
    facts = {"id": new_id(), "subject": new_id(), "title": SECRET}
    documents = [{"title": SECRET}, facts | {"type": "com.example.other.v1"}, facts | {"type": known},
                 facts | {"type": newer}]  # fmt: skip
    return [f"{{{SECRET}".encode(), b"\xff\xfe", *(json.dumps(document).encode() for document in documents)]


async def _put_in_the_way(producer: AIOKafkaProducer, programme: Programme, key: str) -> None:
    """On every topic, in the partition that the key's own messages take."""
    for stream in STREAMS:
        for message in bad_messages(stream):
            await producer.send_and_wait(topic_of(programme.settings.prefix, stream), message, key.encode())


def _expected(programme: Programme) -> Counter[tuple[str, str]]:
    """(service, topic) -> how many of `bad_messages` each service that listens there must park.

    Four cannot be events for anybody, and one is of a foreign type; of the others a service parks those whose type
    it lists.
    """
    expected: Counter[tuple[str, str]] = Counter()
    for name, service in programme.services.items():
        types = {event_type(entry.model) for entry in service.table}
        for stream in {entry.model.STREAM for entry in service.table}:
            listed = event_type(STREAMS[stream][0]) in types
            expected[name, topic_of(programme.settings.prefix, stream)] = 6 if listed else 4
    return expected


async def test_a_walk_goes_through_although_every_topic_holds_bad_messages(
    programme: Programme, producer: AIOKafkaProducer
) -> None:
    async def between(step: str, request: dict[str, Any]) -> None:
        if step == "submitted":
            await _put_in_the_way(producer, programme, request["id"])

    await _put_in_the_way(producer, programme, new_id())
    request = await walk(programme, between)
    await _put_in_the_way(producer, programme, request["id"])
    number = (await walk(programme))["number"]

    async def all_told() -> bool:
        return await told(programme, number) == MAILS and await told(programme, request["number"]) == MAILS

    await until(all_told)
    for name in NAMES:
        assert (await programme.call(None, "GET", f"/api/{name}/ready")).status_code == 200
    await _every_bad_message_is_parked(programme)


async def _every_bad_message_is_parked(programme: Programme) -> None:
    office = Office(programme.settings)

    async def parked() -> list[Any]:
        letters = await office.letters()
        found = Counter((letter.service, letter.topic) for letter in letters)
        assert found == Counter({place: 3 * count for place, count in _expected(programme).items()})
        return letters

    try:
        letters = await until(parked)
    finally:
        office.close()
    for letter in letters:
        assert {"reason", "handler", "exception", "origin", "parked-at"} <= letter.facts.keys()
        assert SECRET not in str(letter.facts)
