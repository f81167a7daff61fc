"""Decoding: which messages concern a service, and which cannot be used.

in the table                                  -> decoded, or parked if invalid
one of our types, outside the table           -> skipped
a newer version of a listed type, or foreign  -> parked, without counting towards the flood stop
not an event at all                           -> parked
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from contracts.envelope import Event, event_type
from services.chassis.dead_letters import Parked, Record, reason_of
from services.chassis.work import Keys, Work

OURS = "affianca."
EventT = TypeVar("EventT", bound=Event)


def _nothing(event: Event) -> Keys:
    return {}


@dataclass(frozen=True)
class On(Generic[EventT]):
    """One line of a service's table of events: the type, what the handler does, and the documents it needs."""

    model: type[EventT]
    handle: Callable[[Work, EventT], object]
    keys: Callable[[EventT], Keys] = _nothing


class Decoder:
    """Sorts messages by a table of events. A type may be listed once."""

    def __init__(self, table: Sequence[On[Any]]) -> None:
        self._table = {event_type(entry.model): entry for entry in table}
        if len(self._table) != len(table):
            raise ValueError("an event type is listed twice in a table of events")
        self._versions: dict[str, int] = {}
        for base, version in map(_split, self._table):
            self._versions[base] = max(version, self._versions.get(base, 0))

    def decode(self, record: Record) -> tuple[On[Any], Event] | Parked | None:
        """The entry and the event, the message to park, or None for one that does not concern us."""
        if record.value is None:
            return None  # A tombstone of a compacted topic.
        try:
            document = orjson.loads(record.value)
        except orjson.JSONDecodeError:
            return Parked(record, "not JSON")
        kind = document.get("type") if isinstance(document, dict) else None
        if not isinstance(kind, str):
            return Parked(record, "not an event: it has no type")
        entry = self._table.get(kind)
        if entry is None:
            return self._outside(record, kind)
        try:
            return entry, entry.model.model_validate(document)
        except ValueError as error:
            return Parked(record, reason_of(error), exception=type(error).__name__)

    def _outside(self, record: Record, kind: str) -> Parked | None:
        if not kind.startswith(OURS):
            return Parked(record, "foreign type", counts=False)
        base, version = _split(kind)
        if version > self._versions.get(base, version):
            return Parked(record, "newer version than this service knows", counts=False)
        return None


def _split(kind: str) -> tuple[str, int]:
    """`affianca.request.submitted.v1` -> (`affianca.request.submitted`, 1); no version counts as 0."""
    base, _, version = kind.rpartition(".v")
    return (base, int(version)) if base and version.isdecimal() else (kind, 0)
