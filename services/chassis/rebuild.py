"""Rebuild: what a service derived from others' events is deleted and made again from the owners' histories.

Only collections that the service lists as DERIVED are touched; whatever else a handler writes or publishes is
dropped, so no mail goes out and nothing is published twice. The service may go on running: its handlers converge
whatever order they see, and a lost race is decided again.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import structlog

from contracts.envelope import Event
from services.chassis.clock import Clock
from services.chassis.decoding import On
from services.chassis.execution import load
from services.chassis.mongo import Database
from services.chassis.saving import AlreadyExists, SaveFailed, Stale, save
from services.chassis.work import Origin, Work

_BATCH = 500
_NOWHERE = Origin("urn:affianca:rebuild")
log = structlog.get_logger()


class Rebuild:
    """One rebuild of one service's derived collections."""

    def __init__(self, database: Database, table: Sequence[On[Any]], derived: Iterable[str], clock: Clock) -> None:
        self._database = database
        self._table = {entry.model.model_fields["type"].default: entry for entry in table}
        self._derived = frozenset(derived)
        self._clock = clock

    async def clear(self) -> None:
        """Deletes the derived documents; the indexes stay."""
        for collection in sorted(self._derived):
            result = await self._database[collection].delete_many({})
            log.info("derived_collection_cleared", collection=collection, documents=result.deleted_count)

    async def replay(self, history: AsyncIterator[bytes]) -> int:
        """Applies the events of one owner (JSON documents, any order); returns how many concerned this service."""
        applied, batch = 0, []
        async for body in history:
            event = self._event(body)
            if event is not None:
                batch.append(event)
            if len(batch) == _BATCH:
                await self._apply(batch)
                applied, batch = applied + len(batch), []
        if batch:
            await self._apply(batch)
        return applied + len(batch)

    def _event(self, body: bytes) -> Event | None:
        kind = Event.model_validate_json(body).type
        entry = self._table.get(kind)
        return entry.model.model_validate_json(body) if entry else None

    async def _apply(self, events: Sequence[Event]) -> None:
        while True:
            view = await load(self._database, (self._table[event.type].keys(event) for event in events))
            works = []
            for event in events:
                work = Work(view, self._clock.now(), _NOWHERE, cause=event)
                self._table[event.type].handle(work, event)
                work.events.clear()
                work.writes = {key: write for key, write in work.writes.items() if key[0] in self._derived}
                view.absorb(work)
                works.append(work)
            try:
                return await save(self._database, works)
            except SaveFailed as failed:
                # The running service wrote one of these documents meanwhile: decide again on what is there now.
                if not all(isinstance(error, Stale | AlreadyExists) for error in failed.failures.values()):
                    raise
