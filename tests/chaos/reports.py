"""The reports as a monitor reads them, before and after the facts are made again from the histories of the owners."""

import asyncio
import os
import sys
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.chaos.installation import Installation
from tests.kafka.apache import ROOT

_REPORTS = ("service-levels?group_by=theme", "service-levels?group_by=kind", "backlog", "workload")
_MOMENTARY = ("generated_at", "at")


async def read_reports(installation: Installation) -> dict[str, Any]:
    """Every report, without the moment at which it was made."""
    found = {}
    async with installation.client("reporting") as client:
        for name in _REPORTS:
            report = (await client.get(f"/api/reports/{name}")).raise_for_status().json()
            found[name] = {key: value for key, value in report.items() if key not in _MOMENTARY}
    return found


async def rebuild(installation: Installation) -> None:
    """`python -m deploy.tools.rebuild reporting`, while the services run."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AFFIANCA_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "deploy.tools.rebuild", "reporting", cwd=ROOT, env=plain | installation.environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-2000:]


async def dead_letters(installation: Installation) -> dict[str, int]:
    """Topic of dead letters -> how many it holds, where there are any."""
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=installation.settings.kafka)
    await consumer.start()
    try:
        topics = [name for name in await consumer.topics() if ".dead-letters." in name]
        mine = [TopicPartition(name, 0) for name in topics if name.startswith(installation.settings.prefix + ".")]
        ends = await consumer.end_offsets(mine) if mine else {}
    finally:
        await consumer.stop()
    return {partition.topic: end for partition, end in ends.items() if end}
