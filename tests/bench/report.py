"""Figures under stable keys, the bars they are held against, the table and the JSON file of a run."""

import json
import operator
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.processes import ROOT, load_average

_AT_LEAST, _BELOW, _AT_MOST = (">=", operator.ge), ("<", operator.lt), ("<=", operator.le)
Bar = tuple[tuple[str, Callable[[float, float], bool]], float]

BARS: dict[str, Bar] = {
    "pipeline.rate_of_floor": (_AT_LEAST, 0.6),
    "pipeline.cpu_of_floor": (_AT_MOST, 1.7),
    "pipeline.cpu_ms.total": (_AT_MOST, 4.5),
    "with_mail.rate_of_floor": (_AT_LEAST, 0.6),
    "with_mail.cpu_of_floor": (_AT_MOST, 1.7),
    "steady.200.assigned_p99_ms": (_BELOW, 300),
    "steady.1000.assigned_p99_ms": (_BELOW, 300),
    "steady.200.cpu_of_floor": (_AT_MOST, 1.4),
    "steady.1000.cpu_of_floor": (_AT_MOST, 1.4),
    "post.64.per_second": (_AT_LEAST, 1_000),
    "post.64.p99_ms": (_BELOW, 100),
    "post.64.others": (_AT_MOST, 0),
    "post.64.drained_after_s": (_AT_MOST, 30),
    "post.256.of_64": (_AT_LEAST, 0.8),
    "read.8.p99_ms": (_BELOW, 40),
    "list.8.p99_ms": (_BELOW, 40),
}


class Report:
    """Figures of one run against one broker; each is written as it comes."""

    def __init__(self, say: Callable[[str], Any] = sys.stdout.write, bars: dict[str, Bar] | None = None) -> None:
        self.figures: dict[str, float] = {}
        self._bars = BARS if bars is None else bars
        self._say = say

    def put(self, key: str, value: float) -> None:
        """Keeps a figure and shows it beside its bar."""
        self.figures[key] = round(float(value), 4)
        self._say(self._line(key) + "\n")

    def cpu(self, key: str, each: dict[str, float]) -> None:
        """Milliseconds by process, and their sum."""
        for name, value in each.items():
            self.put(f"{key}.{name}", value)
        self.put(f"{key}.total", sum(each.values()))

    def ratio(self, key: str, one: str, other: str) -> None:
        """One figure as a share of another."""
        self.put(key, self.figures[one] / self.figures[other])

    def missed(self) -> list[str]:
        """The bars that were not reached."""
        return [key for key in self._bars if key in self.figures and not self._kept(key)]

    def table(self) -> str:
        """All figures that have a bar."""
        return "\n".join(self._line(key) for key in self._bars if key in self.figures)

    def _kept(self, key: str) -> bool:
        (_, compare), limit = self._bars[key]
        return compare(self.figures[key], limit)

    def _line(self, key: str) -> str:
        line = f"{key:<36} {self.figures[key]:>12,.3f}"
        if key in self._bars:
            (sign, _), limit = self._bars[key]
            line += f"   {sign} {limit:<8g} {'' if self._kept(key) else 'MISSED'}"
        return line.rstrip()


def save(figures: dict[str, dict[str, float]], loads: Iterable[float], chosen: dict[str, Any]) -> Path:
    """Writes .local/bench/<date>.json: figures by broker, and how busy the machine was before each part."""
    now = datetime.now(UTC)
    folder = ROOT / ".local" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y-%m-%dT%H%M%S}.json"
    document = {
        "at": now.isoformat(timespec="seconds"), **chosen, "load_averages": [*loads, load_average()],
        "figures": figures,
    }  # fmt: skip
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path
