"""Dead letters: a message that cannot be used is parked with its reason, and the partition goes on.

A parked message keeps its bytes and key; why and whence are headers, codes only: no values, hence no personal
data. Too many at once mean that our code is wrong, not the messages: the flood stop then halts the consumer.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import structlog
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from pydantic import ValidationError

from services.chassis.producer import Producer
from services.chassis.topics import dead_letter_topic

Record: TypeAlias = ConsumerRecord[Any, Any]
log = structlog.get_logger()

IN_A_ROW = 50
SHARE = 0.05
WINDOW = 1000


@dataclass(frozen=True)
class Parked:
    """A message to park. `counts`: whether it says something about our own code (see `FloodStop`)."""

    record: Record
    reason: str
    handler: str = ""
    exception: str = ""
    counts: bool = True


def reason_of(error: Exception) -> str:
    """What was wrong, without any value of the message."""
    if isinstance(error, ValidationError):
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in error.errors()[:5]]
        return "invalid: " + "; ".join(faults)
    return f"failed: {type(error).__name__}"


class FloodStop:
    """Counts parked messages: `IN_A_ROW` consecutive, or `SHARE` of the last `WINDOW`, is a flood."""

    def __init__(self) -> None:
        self._row = 0
        self._recent: deque[bool] = deque(maxlen=WINDOW)

    def saw(self, parked: bool) -> bool:
        """Counts one message; True when consumption must stop."""
        self._row = self._row + 1 if parked else 0
        self._recent.append(parked)
        full = len(self._recent) == WINDOW
        return self._row >= IN_A_ROW or (full and sum(self._recent) >= SHARE * WINDOW)


class DeadLetters:
    """Parks messages for one consumer group."""

    def __init__(self, producer: Producer | AIOKafkaProducer, group: str) -> None:
        self._producer = producer
        self._group = group

    async def park(self, parked: Sequence[Parked], at: datetime) -> None:
        """Returns when all are on the broker; tries again for as long as the broker is away."""
        for letter in parked:
            log.warning(
                "message_parked", reason=letter.reason, handler=letter.handler, exception=letter.exception,
                topic=letter.record.topic, partition=letter.record.partition, offset=letter.record.offset,
            )  # fmt: skip
            await self._send(letter, at)

    async def _send(self, letter: Parked, at: datetime) -> None:
        record = letter.record
        topic = dead_letter_topic(record.topic, self._group)
        value, headers = record.value, self._headers(letter, at)
        while True:
            try:
                await self._producer.send_and_wait(topic, value=value, key=record.key, headers=headers)
                return
            except MessageSizeTooLargeError:
                value, headers = None, [*headers, ("body-omitted", b"too large")]
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("parking_delayed", error=type(error).__name__)
                await asyncio.sleep(0.5)

    def _headers(self, letter: Parked, at: datetime) -> list[tuple[str, bytes]]:
        record = letter.record
        facts = {
            "reason": letter.reason,
            "handler": letter.handler,
            "exception": letter.exception,
            "origin": f"{record.topic}/{record.partition}/{record.offset}",
            "parked-at": at.isoformat(),
        }
        return [(name, value.encode()) for name, value in facts.items()]
