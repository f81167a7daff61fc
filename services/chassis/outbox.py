"""The outbox: every event a service ever published, written in the transaction that made it true.

Rows stay for ever: they are the owner's history. `unpublished` marks those that Kafka does not have yet; its
partial index holds only them. `position` (UUIDv7) is the order of writing within a process; it is made in the
transaction, but one that began earlier may end later. So who reads on behind the last event is told only what is
settled: older than any transaction that may still be under way (`settled`).
"""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta

from contracts.envelope import Event, new_id
from services.chassis.mongo import Database, Document, Index

OUTBOX = "outbox"

INDEXES = (
    Index(OUTBOX, (("unpublished", 1), ("position", 1)), partial={"unpublished": True}),
    Index(OUTBOX, (("key", 1), ("unpublished", 1)), partial={"unpublished": True}),
    Index(OUTBOX, (("position", 1),)),
    Index(OUTBOX, (("time", 1),)),
)


def rows(events: Iterable[Event], traceparent: str | None) -> list[Document]:
    """The outbox documents of events in the order in which they were published."""
    return [
        {
            "_id": event.id,
            "position": new_id(),
            "unpublished": True,
            "stream": event.STREAM,
            "key": event.subject,
            "order": [event.epoch, event.sequence],
            "time": event.time,
            "body": event.model_dump_json().encode(),
            **({"traceparent": traceparent} if traceparent else {}),
        }
        for event in events
    ]


def settled(now: datetime, seconds: float) -> str:
    """The position before which nothing can appear any more. now: real time, as positions have it.

    seconds: longer than a transaction lives, and than the clocks of the owner's processes differ.
    """
    digits = f"{int((now - timedelta(seconds=seconds)).timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"


async def history(
    database: Database,
    after: str | None = None,
    limit: int | None = None,
    streams: Iterable[str] = (),
    before: str | None = None,
) -> AsyncIterator[bytes]:
    """The owner's events as JSON, oldest first, from behind the event with the id `after` and before a position.

    Raises LookupError when `after` is not an event of this owner.
    """
    query: Document = {"position": {"$lt": before}} if before else {}
    if after is not None:
        start = await database[OUTBOX].find_one({"_id": after}, {"position": 1})
        if start is None:
            raise LookupError(after)
        query.setdefault("position", {})["$gt"] = start["position"]
    chosen = list(streams)
    if chosen:
        query["stream"] = {"$in": chosen}
    async for row in database[OUTBOX].find(
        query, {"body": 1}, sort=[("position", 1)], limit=limit or 0, batch_size=500
    ):
        yield row["body"]
