"""Group commit: concurrent units of work share one transaction. Worth a factor of three on the hot POST.

Whatever has queued while the last transaction ran goes into the next one; an idle service adds no wait.
A unit that cannot be stored fails alone; the others are repeated without it.
"""

import asyncio
import random
from contextlib import suppress
from typing import Protocol

from services.chassis.errors import TransientError
from services.chassis.mongo import Database, is_infrastructure
from services.chassis.outbox import OUTBOX
from services.chassis.pace import Pace
from services.chassis.saving import NOBODY, SaveFailed, save
from services.chassis.work import Work

_Member = tuple[Work, "asyncio.Future[None]"]
_LARGEST = 500
_GIVE_UP_AFTER = 10.0
_PACE = 0.02


class Unavailable(TransientError):
    """The database did not answer in time; whether the work was stored is not known: ask with the same key."""


class Settable(Protocol):
    """Something to wake after a save: an `asyncio.Event`, or several of them behind a bell."""

    def set(self) -> None:
        """Wakes."""


class GroupCommit:
    """Saves units of work together; call `commit` from as many tasks as you like."""

    def __init__(self, database: Database, saved: Settable | None = None) -> None:
        self._database = database
        self._saved = saved
        self._queue: asyncio.Queue[_Member] = asyncio.Queue(maxsize=10_000)
        self._task: asyncio.Task[None] | None = None
        self._open = False
        self._pace = Pace(_PACE)
        self._hurry = asyncio.Event()

    async def start(self) -> None:
        """Begins to take work."""
        self._open = True
        self._task = asyncio.create_task(self._run(), name="group-commit")

    async def stop(self) -> None:
        """Saves what has been accepted, then ends; what comes later is refused."""
        self._open = False
        with suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), _GIVE_UP_AFTER)
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def commit(self, work: Work, at_once: bool = False) -> None:
        """Returns when the work is durable. Raises what `saving.save` blames it for, or Unavailable.

        at_once: waiting for others brings none, because those who may send them wait for this one themselves.
        """
        if not self._open:
            raise Unavailable("the service is starting or stopping")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_GIVE_UP_AFTER):
                await self._queue.put((work, done))
                if at_once:
                    self._hurry.set()
                await done
        except TimeoutError as error:
            raise Unavailable("the database is away") from error

    async def _run(self) -> None:
        while True:
            group = [await self._queue.get()]
            await self._pace.turn(self._queue.qsize() >= _LARGEST, self._hurry)
            self._hurry.clear()
            while len(group) < _LARGEST and not self._queue.empty():
                group.append(self._queue.get_nowait())
            try:
                await self._save(group)
            finally:
                for _, done in group:
                    self._queue.task_done()
                    if not done.done():
                        done.set_exception(Unavailable("the group was not saved"))
            if self._saved:
                self._saved.set()

    async def _save(self, group: list[_Member]) -> None:
        # Callers give up by themselves, so this ends at the latest when all of them have gone away.
        unsure = False
        while left := [member for member in group if not member[1].done()]:
            try:
                if unsure:
                    left = await self._without_stored(left)
                await save(self._database, [work for work, _ in left])
                _settle(left, None)
            except SaveFailed as failed:
                _blame(left, failed)
            except Exception as error:
                if not is_infrastructure(error):
                    _settle(left, error)
                    return
                unsure = True
                await asyncio.sleep(random.uniform(0.005, 0.05))

    async def _without_stored(self, group: list[_Member]) -> list[_Member]:
        """Settles what was stored although its answer was lost; saving it again would look like a conflict."""
        first_events = [work.events[0].id for work, _ in group if work.events]
        found = {row["_id"] for row in await self._database.by_ids(OUTBOX, first_events)}
        stored = [member for member in group if member[0].events and member[0].events[0].id in found]
        _settle(stored, None)
        return [member for member in group if member not in stored]


def _blame(group: list[_Member], failed: SaveFailed) -> None:
    for number, error in failed.failures.items():
        if number != NOBODY:
            _settle([group[number]], error)


def _settle(group: list[_Member], error: Exception | None) -> None:
    for _, done in group:
        if done.done():
            continue  # The caller went away meanwhile.
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
