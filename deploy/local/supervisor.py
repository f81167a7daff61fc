"""Restarts MongoDB and the broker when they die; gives up when one keeps dying.

Restarted on the same port: the services' clients come back by themselves, and what an empty broker lost is published
again by the services.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from deploy.local.problems import Problem
from deploy.local.processes import bound_log

_LOGS_EVERY = 10.0
log = structlog.get_logger()


class Restartable(Protocol):
    """A child process that the supervisor can bring back."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    @property
    def alive(self) -> bool: ...
    def spawn(self) -> None: ...
    def wait_ready(self) -> None: ...


class Supervisor:
    """Watches over `children`; `watch()` ends only by a `Problem`, when one died too often."""

    def __init__(
        self,
        children: Sequence[Restartable],
        say: Callable[[str], None],
        restarts: int = 5,
        within: float = 60.0,
        every: float = 0.1,
        logs: Path | None = None,
    ) -> None:
        self._children = children
        self._say = say
        self._restarts = restarts
        self._within = within
        self._every = every
        self._logs = logs
        self._history: dict[str, deque[float]] = {child.name: deque(maxlen=restarts) for child in children}

    async def watch(self) -> None:
        """Looks after all of them at once: one that is slow to come back does not hold up the others."""
        try:
            async with asyncio.TaskGroup() as group:
                for child in self._children:
                    group.create_task(self._look_after(child))
                group.create_task(self._bound_logs())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _look_after(self, child: Restartable) -> None:
        while True:
            await asyncio.sleep(self._every)
            if not child.alive:
                await self._bring_back(child)

    async def _bound_logs(self) -> None:
        while self._logs:
            for path in self._logs.glob("*.log"):
                bound_log(path)
            await asyncio.sleep(_LOGS_EVERY)

    async def _bring_back(self, child: Restartable) -> None:
        history = self._history[child.name]
        if len(history) == self._restarts and time.monotonic() - history[0] < self._within:
            raise Problem(
                f"{child.name} died {self._restarts + 1} times in {self._within:.0f} seconds and is not started "
                f"again. Its log is {child.log}."
            )
        history.append(time.monotonic())
        log.warning("child_restarted", child=child.name)
        self._say(f"{child.name} ended unexpectedly and is started again.")
        # Started here and not in a thread: the kernel ends a child when the thread that started it ends.
        child.spawn()
        try:
            await asyncio.to_thread(child.wait_ready)
        except Problem as problem:
            log.warning("child_not_ready", child=child.name)
            self._say(str(problem))
