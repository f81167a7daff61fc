"""The permanent history: every event, oldest first, from behind any of them."""

import json
from datetime import timedelta

import pytest

from contracts.envelope import new_id
from services.chassis import outbox
from services.chassis.clock import Clock
from services.chassis.mongo import Database, Document
from services.chassis.outbox import OUTBOX, history, rows
from services.chassis.saving import save
from tests.chassis.material import STREAM, published, tell, telling, unit

SUBJECT = new_id()


async def _ids(database: Database, after: str | None = None, limit: int | None = None, *streams: str) -> list[str]:
    return [json.loads(body)["id"] async for body in history(database, after, limit, streams)]


async def test_history_tells_events_in_the_order_in_which_they_were_stored(database: Database) -> None:
    events = await published(database, *((new_id(), 1) for _ in range(20)))

    assert await _ids(database) == [event.id for event in events]


async def test_history_keeps_the_order_within_a_unit_of_work(database: Database) -> None:
    work = unit()
    events = [tell(work, SUBJECT, sequence) for sequence in range(1, 11)]

    await database[OUTBOX].insert_many(reversed(rows(work.events, None)))

    assert await _ids(database) == [event.id for event in events]


async def test_history_goes_on_behind_the_event_that_the_reader_has(database: Database) -> None:
    events = await published(database, *((SUBJECT, sequence) for sequence in range(1, 8)))

    assert await _ids(database, events[2].id) == [event.id for event in events[3:]]
    assert await _ids(database, events[2].id, 2) == [event.id for event in events[3:5]]
    assert await _ids(database, events[-1].id) == []


async def test_history_refuses_to_go_on_behind_an_event_it_never_told(database: Database) -> None:
    await published(database, (SUBJECT, 1))

    with pytest.raises(LookupError):
        await _ids(database, new_id())


async def test_history_can_be_limited_to_streams(database: Database) -> None:
    events = await published(database, (SUBJECT, 1))

    assert await _ids(database, None, None, STREAM) == [events[0].id]
    assert await _ids(database, None, None, "requests") == []


async def test_history_tells_published_events_as_well(database: Database) -> None:
    (event,) = await published(database, (SUBJECT, 1))

    await database[OUTBOX].update_many({}, {"$unset": {"unpublished": 1}})

    assert await _ids(database) == [event.id]


def test_a_row_carries_the_trace_of_the_call_that_caused_it() -> None:
    (row,) = rows(telling().events, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    assert row["traceparent"].startswith("00-4bf9")


@pytest.mark.parametrize("asked", ["waiting", "of a key", "history", "sent again"])
async def test_no_question_to_the_outbox_looks_at_more_than_it_tells(database: Database, asked: str) -> None:
    await database.ensure(outbox.INDEXES)
    month_ago = Clock().now() - timedelta(days=30)
    await save(database, [telling(new_id(), at=month_ago) for _ in range(200)])
    await database[OUTBOX].update_many({}, {"$unset": {"unpublished": 1}})
    works = [telling(new_id()) for _ in range(100)]
    await save(database, works)
    middle = await database[OUTBOX].find_one({"_id": works[50].events[0].id})
    assert middle
    question: dict[str, Document] = {
        "waiting": {"filter": {"unpublished": True}, "sort": {"position": 1}, "limit": 10},
        "of a key": {"filter": {"unpublished": True, "key": {"$in": [works[7].events[0].subject]}}},
        "history": {"filter": {"position": {"$gt": middle["position"]}}, "sort": {"position": 1}, "limit": 10},
        "sent again": {"filter": {"time": {"$gte": month_ago + timedelta(days=23)}}},
    }

    find = {"find": OUTBOX, **question[asked]}
    stats = (await database.raw.command("explain", find, verbosity="executionStats"))["executionStats"]

    assert 0 < stats["nReturned"] == stats["totalDocsExamined"]
