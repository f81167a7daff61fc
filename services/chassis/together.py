"""Look-ups that are asked for at the same time are made together: one query for many, as the group commit writes.

Whatever is asked while a look-up is under way goes into the next one, so callers that wait for the same thing fall into
step. A look-up that fails fails for all who asked; they ask again as they would alone.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeVar

Key = TypeVar("Key")
Found = TypeVar("Found")
_LOOK = 0.001
_SECONDS = 0.5
_LARGEST = 500


class Wave:
    """Counts callers that are inside at once; `height`: the most of the last second or so. Used as a context.

    at_work: those of them that have set out, and wait for nobody else to come.
    """

    def __init__(self) -> None:
        self.at_work = 0
        self._inside = self._highest = self._before = 0
        self._since = 0.0

    @property
    def height(self) -> int:
        """How many callers may be expected to come together: half of them, while the others' work is being stored."""
        return (max(self._highest, self._before) + 1) // 2

    @contextmanager
    def setting_out(self) -> Iterator[None]:
        """A caller that has what it gathered for."""
        self.at_work += 1
        try:
            yield
        finally:
            self.at_work -= 1

    def __enter__(self) -> None:
        now = time.monotonic()
        if now - self._since > _SECONDS:
            self._before = self._highest if now - self._since < 2 * _SECONDS else 0
            self._since, self._highest = now, 0
        self._inside += 1
        self._highest = max(self._highest, self._inside)

    def __exit__(self, *_: object) -> None:
        self._inside -= 1


class Together(Generic[Key, Found]):
    """look_up: finds many; what it does not find is left out.

    linger: seconds at most that a look-up waits until the whole `wave` has come; for callers of whom each waits for its
    answer before it comes again.
    """

    def __init__(
        self,
        look_up: Callable[[list[Key]], Awaitable[Mapping[Key, Found]]],
        linger: float = 0.0,
        wave: Wave | None = None,
    ) -> None:
        self._look_up = look_up
        self._linger = linger
        self._wave = wave
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
        limit = time.monotonic() + self._linger
        while self._wave and len(self._waiting) < min(self._wave.height, _LARGEST) and time.monotonic() < limit:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK)


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
