"""Deadlines are told once, at the right moment, and corrected when a late event proves them wrong."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import orjson

from services.chassis.outbox import OUTBOX
from services.chassis.service import Service
from services.chassis.work import Origin, Work
from services.reporting.handlers.deadlines import tell
from services.reporting.main import build, tell_deadlines
from services.reporting.store import FACTS
from tests.reporting.material import Story, consume, in_memory, rome

# Urgent: to be accepted within four hours, so at risk from 12:00 and late after 13:00.
MONDAY = rome("2026-11-23 09:00")


def urgent(number: int = 1, at: datetime = MONDAY) -> Story:
    return Story(at, number, urgency="high")


async def told(service: Service) -> list[tuple[str, str]]:
    """What was published: kind and metric, in order."""
    rows = service.database[OUTBOX].find({"stream": "service-levels"}, sort=[("position", 1)])
    events = [orjson.loads(row["body"]) async for row in rows]
    return [(event["type"].split(".")[2], event["data"]["metric"]) for event in events]


async def at(service: Service, when: datetime) -> list[tuple[str, str]]:
    """Everything told so far, once the job has run at this moment."""
    service.clock.move_to(when)
    await tell_deadlines(service)
    return await told(service)


async def last(service: Service) -> dict[str, Any]:
    rows = [row async for row in service.database[OUTBOX].find({"stream": "service-levels"}, sort=[("position", 1)])]
    return dict(orjson.loads(rows[-1]["body"]))


async def test_a_request_is_told_at_risk_after_three_quarters_and_late_after_the_target(reporting: Service) -> None:
    await consume(reporting, urgent().events)

    seen = [len(await at(reporting, rome(f"2026-11-23 {time}"))) for time in ("11:59", "12:00", "12:59", "13:01")]

    assert seen == [0, 1, 1, 2]
    assert await told(reporting) == [("at-risk", "acceptance"), ("breached", "acceptance")]


async def test_looking_again_tells_nothing_again(reporting: Service) -> None:
    story = urgent()
    await consume(reporting, story.events)
    before = await at(reporting, rome("2026-11-23 14:01"))

    await consume(reporting, story.message(rome("2026-11-23 14:02"), role="requester").events[-1:])
    after = await at(reporting, rome("2026-11-23 14:03"))

    assert before == after == [("breached", "acceptance")]


async def test_an_accepted_request_is_not_told(reporting: Service) -> None:
    await consume(reporting, urgent().accepted(rome("2026-11-23 10:00")).events)

    assert ("breached", "acceptance") not in await at(reporting, rome("2026-11-23 15:00"))


async def test_a_warning_waits_for_the_office_to_open_and_a_breach_does_not(reporting: Service) -> None:
    warned = Story(rome("2026-11-20 15:00"), 1, urgency="high")  # three hours have passed at the Friday's end
    await consume(reporting, warned.events)

    weekend = await at(reporting, rome("2026-11-21 03:00"))
    opening = await at(reporting, rome("2026-11-23 09:00"))

    assert weekend == []
    assert opening == [("at-risk", "acceptance")]


def test_a_breach_at_closing_time_is_not_put_off_with_its_warning() -> None:
    story = urgent(at=rome("2026-11-23 14:00"))
    closing = rome("2026-11-23 18:00")
    work = Work(in_memory(story.events), closing, Origin("urn:test"))

    tell(work, story.id)

    assert work.events == []
    assert work.writes[(FACTS, story.id)].document["next_due"] == closing + timedelta(milliseconds=1)


async def test_a_clock_that_stands_still_is_told_neither_at_risk_nor_late(reporting: Service) -> None:
    story = urgent().accepted(rome("2026-11-23 09:30")).asked(rome("2026-11-23 10:00"))
    await consume(reporting, story.events)

    assert await at(reporting, rome("2027-02-01 10:00")) == []


async def test_a_withdrawn_request_is_left_alone(reporting: Service) -> None:
    await consume(reporting, urgent().withdrawn(rome("2026-11-23 10:00")).events)

    assert await at(reporting, rome("2026-12-23 10:00")) == []


async def test_a_late_event_that_proves_a_breach_wrong_corrects_it_once(reporting: Service) -> None:
    story = urgent()
    await consume(reporting, story.events)
    await at(reporting, rome("2026-11-23 14:01"))

    story.accepted(rome("2026-11-23 12:55"))
    await consume(reporting, story.events[-1:])
    corrected = await at(reporting, rome("2026-11-23 14:05"))
    again = await at(reporting, rome("2026-11-23 14:06"))

    assert corrected == again == [("breached", "acceptance"), ("corrected", "acceptance")]
    data = (await last(reporting))["data"]
    assert data["breached"] is False
    assert data["previous_due_at"] == data["due_at"] == "2026-11-23T12:00:00Z"


async def test_a_deadline_called_off_is_told_again_when_it_is_missed_after_all(reporting: Service) -> None:
    story = urgent()
    await consume(reporting, story.events)
    await at(reporting, rome("2026-11-23 14:01"))
    story.asked(rome("2026-11-23 10:00")).provided(rome("2026-11-23 12:00"))

    await consume(reporting, story.events[-2:])
    corrected = await at(reporting, rome("2026-11-23 14:05"))
    missed = await at(reporting, rome("2026-11-23 16:01"))

    assert corrected[-1] == ("corrected", "acceptance")
    assert missed[-1] == ("breached", "acceptance")
    identities = [row["_id"] async for row in reporting.database[OUTBOX].find({"stream": "service-levels"})]
    assert len(set(identities)) == len(identities)


async def test_a_pause_after_the_telling_does_not_make_it_wrong(reporting: Service) -> None:
    story = urgent()
    await consume(reporting, story.events)
    await at(reporting, rome("2026-11-23 12:00"))

    await consume(reporting, story.asked(rome("2026-11-23 12:30")).provided(rome("2026-11-24 09:00")).events[-2:])
    seen = await at(reporting, rome("2026-11-24 09:01"))

    assert seen == [("at-risk", "acceptance")]


async def test_a_rebuild_of_the_facts_tells_nothing_twice(reporting: Service) -> None:
    story = urgent()
    await consume(reporting, story.events)
    before = await at(reporting, rome("2026-11-23 14:01"))

    await reporting.database[FACTS].drop()
    await reporting.database["inbox"].drop()
    await reporting.database.ensure(reporting._indexes)
    await consume(reporting, story.events)

    assert await at(reporting, rome("2026-11-23 14:02")) == before


async def test_two_processes_tell_each_deadline_once(reporting: Service) -> None:
    stories = [urgent(number) for number in range(1, 41)]
    await consume(reporting, [event for story in stories for event in story.events])
    other = build(reporting.settings, reporting.clock)
    await other.commit.start()
    reporting.clock.move_to(rome("2026-11-23 14:01"))

    await asyncio.gather(*(tell_deadlines(service) for service in (reporting, other) for _ in range(3)))

    await other.commit.stop()
    other.database.close()
    assert await told(reporting) == [("breached", "acceptance")] * 40


async def test_breaches_are_told_by_the_running_service(reporting: Service, reading: Any, eventually: Any) -> None:
    reporting.clock.move_to(rome("2026-11-23 13:59"))
    await consume(reporting, urgent(at=MONDAY).events)
    running = build(reporting.settings, reporting.clock)
    await running.start()
    try:
        reporting.clock.advance(timedelta(minutes=5))
        async with reading(f"{reporting.settings.prefix}.service-levels.v1") as consumer:
            seen: list[str] = []

            async def breached() -> bool:
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    seen.extend(orjson.loads(record.value)["type"] for record in records)
                return "affianca.deadline.breached.v1" in seen

            await eventually(breached)
    finally:
        await running.stop()
