"""The envelope of every event: CloudEvents 1.0 attributes, identifiers, order and correlation.

To add an event: subclass `Event` in the module of the stream that owns it,
add it to that module's `EVENTS`, put a golden example into `contracts/examples/<type>.json`, and run
`python -m deploy.tools.contracts`, which writes its schema and its entry in the AsyncAPI document.
"""

import hashlib
import os
import threading
import time as wall
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

NAMESPACE = uuid.UUID("5f0b6c1e-6f0e-5d53-9a2f-5d2a0f6b7c11")
"""Namespace of every derived (UUIDv5) identifier; changing it would repeat every effect."""


_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def in_utc(value: datetime) -> datetime:
    """A moment in UTC. Raises ValueError for one that has no date there, or none in another zone of the world."""
    # Compared as it is given: the first and the last hours that a date can name cannot be converted.
    if not _FIRST <= value < _LAST:
        raise ValueError("the moment has no date in every zone")
    return value.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(in_utc)]
"""A moment in UTC; times without a zone are refused."""

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""A UUID in lower case with hyphens."""

Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
"""A code of the shared vocabulary: theme, procedure, body, province."""

Number = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{6,12}$")]
"""The number that people call a request by, such as `2026-000123`: the year and a running number."""

_lock = threading.Lock()
_last = [0]
_chance = bytearray()
"""Random bytes in store: asking the kernel for each identifier costs more than the rest of it."""
os.register_at_fork(after_in_child=_chance.clear)


def new_id(at: datetime | None = None) -> str:
    """A new UUIDv7 (RFC 9562 5.7). Without `at`, later calls of one process give greater ids.

    `at`: the moment to encode instead of the system's, for a service whose clock was moved.
    """
    with _lock:
        if len(_chance) < 10:
            _chance.extend(os.urandom(4_000))
        chance = int.from_bytes(_chance[-10:], "big")
        del _chance[-10:]
        if at:
            tick = int(at.timestamp() * 1000) << 12 | (chance >> 64) & 0xFFF
        else:
            # 12 bits of counter behind the milliseconds keep ids of one millisecond in order.
            tick = _last[0] = max((wall.time_ns() // 1_000_000) << 12, _last[0] + 1)
    tail = chance & ((1 << 62) - 1)
    value = (((tick >> 12) & ((1 << 48) - 1)) << 80) | (0x7 << 76) | ((tick & 0xFFF) << 64) | (0b10 << 62) | tail
    return _written(f"{value:032x}")


def derived_id(*cause: str) -> str:
    """The UUIDv5 of a cause, for instance (event id, recipient): the same effect has the same id for ever."""
    # What uuid.uuid5 does, without its object: this runs several times for each event.
    value = bytearray(hashlib.sha1(NAMESPACE.bytes + "\x1f".join(cause).encode(), usedforsecurity=False).digest()[:16])
    value[6] = value[6] & 0x0F | 0x50
    value[8] = value[8] & 0x3F | 0x80
    return _written(value.hex())


def _written(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Data(BaseModel):
    """Base of payloads: immutable; a field that a newer producer added is ignored, not an error."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def nothing(value: object) -> bool:
    """For `exclude_if`: what only few events have is left out of the others."""
    return not value


class Event(BaseModel):
    """A business fact, past tense. `subject` is the id whose order matters: it is the Kafka key.

    `sequence` is the version of the aggregate after the fact; `epoch` is raised when an owner is restored
    from a backup, so that (epoch, sequence) orders states even when sequences are used again.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    STREAM: ClassVar[str]

    specversion: Literal["1.0"] = "1.0"
    id: Id
    source: str = Field(min_length=1, max_length=200)
    type: str
    subject: Id
    time: Instant
    datacontenttype: Literal["application/json"] = "application/json"
    correlationid: Id
    sequence: int = Field(ge=1)
    epoch: int = Field(default=1, ge=1)
    data: Any

    @property
    def order(self) -> tuple[int, int]:
        """What decides which of two states of one aggregate is newer."""
        return (self.epoch, self.sequence)


def event_type(model: type[Event]) -> str:
    """The `type` that a class stands for, such as `affianca.request.submitted.v1`."""
    return str(model.model_fields["type"].default)
