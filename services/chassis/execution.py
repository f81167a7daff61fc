"""Execution of one use case from outside (a page, a call, a job): load, decide, save, again on a lost race.

The decision is a synchronous function over a `Work`, the same that consumers use; nothing is stored when it raises.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TypeVar

from services.chassis.clock import Clock
from services.chassis.errors import TransientError
from services.chassis.group_commit import GroupCommit
from services.chassis.mongo import Database, Document, is_infrastructure
from services.chassis.saving import AlreadyExists, Stale
from services.chassis.together import Together, Wave
from services.chassis.work import AlsoNeeded, Key, Keys, Origin, View, Work

_TRIES = 20
_PATIENCE = 8.0
_WAVE = 0.03
"""Seconds at most that a wave waits for its last."""
_NOTHING: Mapping[Key, Document | None] = {}
Result = TypeVar("Result")


class Contended(TransientError):
    """Others kept changing the same documents; nothing was stored."""


async def load(database: Database, wanted: Iterable[Keys]) -> View:
    """The documents that a batch needs: one query per collection. Absent ones are in the view as None."""
    ids: dict[str, set[str]] = {}
    for keys in wanted:
        for collection, some in keys.items():
            ids.setdefault(collection, set()).update(some)
    documents: dict[Key, dict[str, object] | None] = {(name, id): None for name, some in ids.items() for id in some}
    if documents:
        for name, rows in (await database.by_ids_of(ids)).items():
            documents.update(((name, row["_id"]), row) for row in rows)
    return View(documents)


def _without(keys: Keys, known: Mapping[Key, Document | None]) -> Keys:
    return {name: [id for id in ids if (name, id) not in known] for name, ids in keys.items()} if known else keys


class Executor:
    """Runs use cases of one service; concurrent ones share transactions through the group commit."""

    def __init__(self, database: Database, commit: GroupCommit, clock: Clock) -> None:
        self.origin = Origin("urn:affianca:unset")
        self._database = database
        self._commit = commit
        self._clock = clock

    async def run(
        self,
        keys: Keys,
        decide: Callable[[Work], Result],
        correlation: str | None = None,
        known: Mapping[Key, Document | None] = _NOTHING,
    ) -> Result:
        """What `decide` returned, once its writes and events are durable.

        keys: the documents it reads, collection -> ids. known: those of them that the caller has just read or
        written, None for one that is new; believed once, because their versions are guarded. Raises what `decide`
        raised, AlreadyExists when a new document's id or unique value is taken for good, Contended, or Unavailable.
        """
        for attempt in range(_TRIES):
            view = await self._load(_without(keys, known))
            view.documents.update(known)
            known = _NOTHING
            work = Work(view, self._clock.now(), self.origin)
            work.correlation = correlation or work.correlation
            try:
                result = decide(work)
            except AlsoNeeded as more:
                keys = {**keys, more.collection: {*keys.get(more.collection, ()), more.id}}
                continue
            if not (work.writes or work.events):
                return result
            try:
                await self._save(work)
                return result
            except Stale:
                await asyncio.sleep(0.002 * attempt)
            except AlreadyExists as error:
                # Somebody else created it since we looked: with the document in view the decision may differ.
                if error.id not in keys.get(error.collection, ()):
                    raise
        raise Contended("the documents kept changing")

    @contextmanager
    def expecting_new(self, collection: str, id: str) -> Iterator[None]:
        """A hint: this document was looked for just now and is not there."""
        yield

    async def _save(self, work: Work) -> None:
        await self._commit.commit(work)

    async def _read(self, keys: Keys) -> View:
        return await load(self._database, [keys])

    async def _load(self, keys: Keys) -> View:
        """Waits for a database that is away for a moment, as the group commit does."""
        limit = time.monotonic() + _PATIENCE
        while True:
            try:
                return await self._read(keys)
            except Exception as error:
                if not is_infrastructure(error) or time.monotonic() > limit:
                    raise
                await asyncio.sleep(random.uniform(0.02, 0.2))


class InStep(Executor):
    """For callers that come in waves, each waiting for its answer before it sends more: they load and save together.

    A wave is saved as soon as all of it waits for that: more would not come.
    """

    def __init__(self, whole: Executor, wave: Wave) -> None:
        super().__init__(whole._database, whole._commit, whole._clock)
        self._whole = whole
        self._wave = wave
        self._saving: list[asyncio.Event] = []
        self._committing = 0
        self._absent: set[Key] = set()
        self._together: Together[Key, Document | None] = Together(self._found)

    async def _read(self, keys: Keys) -> View:
        self.origin = self._whole.origin  # Known only when the service has started.
        asked = [(name, id) for name, ids in keys.items() for id in ids]
        # Believed once: who lost a race looks again.
        absent: dict[Key, Document | None] = {key: None for key in asked if key in self._absent}
        self._absent -= absent.keys()
        wanted = [key for key in asked if key not in absent]
        return View(absent | (await self._together.of(wanted) if wanted else {}))

    @contextmanager
    def expecting_new(self, collection: str, id: str) -> Iterator[None]:
        """Spares the look-up."""
        self._absent.add((collection, id))
        try:
            yield
        finally:
            self._absent.discard((collection, id))

    async def _save(self, work: Work) -> None:
        """Waits a moment for the rest of the wave: a transaction costs more than what it holds."""
        whole = asyncio.Event()
        self._saving.append(whole)
        if len(self._saving) >= self._wave.at_work - self._committing:
            for each in self._saving:
                each.set()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(whole.wait(), _WAVE)
        finally:
            self._saving.remove(whole)
        self._committing += 1
        try:
            await self._commit.commit(work, at_once=True)
        finally:
            self._committing -= 1

    async def _found(self, keys: list[Key]) -> dict[Key, Document | None]:
        return (await load(self._database, [{name: [id]} for name, id in keys])).documents
