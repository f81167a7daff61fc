"""The live stream of notifications: one look at the database serves every listener of this process.

It looks twice a second, and at once after a save of this process, while somebody listens. Each look begins some
seconds before the last one, because what is committed late can bear an older position; what a listener has got is
not repeated.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import structlog

from contracts.envelope import new_id
from services.chassis.jobs import Bell
from services.chassis.mongo import Database, Document
from services.notify.store.notifications import notifications_after

_MOST_PER_PERSON = 5
_EVERY = 0.5
_OVERLAP = timedelta(seconds=5)
_BACKLOG = 500
_AT_A_LOOK = 5_000
_HEARTBEAT = 15.0
log = structlog.get_logger()


class TooMany(Exception):
    """The person has as many streams open as one may have."""


class Listener:
    """One open stream of one person."""

    def __init__(self, person: str) -> None:
        self.person = person
        self._queue: asyncio.Queue[Document | None] = asyncio.Queue(maxsize=1_000)
        self._got: OrderedDict[str, None] = OrderedDict()

    def offer(self, row: Document) -> None:
        """Puts a notification in line, unless it was before; a reader that lags too far behind is cut off."""
        if row["_id"] in self._got:
            return
        self._got[row["_id"]] = None
        if len(self._got) > 2 * _BACKLOG:
            self._got.popitem(last=False)
        try:
            self._queue.put_nowait(row)
        except asyncio.QueueFull:
            self.close()

    def has(self, row: Document) -> None:
        """The reader got this one over an earlier connection."""
        self._got[row["_id"]] = None

    def close(self) -> None:
        """Ends the stream; the browser comes back and says where it was."""
        while self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def next(self) -> Document | None:
        """The next notification, None at the end. Raises TimeoutError when a sign of life is due."""
        async with asyncio.timeout(_HEARTBEAT):
            return await self._queue.get()


class Stream:
    """The listeners of this process, fed by a background task between `start` and `stop`."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._listeners: set[Listener] = set()
        self._woken = asyncio.Event()
        self._closed = False
        self._looked = new_id()
        self._task: asyncio.Task[None] | None = None
        bell.waiting.append(self._woken)

    async def start(self) -> None:
        """Begins to look."""
        self._task = asyncio.create_task(self._feed(), name="notification-stream")

    async def stop(self) -> None:
        """Ends every stream."""
        self.close()
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def close(self) -> None:
        """Ends every stream and lets nobody in any more."""
        self._closed = True
        for listener in self._listeners:
            listener.close()

    async def join(self, person: str, after: str | None) -> Listener:
        """A listener that first gets what came after a position. Raises TooMany."""
        if self._closed or sum(other.person == person for other in self._listeners) >= _MOST_PER_PERSON:
            raise TooMany
        listener = Listener(person)
        self._listeners.add(listener)
        try:
            if after:
                await self._catch_up(listener, after)
        except BaseException:
            self.leave(listener)
            raise
        self._woken.set()
        return listener

    async def _catch_up(self, listener: Listener, after: str) -> None:
        since = _before(after)
        for row in await notifications_after(self._database, [listener.person], since, _BACKLOG):
            if row["position"] > after:
                listener.offer(row)
            else:
                listener.has(row)

    def leave(self, listener: Listener) -> None:
        """The reader went away."""
        self._listeners.discard(listener)

    async def _feed(self) -> None:
        while True:
            # Not wait_for: on Python 3.11 it swallows the cancellation that comes just as it is woken.
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY):
                    await self._woken.wait()
            self._woken.clear()
            if self._listeners:
                await self._look()
            else:
                self._looked = new_id()

    async def _look(self) -> None:
        began = new_id()
        try:
            people = {listener.person for listener in self._listeners}
            rows = await notifications_after(self._database, people, _before(self._looked), _AT_A_LOOK)
        except Exception as error:
            # The listeners outlive every failure: they get what they missed at the next look.
            log.warning("stream_not_fed", error=type(error).__name__)
            await asyncio.sleep(_EVERY)
            return
        self._looked = began if len(rows) < _AT_A_LOOK else rows[-1]["position"]
        for row in rows:
            for listener in self._listeners:
                if listener.person == row["person"]:
                    listener.offer(row)


def _before(position: str) -> str:
    """A position some seconds earlier: positions begin with the milliseconds of their making."""
    milliseconds = int(position.replace("-", "")[:12], 16)
    earlier = max(milliseconds - int(_OVERLAP.total_seconds() * 1000), 0)
    return f"{earlier >> 16:08x}-{earlier & 0xFFFF:04x}-7000-8000-000000000000"


async def rows_of(listener: Listener) -> AsyncIterator[Document | None]:
    """What a listener gets; None where only a sign of life is due."""
    while True:
        try:
            row = await listener.next()
        except TimeoutError:
            yield None
            continue
        if row is None:
            return
        yield row
