"""One turn of the mail bench: so many mails, what was answered, what they cost, and that all of them are there."""

import asyncio
import json
import statistics
import time
from dataclasses import dataclass
from typing import Any

from tests.bench.processes import Usage


@dataclass(frozen=True)
class Turn:
    """name: whose it was. per_second: answers. taken_per_second: mails that have become what they ask for.

    cpu: milliseconds of each process for each mail, until all are taken.
    """

    name: str
    per_second: float
    taken_per_second: float
    median_ms: float
    p99_ms: float
    bytes: float
    together: float
    """Mails of one transaction."""
    cpu: dict[str, float]

    def line(self) -> str:
        """To be read."""
        cpu = "  ".join(f"{name} {value:.2f}" for name, value in self.cpu.items())
        return (
            f"{self.name:<8}{self.per_second:>7.0f} mails/s   p50 {self.median_ms:.0f} ms  p99 {self.p99_ms:.0f} ms   "
            f"taken {self.taken_per_second:.0f}/s   {self.bytes / 1000:.1f} kB  {self.together:.1f} a transaction   "
            f"CPU ms: {cpu}  sum {sum(self.cpu.values()):.2f}"
        )


async def turn(door: Any, count: int, connections: int) -> Turn:
    """Delivers and measures. Raises when a mail was not taken, or is not there."""
    usage = Usage(door.pids)
    commits = await _commits(door)
    before = await door.database["mails"].count_documents({})
    door.sender.say(f"{door.sent} {count} {connections} {door.name}")
    told = json.loads(await asyncio.to_thread(door.sender.hear))
    waited = await _taken(door)
    cpu = usage.per(count)
    commits = await _commits(door) - commits
    door.sent += count
    kept = await door.database["mails"].count_documents({}) - before
    if told["codes"] != {"250": count} or kept != count:
        raise RuntimeError(f"{door.name}: answered {told['codes']}, kept {kept} of {count}")
    took = told["milliseconds"]
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    return Turn(
        door.name,
        count / told["seconds"],
        count / (told["seconds"] + waited),
        statistics.median(took),
        p99,
        told["bytes"],
        count / commits,
        cpu,
    )


async def _taken(door: Any) -> float:
    """Seconds until none waits."""
    began = time.monotonic()
    while await door.database["mail_queue"].find_one({}, {"_id": 1}):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def _commits(door: Any) -> int:
    status = await door.database.client.admin.command("serverStatus", metrics=0, locks=0)
    return int(status["transactions"]["totalCommitted"])
