"""A copy that rests on a state which its owner lost with a restore is restated; everything else is left alone."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import pytest

from contracts.bodies import BodyRegistered
from contracts.envelope import Event
from services.chassis.correcting import Correction, Kept
from services.chassis.mongo import Database, Document
from services.chassis.outbox import OUTBOX
from services.chassis.work import Work
from tests.chassis.toy import NOTES, body_event


def restate(work: Work, id: str, events: Sequence[Event]) -> None:
    """The newest of the states that are there; what is our own stays."""
    known = work.get(NOTES, id) or {}
    work.put(NOTES, {**known, "order": list(events[-1].order) if events else None})
    work.publish(BodyRegistered, id, 1, body_event(1).data)


KEPT = Kept(NOTES, "bodies", [BodyRegistered], lambda note: [tuple(note["order"])], restate)


def note(event: Event, order: list[int]) -> Document:
    return {"_id": event.subject, "order": order, "own": "kept", "version": 1}


def correction(database: Database, clock: Any, events: Iterable[Event], epoch: int = 2) -> Correction:
    async def history() -> AsyncIterator[bytes]:
        for event in events:
            yield event.model_dump_json().encode()

    return Correction(database, KEPT, clock, epoch, history)


async def orders(database: Database) -> dict[str, Any]:
    return {row["_id"]: row["order"] async for row in database[NOTES].find()}


async def test_lost_states_go_back_gone_ones_are_told_and_the_rest_stays(database: Database, clock: Any) -> None:
    ahead, gone, right, newer = (body_event(number) for number in range(4))
    await database[NOTES].insert_many(
        [note(ahead, [1, 4]), note(gone, [1, 1]), note(right, [1, 1]), note(newer, [2, 7])]
    )

    told = await correction(database, clock, [ahead, right]).run()

    assert told == (2, 1)
    assert await orders(database) == {
        ahead.subject: [1, 1], gone.subject: None, right.subject: [1, 1], newer.subject: [2, 7]
    }  # fmt: skip
    assert {row["own"] async for row in database[NOTES].find()} == {"kept"}
    assert await database[OUTBOX].count_documents({}) == 0


async def test_an_owner_that_was_never_restored_has_lost_nothing(database: Database, clock: Any) -> None:
    await database[NOTES].insert_one(note(body_event(1), [1, 4]))

    assert await correction(database, clock, [], epoch=1).run() == (0, 0)

    assert list((await orders(database)).values()) == [[1, 4]]


async def test_news_that_come_while_a_copy_is_corrected_are_not_overwritten(
    database: Database, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = body_event(1)
    await database[NOTES].insert_one(note(event, [1, 4]))
    work = correction(database, clock, [event])
    look = work._lost

    async def look_and_be_overtaken() -> Any:
        found = await look()
        await database[NOTES].update_one({"version": 1}, {"$set": {"order": [2, 5], "version": 2}})
        return found

    monkeypatch.setattr(work, "_lost", look_and_be_overtaken)

    assert await work.run() == (0, 0)

    assert await orders(database) == {event.subject: [2, 5]}
