"""One simulation in a process of its own, started by `simulator`: the question comes as JSON on standard input, and
what is done, the figures or the reason of a failure go as lines of JSON to standard output.

The address of the database comes that way, too, so it stands in no list of processes. It is only read. When the
service that wants the answer is gone, the next line cannot be written, and this process ends.
"""

import asyncio
import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any

from services.chassis.mongo import Database
from services.routing.rules.model import Rules
from services.routing.simulation.asked import Question
from services.routing.simulation.playing import Material, NotPlayed, play
from services.routing.store.simulations import MOST_READ, Periods

_TELL_EVERY = 0.5
_NICE = 10
"""The matcher goes first."""


def tell(**what: Any) -> None:
    """A line for the service."""
    sys.stdout.write(json.dumps(what, default=lambda at: at.isoformat()) + "\n")
    sys.stdout.flush()


class Telling:
    """Tells how far it is, now and then."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, share: float) -> None:
        if time.monotonic() - self._last >= _TELL_EVERY:
            self._last = time.monotonic()
            tell(progress=share)


async def material(job: dict[str, Any], start: datetime, end: datetime) -> Material:
    """Everything that is read."""
    database = Database(job["mongo_url"], job["database"], threads=3)
    try:
        profiles, cases, assignments = await Periods(database).read(start, end)
    finally:
        database.close()
    if max(len(cases), len(assignments)) >= MOST_READ:
        raise NotPlayed("too_many")
    return Material(profiles, cases, assignments)


def main() -> None:
    """Reads the question, answers it."""
    os.nice(_NICE)
    job = json.loads(sys.stdin.readline())
    start, end = (datetime.fromisoformat(job[name]).astimezone(UTC) for name in ("start", "end"))
    tell(progress=0.0)
    try:
        found = asyncio.run(material(job, start, end))
        question, rules = Question.model_validate(job["asked"]), Rules.model_validate(job["rules"])
        tell(result=play(question, rules, found, start, end, Telling()))
    except NotPlayed as error:
        tell(failure=error.reason)


if __name__ == "__main__":
    main()
