"""The permanent history: every event, oldest first, from behind any of them."""

import json
from datetime import timedelta

import pytest

from contracts.envelope import new_id
from services.chassis import outbox
from services.chassis.mongo import Database, Document
from services.chassis.outbox import OUTBOX, history, rows
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


@pytest.mark.parametrize(
    ("query", "sort"),
    [
        ({"unpublished": True}, [("position", 1)]),
        ({"unpublished": True, "key": {"$in": [SUBJECT]}}, None),
        ({"position": {"$gt": new_id()}}, [("position", 1)]),
        ({"time": {"$gte": telling().events[0].time - timedelta(days=7)}}, None),
    ],
    ids=["waiting", "of a key", "history", "sent again"],
)
async def test_no_question_to_the_outbox_reads_all_of_it(database: Database, query: Document, sort: object) -> None:
    await database.ensure(outbox.INDEXES)
    await published(database, (SUBJECT, 1))

    cursor = database[OUTBOX].find(query)
    plan = await (cursor.sort(sort) if sort else cursor).explain()

    stages = json.dumps(plan["queryPlanner"]["winningPlan"], default=str)
    assert '"IXSCAN"' in stages
    assert '"SORT"' not in stages
