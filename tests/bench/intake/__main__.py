"""`make bench-intake`: lists, filters, text search and submission with a million stored, beside their bars.

    make bench-intake                              a million requests: 10 minutes of making them, 4 of asking
    make bench-intake REQUESTS=100000              fewer
    make bench-intake ARGS="only=text,submit"      parts: list page text similar submit

Ends with 1 when a bar is missed. See docs/performance.md for how to read it.
"""

import asyncio
import resource
import sys
import tempfile
import time
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
    """Everything against one installation, first with 1,000 stored."""
    async with open_servers(folder, "embedded") as servers:
        town = Town(servers, folder)
        try:
            await town.start()
            await town.furnish()
            stored = await examples(town)
            maker = Maker(SEED, stored, datetime.now(UTC), count)
            few = min(FEW, count)
            await town.fill(maker, 0, few)
            if "submit" in parts:
                await submit(report, town, "few")
            await _fill_up(report, town, maker, few, count)
            some, cursors = await sample(town), await far_cursors(town)
            await ask(report, town, SEED, some, cursors, parts)
            if "similar" in parts:
                await similar(report, town, some)
            if "submit" in parts:
                await submit(report, town, "all")
                report.ratio("submit.p50_of_few", "submit.all.p50_ms", "submit.few.p50_ms")
                report.ratio("submit.p99_of_few", "submit.all.p99_ms", "submit.few.p99_ms")
            for name, pid in town.pids.items():
                report.put(f"memory_mb.{name}", memory_mb(pid))
        finally:
            await town.stop()
            town.database.close()


async def _fill_up(report: Report, town: Town, maker: Maker, first: int, count: int) -> None:
    """The rest, without indexes, which are made afterwards; intake is away meanwhile."""
    await town.stop()
    began = time.monotonic()
    await town.without_indexes()
    await town.fill(maker, first, count - first)
    report.put("fill.documents_s", time.monotonic() - began)
    began = time.monotonic()
    await town.with_indexes()
    report.put("fill.indexes_s", time.monotonic() - began)
    report.put("fill.memory_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    await town.start()


def main(arguments: list[str]) -> int:
    named = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    parts = tuple(named.get("only", ",".join(PARTS)).split(","))
    count = int(named.get("requests", "1000000"))
    if {*named} - {"only", "requests"} or {*parts} - {*PARTS} or len(named) < len(arguments) or count < 100:
        sys.stderr.write(__doc__ or "")
        return 2
    before = load_average()
    report = Report(bars=BARS)
    with tempfile.TemporaryDirectory(prefix="affianca-bench-intake-") as folder:
        asyncio.run(measure(report, count, parts, Path(folder)))
    sys.stdout.write(f"--- bars, {count} requests stored\n{report.table()}\n")
    path = save({"intake": report.figures}, [before], {"bench": "intake", "requests": count, "parts": parts})
    sys.stdout.write(f"--- written to {path}\n")
    return 1 if report.missed() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
