"""Correcting copies after an owner was restored: what rests on a state that the owner has lost is made anew.

A rebuild drops what is only derived. A document that holds our own facts beside a copy of another owner's aggregate
cannot be dropped: it names the states it rests on, and those of an older epoch that the owner's history does not hold
are lost. Then the service restates the document from the events that are there; without any, its aggregate is gone.
Whatever else the service does about it follows by its own rules, as after an event.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from contracts.envelope import Event
from services.chassis.clock import Clock
from services.chassis.execution import load
from services.chassis.mongo import Database, Document
from services.chassis.saving import SaveFailed, save
from services.chassis.work import Origin, Work

Order = tuple[int, int]
_BATCH = 100
_TRIES = 10
_NOWHERE = Origin("urn:affianca:rebuild")
log = structlog.get_logger()


@dataclass(frozen=True)
class Kept:
    """A collection of such documents: their `_id` is the subject of the stream's events.

    orders: the (epoch, sequence) of each state that a document rests on.
    restate: puts the document as the given events make it, oldest first; none means that the aggregate is gone.
    """

    collection: str
    stream: str
    models: Sequence[type[Event]]
    orders: Callable[[Document], Iterable[Order]]
    restate: Callable[[Work, str, Sequence[Any]], None]


class _Raced(Exception):
    """The service changed a document meanwhile: look again."""


class Correction:
    """Corrects one collection. `history` gives the owner's events from the beginning, each time it is called."""

    def __init__(
        self, database: Database, kept: Kept, clock: Clock, epoch: int, history: Callable[[], AsyncIterator[bytes]]
    ) -> None:
        self._database = database
        self._kept = kept
        self._clock = clock
        self._epoch = epoch
        self._history = history
        self._models = {model.model_fields["type"].default: model for model in kept.models}

    async def run(self) -> tuple[int, int]:
        """How many documents were restated, and how many of those are of aggregates that are gone."""
        restated = gone = 0
        for _ in range(_TRIES):
            versions, events = await self._lost()
            try:
                for ids in _batches(sorted(events)):
                    await self._restate({id: versions[id] for id in ids}, events)
                    restated, gone = restated + len(ids), gone + sum(not events[id] for id in ids)
                return restated, gone
            except _Raced:
                log.info("correction_repeated", collection=self._kept.collection)
        raise _Raced

    async def _lost(self) -> tuple[dict[str, int], dict[str, list[Event]]]:
        """The documents that rest on a lost state: the version they were read at, and the events that are there."""
        versions: dict[str, int] = {}
        unfound: dict[str, set[Order]] = {}
        if self._epoch > 1:
            async for row in self._database[self._kept.collection].find({}, batch_size=500):
                if older := {order for order in self._kept.orders(row) if order[0] < self._epoch}:
                    versions[row["_id"]], unfound[row["_id"]] = row["version"], older
        if not unfound:
            return {}, {}
        async for event in self._events():
            unfound.get(event.subject, set()).discard(event.order)
        events: dict[str, list[Event]] = {id: [] for id, orders in unfound.items() if orders}
        async for event in self._events():
            if event.subject in events:
                events[event.subject].append(event)
        return versions, {id: sorted(its, key=lambda event: event.order) for id, its in events.items()}

    async def _events(self) -> AsyncIterator[Event]:
        async for body in self._history():
            model = self._models.get(Event.model_validate_json(body).type)
            if model:
                yield model.model_validate_json(body)

    async def _restate(self, versions: dict[str, int], events: dict[str, list[Event]]) -> None:
        collection = self._kept.collection
        view = await load(self._database, [{collection: versions}])
        works = []
        for id, version in versions.items():
            work = Work(view, self._clock.now(), _NOWHERE)
            document = work.get(collection, id)
            if document is None or document["version"] != version:
                raise _Raced
            self._kept.restate(work, id, events[id])
            work.events.clear()
            works.append(work)
        try:
            await save(self._database, works)
        except SaveFailed as failed:
            raise _Raced from failed


def _batches(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
