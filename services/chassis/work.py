"""One unit of work: what one message or one call wants to write, kept in memory until it is saved as a whole.

Handlers are synchronous functions over a `Work`: they read documents that were loaded before, and leave
documents and events in its buffer. Whoever called them saves the buffer (`saving.save`) or drops it.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.envelope import Event, derived_id, event_type, new_id
from services.chassis.mongo import Document

Key = tuple[str, str]
"""(collection, _id)."""

Keys = Mapping[str, Iterable[str]]
"""Collection -> ids of the documents that a handler needs."""


_LEAVES = frozenset({str, int, float, bool, datetime, bytes, type(None)})
"""What a document holds beside objects and lists; nobody can change it in place."""


def copied(value: Any) -> Any:
    """A deep copy of what a document holds: a tenth of the price of the general one."""
    kind = type(value)
    if kind is dict:
        return {name: item if type(item) in _LEAVES else copied(item) for name, item in value.items()}
    if kind is list:
        return [item if type(item) in _LEAVES else copied(item) for item in value]
    return value if kind in _LEAVES else copy.deepcopy(value)


class NotLoaded(KeyError):
    """A handler asked for a document that its entry in the table of events did not declare."""


class AlsoNeeded(Exception):
    """What was read names a further document: who runs the decision loads it, too, and has it made again."""

    def __init__(self, collection: str, id: str) -> None:
        super().__init__(f"{collection}/{id}")
        self.collection = collection
        self.id = id


@dataclass
class View:
    """The documents of a batch: what was loaded, overlaid by what successful handlers wrote."""

    documents: dict[Key, Document | None] = field(default_factory=dict)

    def absorb(self, work: "Work") -> None:
        """Lets later units of the same batch see what this one wrote."""
        for write in work.writes.values():
            self.documents[write.key] = write.document


@dataclass
class Write:
    """A document to store; `base` is the version it was read at, None for a new one. `read`: it as it was then."""

    key: Key
    document: Document
    base: int | None
    read: Document | None = None


@dataclass(frozen=True)
class Origin:
    """Who publishes: constant in a process. `epoch` is raised when the owner is restored from a backup."""

    source: str
    epoch: int = 1


class Work:
    """The buffer of one unit of work. `now` is the one moment at which it decides."""

    def __init__(self, view: View, now: datetime, origin: Origin, cause: Event | None = None) -> None:
        self.now = now
        self.cause = cause
        self.correlation = cause.correlationid if cause else new_id()
        self.traceparent: str | None = None
        self.writes: dict[Key, Write] = {}
        self.events: list[Event] = []
        self.outdated = False
        """The event answers what is no more: it has no effect, and is counted as such."""
        self._view = view
        self._origin = origin

    def get(self, collection: str, id: str) -> Document | None:
        """The document as this unit sees it, to change freely and `put` back; None if there is none.

        Raises NotLoaded for a document that was not asked for beforehand.
        """
        key = (collection, id)
        if key in self.writes:
            return self._copy(self.writes[key].document)
        if key not in self._view.documents:
            raise NotLoaded(f"{collection}/{id} was not loaded: declare it in the table of events")
        return self._copy(self._view.documents[key])

    def reach(self, collection: str, id: str) -> Document | None:
        """The same for a document that nobody could declare, because one that changed meanwhile names it.

        For decisions that an `Executor` runs: it loads the document, and the decision is made again.
        """
        try:
            return self.get(collection, id)
        except NotLoaded as error:
            raise AlsoNeeded(collection, id) from error

    @property
    def epoch(self) -> int:
        """The epoch of this service's own writes: raised when its database was restored."""
        return self._origin.epoch

    @staticmethod
    def _copy(document: Document | None) -> Document | None:
        made: Document | None = copied(document)
        return made

    def put(self, collection: str, document: Document) -> Document:
        """Stores a document under its `_id`. A new one has no `version`; one that was read keeps it.

        Returns it as it will be stored, with its new version: not to be changed any more.
        """
        key = (collection, document["_id"])
        earlier = self.writes.get(key)
        base = earlier.base if earlier else document.get("version")
        read = earlier.read if earlier else self._view.documents.get(key)
        stored = {**document, "version": (base or 0) + 1}
        self.writes[key] = Write(key, stored, base, read)
        return stored

    def publish(self, model: type[Event], subject: str, sequence: int, data: Any, at: datetime | None = None) -> Event:
        """Puts an event into the buffer; it leaves when the unit has been saved.

        An event caused by another one has an id derived from it, so that deciding again tells the same fact.
        """
        kind = event_type(model)
        cause = self.cause.id if self.cause else None
        event = model(
            id=derived_id(cause, kind, subject, str(len(self.events))) if cause else new_id(self.now),
            source=self._origin.source,
            type=kind,
            subject=subject,
            time=at or self.now,
            correlationid=self.correlation,
            sequence=sequence,
            epoch=self._origin.epoch,
            data=data,
        )
        self.events.append(event)
        return event
