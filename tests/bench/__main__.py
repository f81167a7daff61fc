"""`make bench`: the pipeline beside its floor, latencies, HTTP, start-up and memory, on one broker or on both.

    make bench                                     quick, embedded broker
    make bench ARGS="full broker=apache"           20,000 tickets on Apache Kafka (Java and Maven)
    make bench ARGS="quick broker=embedded,apache only=flood,http"

Ends with 1 when a bar is missed. See docs/performance.md for how to read it.
"""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench import measures
from tests.bench.installation import Installation, opened
from tests.bench.processes import load_average
from tests.bench.report import Report, save
from tests.bench.servers import BROKERS, open_servers

PARTS = ("flood", "mail", "steady", "http")
CONNECTIONS = (1, 8, 32, 64, 256)


@dataclass(frozen=True)
class Scale:
    """How much is done; `stored`: requests that the reads look at."""

    tickets: int
    mails: int
    seconds: float
    rates: tuple[int, ...] = (200, 1_000)
    connections: tuple[int, ...] = CONNECTIONS
    stored: int = 10_000


SCALES = {"quick": Scale(5_000, 1_000, 5), "full": Scale(20_000, 4_000, 15)}


async def measure(report: Report, broker: str, scale: Scale, parts: tuple[str, ...], folder: Path) -> list[float]:
    """All parts against one broker. Each has an installation of its own. Returns the load averages met on the way."""
    loads = []
    async with open_servers(folder / broker, broker) as servers:
        for part in parts:
            loads.append(load_average())
            report.put(f"load_average.before_{part}", loads[-1])
            async with opened(servers, folder / broker / part) as installation:
                report.put(f"start.{part}.seconds", installation.seconds_to_start)
                await _PARTS[part](report, installation, scale)
                for name, megabytes in installation.memory().items():
                    report.put(f"memory_mb.{part}.{name}", megabytes)
    return loads


async def _flood(report: Report, installation: Installation, scale: Scale) -> None:
    await measures.flood(Report(lambda _: None), installation, scale.tickets // 5, mail=False)  # warm
    await measures.flood(report, installation, scale.tickets, mail=False)
    await measures.floor_flood(report, installation, scale.tickets, mail=False)


async def _mail(report: Report, installation: Installation, scale: Scale) -> None:
    await measures.flood(Report(lambda _: None), installation, scale.mails // 2, mail=True)  # warm
    await measures.flood(report, installation, scale.mails, mail=True)
    await measures.floor_flood(report, installation, scale.mails, mail=True)


async def _steady(report: Report, installation: Installation, scale: Scale) -> None:
    for rate in scale.rates:
        await measures.steady(report, installation, rate, scale.seconds, str(rate))
    most = report.figures.get("pipeline.tickets_per_second")
    if most:
        await measures.steady(report, installation, most * 0.7, scale.seconds, "70_percent")


async def _http(report: Report, installation: Installation, scale: Scale) -> None:
    await installation.mail(False)
    made = 0
    for connections in scale.connections:
        made += await measures.posts(report, installation, connections, scale.seconds, made)
    if {64, 256} <= set(scale.connections):
        report.ratio("post.256.of_64", "post.256.per_second", "post.64.per_second")
    if made < scale.stored:
        await measures.flood(Report(lambda _: None), installation, scale.stored - made, mail=False)
    for connections in scale.connections:
        await measures.reads(report, installation, connections, scale.seconds / 2)


_PARTS = {"flood": _flood, "mail": _mail, "steady": _steady, "http": _http}


def main(arguments: list[str]) -> int:
    named = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    scale = next((argument for argument in arguments if argument in SCALES), "quick")
    brokers = tuple(named.get("broker", "embedded").split(","))
    parts = tuple(named.get("only", ",".join(PARTS)).split(","))
    unknown = {*arguments} - {*SCALES} - {f"{name}={value}" for name, value in named.items()}
    if unknown or {*named} - {"broker", "only"} or {*brokers} - {*BROKERS} or {*parts} - {*PARTS}:
        sys.stderr.write(__doc__ or "")
        return 2
    figures, missed, loads = {}, [], []
    for broker in brokers:
        sys.stdout.write(f"--- {broker} broker, {scale}\n")
        report = Report()
        with tempfile.TemporaryDirectory(prefix="affianca-bench-") as folder:
            loads += asyncio.run(measure(report, broker, SCALES[scale], parts, Path(folder)))
        figures[broker] = report.figures
        missed += report.missed()
        sys.stdout.write(f"--- bars, {broker} broker\n{report.table()}\n")
    path = save(figures, loads, {"scale": scale, "parts": parts})
    sys.stdout.write(f"--- written to {path}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
