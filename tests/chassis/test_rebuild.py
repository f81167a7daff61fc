"""Promise 5: everything derived can be rebuilt, and a rebuild has no other effect."""

from collections.abc import AsyncIterator, Iterable

from contracts.bodies import BodyApproved
from contracts.envelope import Event
from services.chassis.decoding import On
from services.chassis.outbox import OUTBOX
from services.chassis.rebuild import Rebuild
from services.chassis.work import Keys, Work
from tests.chassis.toy import NOTES, TABLE, body_event, keep

MAILS = "mails"


async def bodies(events: Iterable[Event]) -> AsyncIterator[bytes]:
    for event in events:
        yield event.model_dump_json().encode()


def keep_and_tell(work: Work, event: Event) -> None:
    """A handler with effects that a rebuild must not repeat."""
    keep(work, event)
    work.put(MAILS, {"_id": event.id})
    work.publish(BodyApproved, event.subject, event.sequence, event.data)


def _needs(event: Event) -> Keys:
    return {NOTES: [event.subject]}


async def test_a_rebuild_gives_the_same_documents_whatever_the_order(database, clock) -> None:
    events = [body_event(number, sequence) for number in range(30) for sequence in (1, 2, 3)]
    rebuild = Rebuild(database, TABLE, [NOTES], clock)

    await rebuild.replay(bodies(events))
    first = {row["_id"]: row["order"] async for row in database[NOTES].find()}
    await rebuild.clear()
    assert await database[NOTES].count_documents({}) == 0
    await rebuild.replay(bodies(reversed(events)))
    second = {row["_id"]: row["order"] async for row in database[NOTES].find()}

    assert first == second
    assert len(first) == 30


async def test_a_rebuild_sends_and_publishes_nothing_and_keeps_what_is_not_derived(database, clock) -> None:
    await database["preferences"].insert_one({"_id": "kept"})
    table = [On(type(body_event(1)), keep_and_tell, _needs)]
    rebuild = Rebuild(database, table, [NOTES], clock)

    await rebuild.clear()
    applied = await rebuild.replay(bodies([body_event(1), body_event(2)]))

    assert applied == 2
    assert await database[NOTES].count_documents({}) == 2
    assert await database[MAILS].count_documents({}) == 0
    assert await database[OUTBOX].count_documents({}) == 0
    assert await database["preferences"].count_documents({}) == 1


async def test_events_that_do_not_concern_the_service_are_passed_over(database, clock) -> None:
    rebuild = Rebuild(database, TABLE[:1], [NOTES], clock)

    applied = await rebuild.replay(bodies([body_event(1), body_event(2, 1, BodyApproved)]))

    assert applied == 1
