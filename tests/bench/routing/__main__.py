"""`make bench-routing`: the matching beside its bars. Ends with 1 when one is missed.

make bench-routing                    everything
make bench-routing ARGS="quick"       a quarter of the largest wave, 40 random instances
"""

import asyncio
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.routing.criteria import Experts
from services.routing.matcher.apart import planned
from services.routing.matching import explained, plan
from services.routing.rules import load_rules
from services.routing.simulation.engine import Engine
from tests.bench.routing.half_year import half_year
from tests.bench.routing.independent import greedy, matrix, optimum
from tests.bench.routing.instances import instance

RULES = load_rules()
_ALONE = 400


@dataclass(frozen=True)
class Scale:
    """The largest wave and how many random instances are compared."""

    requests: int
    experts: int
    instances: int


SCALES = {"full": Scale(10_000, 1_000, 200), "quick": Scale(2_500, 250, 40)}


class Bars:
    """Figures beside what they must reach."""

    def __init__(self) -> None:
        self.missed = 0

    def put(self, name: str, value: float, unit: str, bar: float | None = None) -> None:
        """Prints a figure; with a bar it must be below it."""
        held = "" if bar is None else f"   bar < {bar:g} {unit}   {'ok' if value < bar else 'MISSED'}"
        self.missed += bar is not None and value >= bar
        sys.stdout.write(f"{name:<62}{value:>12.6g} {unit}{held}\n")
        sys.stdout.flush()


def best(times: int, act: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs: what the work takes when nobody else uses the machine."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return min(took)


def largest(bars: Bars, scale: Scale) -> None:
    cases, people = instance(1, scale.requests, scale.experts)
    columns = Experts.of(people)
    name = f"{scale.requests} waiting, {scale.experts} experts x 5 places"
    made = plan(cases, columns, RULES)
    bars.put(f"{name}: judged and solved", best(3, lambda: plan(cases, columns, RULES)), "s", 2.0)
    bars.put(f"{name}: distinct rows", sum(len(part.against) for part in made.judged), "rows")
    bars.put(f"{name}: pairs allowed", sum(int(part.eligible[part.row].sum()) for part in made.judged), "pairs")
    bars.put(f"{name}: columns made", best(1, lambda: Experts.of(people)), "s")
    bars.put(f"{name}: reasons of all, in parts of 500", best(1, lambda: _all_reasons(made, columns)), "s")
    pause, took = asyncio.run(_beside_a_service(cases, columns))
    bars.put(f"{name}: in a process of its own", took, "s")
    bars.put(f"{name}: longest pause of the event loop", pause * 1000, "ms")


def _all_reasons(made, columns) -> None:
    for first in range(0, len(made.waiting), 500):
        explained(made, columns, RULES, first, 500)


async def _beside_a_service(cases, columns) -> tuple[float, float]:
    pauses, last = [0.0], time.perf_counter()
    began = last
    task = asyncio.ensure_future(planned(cases, columns, RULES))
    while not task.done():
        await asyncio.sleep(0.005)
        now = time.perf_counter()
        pauses.append(now - last - 0.005)
        last = now
    return max(pauses), time.perf_counter() - began


def compared(bars: Bars, scale: Scale) -> None:
    worst, gains, sets = 0.0, [], 0
    for seed in range(scale.instances):
        cases, people = instance(1000 + seed, 40 + seed % 160, 8 + seed % 25, 1 + seed % 4)
        made = plan(cases, Experts.of(people), RULES)
        slots, owners = matrix(cases, people, RULES)
        rows, points = optimum(slots)
        sets += rows != np.flatnonzero(made.chosen >= 0).tolist()
        worst = max(worst, abs(_points(made.chosen, slots, owners) - points) / 1_000_000)
        reached = greedy(slots, owners)
        if reached and points:
            gains.append(points / reached)
    name = f"{scale.instances} random instances"
    bars.put(f"{name}: other requests served than in order", sets, "instances", 1)
    bars.put(f"{name}: farthest from the independent optimum", worst, "points of 1", 1e-6)
    bars.put(f"{name}: total score, optimal over greedy, median", statistics.median(gains), "x")
    bars.put(f"{name}: total score, optimal over greedy, most", max(gains), "x")


def _points(chosen, slots, owners) -> int:
    used: dict[int, int] = {}
    total = 0
    for row, column in enumerate(chosen.tolist()):
        if column >= 0:
            slot = owners.index(column) + used.get(column, 0)
            used[column] = used.get(column, 0) + 1
            total += int(slots[row, slot])
    return total


def alone(bars: Bars, experts: int) -> None:
    cases, people = instance(7, _ALONE, experts)
    columns = Experts.of(people)
    for case in cases:
        plan([case], columns, RULES)
    began = time.process_time()
    for case in cases:
        explained(plan([case], columns, RULES), columns, RULES)
    each = (time.process_time() - began) / _ALONE
    bars.put(f"one request, {experts} experts: decided and explained, CPU", each * 1000, "ms", 2.0)


def simulated(bars: Bars, requests: int) -> None:
    """Half a year played once as it is; the figures beside each other take it twice. The names are stable keys."""
    scenario = half_year(requests, 120)
    began, cpu = time.perf_counter(), time.process_time()
    run = Engine(scenario).run()
    bars.put("simulation_half_year_120_experts_requests", len(run.courses), "requests")
    bars.put("simulation_half_year_120_experts_seconds", time.perf_counter() - began, "s", 20.0)
    bars.put("simulation_half_year_120_experts_cpu_seconds", time.process_time() - cpu, "s")


def main(arguments: list[str]) -> int:
    scale = SCALES["quick" if "quick" in arguments else "full"]
    bars = Bars()
    largest(bars, scale)
    compared(bars, scale)
    for experts in (25, 200, 1_000):
        alone(bars, experts)
    simulated(bars, scale.requests)
    bars.put("memory of this process, most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")
    return 1 if bars.missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
