"""Notices that the embedded broker has forgotten everything: it came back empty.

At times it goes on answering a group that it no longer knows, and takes a commit that its predecessor was sent. The
consumer would keep its old places in logs that hold other messages now, and skip as many as it had read before. So
each consumer leaves a mark at the broker before it reads: the commit of a group of its own, which nothing else ever
writes. Where the mark is gone, the messages are gone too. A broker that keeps its commits is never asked.
"""

import asyncio
import time
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.envelope import new_id
from services.chassis.settings import Settings

_ANSWER_WITHIN = 2.0
_FRESH = 0.3
"""Seconds for which an answer holds: it is asked for before each commit."""
_CLOSE_WITHIN = 2.0


class BrokerMemory:
    """The mark of one consumer, kept in the name of `group` at the first partition of `topic`, which must exist."""

    def __init__(self, settings: Settings, group: str, topic: str) -> None:
        self._settings = settings
        self._group = f"{group}-mark-{new_id()}"
        self._place = TopicPartition(topic, 0)
        self._gone = False
        self._at = 0.0
        self._client: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        """Leaves the first mark. Raises KafkaError. May be repeated when it failed."""
        await self.stop()
        self._client = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka, group_id=self._group, enable_auto_commit=False
        )
        await self._client.start()
        self._client.assign([self._place])
        self._client.pause(self._place)  # Nothing is ever read here.
        await self.mark()

    async def stop(self) -> None:
        """Closes the connection, within a limit."""
        client, self._client = self._client, None
        if client:
            with suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(client.stop(), _CLOSE_WITHIN)

    async def mark(self) -> None:
        """Leaves the mark (anew). Raises KafkaError or TimeoutError.

        Before the places are set back, never after: a broker that is lost in between is noticed by the next look.
        """
        assert self._client
        await asyncio.wait_for(self._client.commit({self._place: 1}), _ANSWER_WITHIN)
        self._at = time.monotonic()

    def places_are_right(self) -> None:
        """What is there now is read from its beginning."""
        self._gone = False

    async def is_gone(self) -> bool:
        """Whether the broker has forgotten the mark, until `places_are_right`; one that does not answer has not."""
        if self._gone or self._client is None or time.monotonic() < self._at + _FRESH:
            return self._gone
        try:
            known = await asyncio.wait_for(self._client.committed(self._place), _ANSWER_WITHIN)
        except (KafkaError, TimeoutError):
            return False
        self._at = time.monotonic()
        self._gone = known != 1
        return self._gone
