"""Look-ups that are asked for at the same time are made together: one query for many, as the group commit writes.

Whatever is asked while a look-up is under way goes into the next one, so callers that wait for the same thing fall into
step. A look-up that fails fails for all who asked; they ask again as they would alone.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")
Found = TypeVar("Found")
_QUIET = 0.002
_LARGEST = 500


class Together(Generic[Key, Found]):
    """look_up: finds many; what it does not find is left out.

    linger: seconds that a look-up may wait for more, as long as more keep coming; for callers that come in waves.
    """

    def __init__(
        self, look_up: Callable[[list[Key]], Awaitable[Mapping[Key, Found]]], linger: float = 0.0
    ) -> None:
        self._look_up = look_up
        self._linger = linger
        self._waiting: list[tuple[tuple[Key, ...], asyncio.Future[dict[Key, Found]]]] = []
        self._task: asyncio.Task[None] | None = None

    async def of(self, keys: Iterable[Key]) -> dict[Key, Found]:
        """What was found of these keys."""
        answer: asyncio.Future[dict[Key, Found]] = asyncio.get_running_loop().create_future()
        self._waiting.append((tuple(keys), answer))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="together")
        return await answer

    async def _run(self) -> None:
        while self._waiting:
            await self._gathered()
            group, self._waiting = self._waiting[:_LARGEST], self._waiting[_LARGEST:]
            wanted = list(dict.fromkeys(key for keys, _ in group for key in keys))
            try:
                found = await self._look_up(wanted)
            except BaseException as error:
                # Cancelled with the process's tasks, too: nobody may wait for ever.
                told = error if isinstance(error, Exception) else ConnectionAbortedError("the look-up was ended")
                _settle(group, told)
                if not isinstance(error, Exception):
                    raise
            else:
                _settle(group, found)

    async def _gathered(self) -> None:
        limit, seen = time.monotonic() + self._linger, 0
        while seen < len(self._waiting) < _LARGEST and time.monotonic() < limit:
            seen = len(self._waiting)
            await asyncio.sleep(_QUIET)


def _settle(
    group: list[tuple[tuple[Key, ...], "asyncio.Future[dict[Key, Found]]"]], outcome: Mapping[Key, Found] | Exception
) -> None:
    for keys, answer in group:
        if answer.done():
            continue  # Who asked has gone away.
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result({key: outcome[key] for key in keys if key in outcome})
