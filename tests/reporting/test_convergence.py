"""Facts are the same whatever the order, the repetition and the lateness of the events."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.mongo import Document
from services.chassis.service import Service
from services.reporting.store import FACTS
from tests.reporting.material import Story, consume, fact_of, in_memory, random_story, rome


def without_version(fact: Document | None) -> Document:
    assert fact is not None
    return {name: value for name, value in fact.items() if name != "version"}


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9), st.data())
def test_any_order_repetition_and_late_arrival_gives_the_same_fact(seed: int, data: st.DataObject) -> None:
    story = random_story(random.Random(seed), seed % 1000 + 1)
    expected = without_version(fact_of(story))
    shuffled = data.draw(st.permutations(story.events))
    repeated = shuffled + data.draw(st.lists(st.sampled_from(story.events), max_size=5))

    fact = without_version(in_memory(repeated).documents[(FACTS, story.id)])

    assert fact == expected


async def test_batches_in_the_database_converge_too(reporting: Service) -> None:
    chance = random.Random(7)
    stories = [random_story(chance, number) for number in range(1, 60)]
    events = [event for story in stories for event in story.events]
    chance.shuffle(events)

    for start in range(0, len(events), 40):
        await consume(reporting, events[start : start + 40] + chance.sample(events, 10))
    await consume(reporting, events)

    stored = {row["_id"]: without_version(row) async for row in reporting.database[FACTS].find()}
    assert stored == {story.id: without_version(fact_of(story)) for story in stories}


async def test_an_assignment_that_arrives_first_waits_for_its_request(reporting: Service) -> None:
    story = Story(rome("2026-11-23 09:00")).accepted(rome("2026-11-23 10:00"))

    await consume(reporting, story.events[1:])
    early = await reporting.database[FACTS].find_one({"_id": story.id})
    await consume(reporting, story.events[:1])
    late = await reporting.database[FACTS].find_one({"_id": story.id})

    assert early is not None and "clocks" not in early
    assert late is not None and late["clocks"][0]["minutes"] == 60
