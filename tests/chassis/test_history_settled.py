"""Who reads a history on behind the last event misses none, however late a transaction ends."""

import asyncio
import json
import threading
from datetime import UTC, datetime, timedelta

from services.chassis.mongo import Database
from services.chassis.outbox import OUTBOX, history, rows, settled
from services.chassis.saving import save
from services.chassis.transactions import Plain, Session
from tests.chassis.material import telling

DELAY = 1.5


class Reader:
    """Reads on from where it stopped, again and again."""

    def __init__(self, database: Database) -> None:
        self.seen: list[str] = []
        self._database = database

    async def read(self) -> None:
        before = settled(datetime.now(UTC), DELAY)
        after = self.seen[-1] if self.seen else None
        self.seen += [json.loads(body)["id"] async for body in history(self._database, after, before=before)]


async def test_a_transaction_that_ends_late_with_an_earlier_position_is_not_missed(database: Database) -> None:
    late, quick = telling(), [telling() for _ in range(20)]
    written, may_end = asyncio.Event(), threading.Event()
    await save(database, [telling()])
    loop, reader = asyncio.get_running_loop(), Reader(database)

    def write(plain: Plain, session: Session) -> None:
        plain[OUTBOX].insert_many(rows(late.events, None), session=session)
        loop.call_soon_threadsafe(written.set)
        may_end.wait(10)

    slow = asyncio.create_task(database.transaction(write))
    await written.wait()
    began = loop.time()
    for work in quick:
        await save(database, [work])
        await reader.read()
    while loop.time() < began + DELAY / 2:
        await reader.read()
        await asyncio.sleep(0.01)
    may_end.set()
    await slow
    while len(reader.seen) < 22 and loop.time() < began + 10:
        await reader.read()
        await asyncio.sleep(0.01)

    wanted = {work.events[0].id for work in (late, *quick)}
    assert wanted <= set(reader.seen)
    assert len(reader.seen) == 22


async def test_what_is_settled_is_told_in_order_and_what_is_not_waits(database: Database) -> None:
    works = [telling() for _ in range(3)]
    for work in works:
        await save(database, [work])
    now = datetime.now(UTC)

    early = [body async for body in history(database, before=settled(now, 60))]
    later = [json.loads(body)["id"] async for body in history(database, before=settled(now + timedelta(hours=1), 60))]

    assert early == []
    assert later == [work.events[0].id for work in works]


async def test_positions_are_made_in_the_transaction_not_while_it_waits_for_a_thread(database: Database) -> None:
    await save(database, [telling()])  # The collection is there.
    free = threading.Event()
    held = [asyncio.create_task(database.at_once(lambda _: free.wait(10))) for _ in range(8)]
    waiting = asyncio.create_task(save(database, [telling()]))
    await asyncio.sleep(0.3)  # It stands in the queue meanwhile; there is nothing to ask it.
    released = settled(datetime.now(UTC), 0)
    free.set()
    await asyncio.gather(*held, waiting)

    newest = await database[OUTBOX].find_one({}, sort=[("position", -1)])
    assert newest is not None
    assert newest["position"] > released
