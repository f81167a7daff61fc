"""How FastStream is made to bring batches as they are: its own parsing and decoding are left out."""

from typing import Any

from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from services.chassis.settings import Settings

_DRAIN_WITHIN = 15.0


def raw_broker(settings: Settings) -> KafkaBroker:
    """A client for consuming alone, whose requests may take longer than a session of the group."""
    return KafkaBroker(
        settings.kafka.split(","),  # FastStream takes several addresses as a list only.
        consumer_only=True,
        graceful_timeout=_DRAIN_WITHIN,
        logger=None,
        request_timeout_ms=max(settings.kafka_request_timeout_ms, settings.kafka_session_timeout_ms + 5_000),
    )


async def parse(records: Any) -> KafkaMessage:
    """A batch as one message, which nobody has looked into."""
    return KafkaMessage(body=b"", raw_message=records, consumer=FAKE_CONSUMER)


async def leave_raw(message: KafkaMessage) -> None:
    """Nothing is decoded here: `decoding` does, record by record."""
    return
