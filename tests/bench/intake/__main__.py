"""`make bench-intake`: lists, filters, text search and submission with a million stored, beside their bars.

    make bench-intake                              a million requests: 10 minutes of making them, 5 of asking
    make bench-intake REQUESTS=100000              fewer
    make bench-intake ARGS="only=text,submit"      parts: list page text similar submit
    make bench-intake ARGS="folder=/var/tmp/b"     makes them there, or asks those that are there already
    make bench-intake ARGS="folder=/var/tmp/b only=fill"   makes them and asks nothing

Ends with 1 when a bar is missed. See docs/performance.md for how to read it.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.intake.documents import Maker
from tests.bench.intake.measures import BARS, PARTS, ask, examples, far_cursors, sample, similar, submit
from tests.bench.intake.town import Town
from tests.bench.processes import load_average, memory_mb
from tests.bench.report import Report, save
from tests.bench.servers import open_servers

SEED = 20261125
FEW = 1_000


async def measure(report: Report, count: int, parts: tuple[str, ...], folder: Path) -> None:
    """Everything against one database server: an installation with few requests, and one with many."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
    async with open_servers(folder, "embedded") as servers:
        few = Town(servers, folder, "few")
        async with opened(few):
            if "submit" in parts:
                await fill(report, few, min(FEW, count), "few")
                await submit(report, few, "few")
        many = Town(servers, folder, "many")
        async with opened(many):
            await fill(report, many, count, "fill")
            if parts == ("fill",):
                return
            some, cursors = await sample(many), await far_cursors(many)
            await ask(report, many, SEED, some, cursors, parts)
            if "similar" in parts:
                await similar(report, many, some)
            if "submit" in parts:
                await submit(report, many, "all")
                report.ratio("submit.p50_of_few", "submit.all.p50_ms", "submit.few.p50_ms")
                report.ratio("submit.p99_of_few", "submit.all.p99_ms", "submit.few.p99_ms")
            for name, pid in many.pids.items():
                report.put(f"memory_mb.{name}", memory_mb(pid))


@asynccontextmanager
async def opened(town: Town) -> AsyncIterator[None]:
    """The installation, running."""
    try:
        await town.start()
        yield
    finally:
        await town.stop()
        town.database.close()


async def fill(report: Report, town: Town, count: int, name: str) -> None:
    """People, bodies and so many requests, unless they are there; indexes are made afterwards, without intake."""
    if await town.stored() >= count:
        return
    await town.furnish()
    maker = Maker(SEED, await examples(town), datetime.now(UTC), count)
    await town.stop()
    began = time.monotonic()
    await town.without_indexes()
    await town.fill(maker, 0, count)
    report.put(f"{name}.documents_s", time.monotonic() - began)
    began = time.monotonic()
    await town.with_indexes()
    report.put(f"{name}.indexes_s", time.monotonic() - began)
    report.put(f"{name}.memory_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    await town.start()


def main(arguments: list[str]) -> int:
    named = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    parts = tuple(named.get("only", ",".join(PARTS)).split(","))
    count = int(named.get("requests", "1000000"))
    if (
        {*named} - {"only", "requests", "folder"}
        or {*parts} - {*PARTS, "fill"}
        or len(named) < len(arguments)
        or count < 100
    ):
        sys.stderr.write(__doc__ or "")
        return 2
    before = load_average()
    report = Report(bars=BARS)
    with tempfile.TemporaryDirectory(prefix="affianca-bench-intake-") as folder:
        asyncio.run(measure(report, count, parts, Path(named.get("folder", folder))))
    sys.stdout.write(f"--- bars, {count} requests stored\n{report.table()}\n")
    path = save({"intake": report.figures}, [before], {"bench": "intake", "requests": count, "parts": parts})
    sys.stdout.write(f"--- written to {path}\n")
    return 1 if report.missed() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
