"""Jobs: background work that only one process of a service does at a time, by lease.

A job runs when it is woken or when its interval has passed. It must be safe to run twice: the lease is an
economy, not a guarantee; what it writes is guarded by ids and versions.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from services.chassis.errors import frames
from services.chassis.leases import Lease
from services.chassis.mongo import Database, is_infrastructure
from services.chassis.pace import Pace

log = structlog.get_logger()
_STOP_WITHIN = 15.0


class Bell:
    """Wakes several waiting tasks at once, for instance the relay and the jobs after a save."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Event] = []

    def set(self) -> None:
        """Wakes everybody."""
        for event in self.waiting:
            event.set()


class Job:
    """`run` returns whether more work waits, in which case it is called again at once."""

    def __init__(
        self, database: Database, name: str, every: float, run: Callable[[], Awaitable[bool]], pace: float = 0.02
    ) -> None:
        self.name = name
        self.woken = asyncio.Event()
        self._lease = Lease(database, f"job-{name}")
        self._every = every
        self._pace = Pace(pace)
        self._run = run
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins; the job runs for the first time as soon as this process holds the lease."""
        await self._lease.start()
        self._task = asyncio.create_task(self._loop(), name=f"job-{self.name}")

    async def stop(self) -> None:
        """Lets the run in hand finish, within a limit, and gives the lease back."""
        self._stopping = True
        self.woken.set()
        if self._task:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._task, _STOP_WITHIN)
        await self._lease.stop()

    async def _loop(self) -> None:
        more = False
        while not self._stopping:
            await self._pace.turn(at_once=more)
            more = await self._once() if self._lease.held else False
            if not more:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.woken.wait(), self._every if self._lease.held else 0.2)
                self.woken.clear()

    async def _once(self) -> bool:
        try:
            return await self._run()
        except Exception as error:
            # A job outlives every failure: it is the only one that does its work.
            event = "job_delayed" if is_infrastructure(error) else "job_failed"
            log.warning(event, job=self.name, error=type(error).__name__, at=frames(error))
            await asyncio.sleep(min(self._every, 1.0))
            return False
