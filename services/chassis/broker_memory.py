"""Notices that the embedded broker has forgotten what a consumer committed: it came back empty.

At times it goes on answering a group that it no longer knows. The consumer would keep its old places in logs that hold
other messages now, and skip as many as it had read before. A broker that keeps its commits is never asked.
"""

import asyncio
import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

_ANSWER_WITHIN = 2.0
_FRESH = 0.3
"""Seconds: no broker ends, starts and has its topics made again in so short a time."""


class BrokerMemory:
    """The last place that the broker has confirmed, to ask for it again."""

    def __init__(self) -> None:
        self._confirmed: tuple[TopicPartition, int] | None = None
        self._at = 0.0

    def confirmed(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Notes what was committed. One partition will do: the whole log is in memory, and goes all at once."""
        self._confirmed = next(iter(offsets.items()), self._confirmed)
        self._at = time.monotonic()

    def forget(self) -> None:
        """After a rebalance, or a loss: nothing is known of the places now."""
        self._confirmed = None

    async def is_gone(self, consumer: AIOKafkaConsumer) -> bool:
        """Whether the broker answers, and no longer knows the place. Its messages are to be read from the beginning."""
        if self._confirmed is None or time.monotonic() < self._at + _FRESH:
            return False
        partition, place = self._confirmed
        try:
            known = await asyncio.wait_for(consumer.committed(partition), _ANSWER_WITHIN)
        except (KafkaError, TimeoutError):
            return False
        if self._confirmed != (partition, place):
            return False
        self._at = time.monotonic()
        return known is None or known < place
