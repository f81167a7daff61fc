"""Makes anew what stored requests and practices are found by: `python -m deploy.tools.words`.

To run once after an update whose changelog says so. Reads AFFIANCA_* like the services; intake may go on running.
Interrupted, it is run again, or goes on behind the last line it told: `--collection requests --after ID`.
"""

import argparse
import asyncio
from collections.abc import Callable

from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.intake.handlers.words import COLLECTIONS, renew
from services.intake.main import build


async def run(service: Service, first: str, after: str, say: Callable[[str], None]) -> int:
    """Renews `first` from behind an id, then the collections that follow it; how many documents changed."""
    await service.commit.start()
    total = 0
    try:
        for collection in COLLECTIONS[COLLECTIONS.index(first) :]:
            changed = 0
            async for step in renew(service.database, service.executor, collection, after):
                changed = step.changed
                say(f"  {collection}: {step.read} read, {step.changed} changed, up to {step.last}")
            total, after = total + changed, ""
    finally:
        await service.commit.stop()
    return total


async def _run(settings: Settings, first: str, after: str) -> int:
    service = build(settings, Clock())
    try:
        return await run(service, first, after, lambda line: print(line, flush=True))
    finally:
        service.database.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make anew what stored requests and practices are found by.")
    parser.add_argument("--collection", choices=COLLECTIONS, default=COLLECTIONS[0], help="begin with this one")
    parser.add_argument("--after", default="", metavar="ID", help="go on behind this id")
    given = parser.parse_args()
    print(f"{asyncio.run(_run(Settings(), given.collection, given.after))} documents are found by new words")


if __name__ == "__main__":
    main()
