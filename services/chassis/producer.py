"""The producer of a service: acknowledged by all replicas, idempotent, and renewed once it can no longer succeed.

An idempotent producer numbers its messages per partition. A message that the broker refuses, or that expires while
its partition has no leader, leaves a gap in the numbers, and the broker then refuses all that follow it for ever.
So after a failure a new producer, with an identity and numbers of its own, takes the place of the old one: as soon
as nothing of the old one is under way, so that messages of one key keep their order.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from services.chassis.settings import Settings

LARGEST_MESSAGE = 6_000_000
"""Bytes. What is larger is refused here, before it gets a number; topics take a little more."""
_TRY_AGAIN_AFTER = 1.0
_CLOSE_WITHIN = 5.0
_UNNUMBERED = (MessageSizeTooLargeError, KafkaTimeoutError)
"""How a message is refused before it has a number."""
log = structlog.get_logger()


class Producer:
    """Takes messages as AIOKafkaProducer does: `await send(...)` gives the promise of an acknowledgement."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: AIOKafkaProducer | None = None
        self._spoilt = False
        self._under_way = 0
        self._not_before = 0.0
        self._lock = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connects. Raises KafkaError when no broker answers; may then be repeated."""
        self._client = await self._open()

    async def stop(self) -> None:
        """Sends what it has taken, within a limit (the outbox keeps what a broker that is away did not get)."""
        if self._client:
            await _close(self._client)
        if self._closing:
            await asyncio.wait(self._closing)

    async def send(self, topic: str, **message: Any) -> "asyncio.Future[Any]":
        """Hands a message over; the future is its acknowledgement. Raises KafkaError when it is not even taken."""
        client = await self._usable()
        try:
            promise: asyncio.Future[Any] = await client.send(topic, **message)
        except KafkaError as error:
            self._spoilt |= not isinstance(error, _UNNUMBERED)
            raise
        self._under_way += 1
        promise.add_done_callback(self._note)
        return promise

    async def send_and_wait(self, topic: str, **message: Any) -> Any:
        """Returns the acknowledgement."""
        return await (await self.send(topic, **message))

    def _note(self, promise: "asyncio.Future[Any]") -> None:
        self._under_way -= 1
        if not promise.cancelled() and promise.exception():
            self._spoilt = True

    async def _usable(self) -> AIOKafkaProducer:
        if self._to_renew():
            async with self._lock:
                if self._to_renew():
                    await self._renew()
        return self._client

    def _to_renew(self) -> bool:
        return self._spoilt and not self._under_way and self._settings.kafka_idempotence

    async def _renew(self) -> None:
        if time.monotonic() < self._not_before:
            raise KafkaConnectionError("no broker answered a moment ago")
        try:
            fresh = await self._open()
        except KafkaError:
            self._not_before = time.monotonic() + _TRY_AGAIN_AFTER
            raise
        old, self._client, self._spoilt = self._client, fresh, False
        log.warning("producer_renewed")
        task = asyncio.create_task(_close(old), name="old-producer")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _open(self) -> AIOKafkaProducer:
        client = AIOKafkaProducer(
            bootstrap_servers=self._settings.kafka,
            acks="all",
            enable_idempotence=self._settings.kafka_idempotence,
            linger_ms=self._settings.kafka_linger_ms,
            max_request_size=LARGEST_MESSAGE,
            max_batch_size=self._settings.kafka_batch_bytes,
            request_timeout_ms=self._settings.kafka_request_timeout_ms,
        )
        try:
            await client.start()
        except BaseException:
            await client.stop()
            raise
        return client


async def _close(client: AIOKafkaProducer) -> None:
    with suppress(KafkaError, OSError, TimeoutError):
        await asyncio.wait_for(client.stop(), _CLOSE_WITHIN)
