"""Who is in a service's consumer group, asked of the broker."""

import asyncio
import time

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.kafka.installation import Installation


async def members(installation: Installation, name: str, wanted: int, seconds: float = 40.0) -> float:
    """Seconds until the group of a service is stable with so many members."""
    began = time.monotonic()
    admin = AIOKafkaAdminClient(bootstrap_servers=installation.settings.kafka)
    await admin.start()
    try:
        while True:
            state, count = await _group(admin, installation.settings.group(name))
            if (state, count) == ("Stable", wanted):
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                raise AssertionError(f"{name} is {state} with {count} members, not {wanted}")
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def _group(admin: AIOKafkaAdminClient, group: str) -> tuple[str, int]:
    try:
        for answer in await admin.describe_consumer_groups([group]):
            for _, _, state, _, _, found, *_ in answer.groups:
                return state, len(found)
    except KafkaError as error:
        return type(error).__name__, 0
    return "Unknown", 0
