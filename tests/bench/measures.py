"""What is measured: each function drives the installation and puts its figures into a `Report`."""

import asyncio
import json
import subprocess
import sys
import time
from typing import Any

from tests.bench.floor import run as floor
from tests.bench.installation import Installation
from tests.bench.load import quantile
from tests.bench.material import ADMIN_KEY
from tests.bench.processes import ROOT, Usage
from tests.bench.report import Report

IN_FLIGHT = 1_000
_PATIENCE = 600.0


async def flood(report: Report, installation: Installation, count: int, mail: bool) -> float:
    """Tickets per second from the first submission until the last request is done; the bars compare with the floor."""
    name = "with_mail" if mail else "pipeline"
    await installation.mail(mail)
    progress, usage = await installation.progress(mail), Usage(installation.pids)
    began = time.monotonic()
    await installation.ask("flood", count=count, in_flight=IN_FLIGHT)
    report.put(f"{name}.accepted_per_second", count / (time.monotonic() - began))
    ended = await progress.reached(count, _PATIENCE, installation.check)
    rate = count / (ended - began)
    report.put(f"{name}.tickets_per_second", rate)
    report.cpu(f"{name}.cpu_ms", usage.per(count))
    return rate


async def floor_flood(report: Report, installation: Installation, count: int, mail: bool) -> None:
    """The same on bare aiokafka and motor, and the ratios."""
    name, pipeline = ("floor_with_mail", "with_mail") if mail else ("floor", "pipeline")
    async with floor.opened(installation, mail, installation.folder) as bare:
        usage = Usage(bare.pids)
        began, ended = await bare.flood(count, _PATIENCE)
        report.put(f"{name}.tickets_per_second", count / (ended - began))
        report.cpu(f"{name}.cpu_ms", usage.per(count))
    report.ratio(f"{pipeline}.rate_of_floor", f"{pipeline}.tickets_per_second", f"{name}.tickets_per_second")
    report.ratio(f"{pipeline}.cpu_of_floor", f"{pipeline}.cpu_ms.total", f"{name}.cpu_ms.total")


async def steady(report: Report, installation: Installation, rate: float, seconds: float, name: str) -> None:
    """Submit to assignment at a steady load: until intake has stored who is asked."""
    await installation.mail(False)
    count = int(rate * seconds)
    progress, usage = await installation.progress(False), Usage(installation.pids)
    await installation.ask("steady", rate=rate, seconds=seconds)
    await progress.reached(count, _PATIENCE, installation.check)
    times = await _times(installation)
    sent, durable, assigned = (times[key] for key in ("sent", "durable", "assigned"))
    waited = [assigned[id] - at for id, at in sent.items()]
    accepted = [durable[id] - at for id, at in sent.items()]
    report.put(f"steady.{name}.rate", rate)
    for key, took in (("assigned", waited), ("accepted", accepted)):
        report.put(f"steady.{name}.{key}_p50_ms", quantile(took, 0.5) * 1000)
        report.put(f"steady.{name}.{key}_p99_ms", quantile(took, 0.99) * 1000)
    report.cpu(f"steady.{name}.cpu_ms", usage.per(count))
    async with floor.opened(installation, False, installation.folder) as bare:
        usage = Usage(bare.pids)
        await bare.steady(rate, seconds, _PATIENCE)
        report.cpu(f"steady.{name}.floor_cpu_ms", usage.per(count))
    report.ratio(f"steady.{name}.cpu_of_floor", f"steady.{name}.cpu_ms.total", f"steady.{name}.floor_cpu_ms.total")


async def _times(installation: Installation) -> dict[str, dict[str, float]]:
    """When each request was sent, durable and assigned; the last are noted just after everybody can read them."""
    while True:
        times: dict[str, dict[str, float]] = await installation.ask("times")
        if times["sent"].keys() <= times["assigned"].keys():
            return times
        await asyncio.sleep(0.05)


async def posts(report: Report, installation: Installation, connections: int, seconds: float, first: int) -> int:
    """POST /api/requests while the consumers run; they must have caught up within 30 s. Returns how many were made."""
    progress, usage = await installation.progress(False), Usage(installation.pids)
    figures = await _generate(installation, connections, seconds, method="POST", paths=["/api/requests"], first=first)
    made = figures["statuses"].get("201", 0)
    _http(report, f"post.{connections}", figures, 201)
    ended = time.monotonic()
    caught_up = await progress.reached(made, _PATIENCE, installation.check)
    report.put(f"post.{connections}.drained_after_s", max(0.0, caught_up - ended))
    report.cpu(f"post.{connections}.cpu_ms", usage.per(max(made, 1)))
    return made


async def reads(report: Report, installation: Installation, connections: int, seconds: float) -> None:
    """One request, and a page of the list, with at least 10,000 stored."""
    rows = installation.databases["intake"]["requests"].find({}, {"number": 1}, limit=1000)
    one = [f"/api/requests/{row['number']}" async for row in rows]
    for name, paths in (("read", one), ("list", ["/api/requests?limit=50"])):
        figures = await _generate(installation, connections, seconds, method="GET", paths=paths, key=ADMIN_KEY)
        _http(report, f"{name}.{connections}", figures, 200)


async def _generate(installation: Installation, connections: int, seconds: float, **job: Any) -> dict[str, Any]:
    port = int(installation.urls["intake"].rpartition(":")[2])
    wanted = json.dumps({"port": port, "connections": connections, "seconds": seconds, **job})
    command = [sys.executable, "-m", "tests.bench.load"]
    done = await asyncio.to_thread(
        subprocess.run, command, input=wanted, capture_output=True, text=True, cwd=ROOT, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _http(report: Report, name: str, figures: dict[str, Any], good: int) -> None:
    answered = figures["statuses"].get(str(good), 0)
    report.put(f"{name}.per_second", answered / figures["seconds"])
    report.put(f"{name}.p50_ms", figures["p50_ms"])
    report.put(f"{name}.p99_ms", figures["p99_ms"])
    report.put(f"{name}.others", sum(figures["statuses"].values()) - answered)
