"""Figures: what reports say, made of counted rows. Pure; medians and shares come from counts, never from means.

Percentiles are nearest-rank over whole working minutes: a value that was really observed. Shares are of the clocks
that are decided, rounded once, here, to four decimals; every form of a report prints the same values.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.working_time import BROKEN, OPEN, verdict

Row = dict[str, Any]
AGES = (7, 15, 30, 60, 90)
"""Upper ends, in days, of the classes of age of open requests; one more class is open-ended."""
WORK: dict[str, str] = {
    "submitted": "waiting_for_expert",
    "triage": "waiting_for_expert",
    "assigned": "offered",
    "in_progress": "in_progress",
    "waiting": "waiting_for_body",
}
"""Status of an open request -> column of the workload; any other status falls into `other`."""
WORK_COLUMNS = ("waiting_for_expert", "offered", "in_progress", "waiting_for_body", "other")


@dataclass
class _Clocks:
    """Counts of one metric in one group."""

    met: int = 0
    broken: int = 0
    open: int = 0
    at_risk: int = 0
    minutes: Counter[int] = field(default_factory=Counter)

    def add(self, id: Row, n: int, now: datetime) -> None:
        told = verdict(id["state"], id["due_at"], id["warn_at"], now)
        self.met += n * (told == "met")
        self.broken += n * (told in BROKEN)
        self.open += n * (told in OPEN)
        self.at_risk += n * (told == "at_risk")
        if id["minutes"] is not None:
            self.minutes[id["minutes"]] += n

    def figures(self) -> Row:
        decided = self.met + self.broken
        return {
            "completed": self.minutes.total(),
            **_time("median", percentile(self.minutes, 50)),
            **_time("p90", percentile(self.minutes, 90)),
            "within_target": round(self.met / decided, 4) if decided else None,
            "met": self.met,
            "breached": self.broken,
            "open": self.open,
            "at_risk": self.at_risk,
        }


@dataclass
class _Group:
    """Counts of one row of the report."""

    metrics: dict[str, _Clocks]
    requests: int = 0
    withdrawn: int = 0
    merged: int = 0
    synthetic: int = 0

    def add(self, id: Row, n: int, now: datetime) -> None:
        self.metrics[id["metric"]].add(id, n, now)
        if id["metric"] == next(iter(self.metrics)):  # Each request has every metric once: one of them counts it.
            self.requests += n * (id["left"] is None)
            self.withdrawn += n * (id["left"] == "withdrawn")
            self.merged += n * (id["left"] == "merged")
            self.synthetic += n * bool(id["synthetic"])

    def row(self, key: str | None) -> Row:
        return {
            "key": key,
            "requests": self.requests,
            "withdrawn": self.withdrawn,
            "merged": self.merged,
            "synthetic": self.synthetic,
            "metrics": {name: clocks.figures() for name, clocks in self.metrics.items()},
        }


class ServiceLevels:
    """Adds counted clocks up, group by group and in total."""

    def __init__(self, metrics: Sequence[str], now: datetime) -> None:
        self._metrics = metrics
        self._now = now
        self._groups: dict[str | None, _Group] = {}
        self._totals = self._empty()

    def add(self, row: Row) -> None:
        """Counts one row of `Store.clocks`."""
        id, n = row["_id"], row["n"]
        group = self._groups.setdefault(id.get("key"), self._empty())
        group.add(id, n, self._now)
        self._totals.add(id, n, self._now)

    def items(self) -> list[Row]:
        """One row a group, by key, requests without one last."""
        return [self._groups[key].row(key) for key in sorted(self._groups, key=lambda key: (key is None, key or ""))]

    def totals(self) -> Row:
        """All groups together: percentiles of the whole, not means of percentiles."""
        return self._totals.row(None)

    def _empty(self) -> _Group:
        return _Group({name: _Clocks() for name in self._metrics})


def backlog(rows: Iterable[Row]) -> tuple[list[Row], Row]:
    """Open requests by class of age, every class present, and their total."""
    bounds = list(zip((0, *(age + 1 for age in AGES)), (*AGES, None), strict=True))
    items: list[Row] = [{"from_days": low, "to_days": high, "requests": 0, "synthetic": 0} for low, high in bounds]
    for row in rows:
        days = int(row["_id"]["days"])
        item = next(item for item in items if item["to_days"] is None or days <= item["to_days"])
        item["requests"] += row["n"]
        item["synthetic"] += row["n"] * bool(row["_id"]["synthetic"])
    return items, {"requests": _sum(items, "requests"), "synthetic": _sum(items, "synthetic")}


def workload(rows: Iterable[Row]) -> tuple[list[Row], Row]:
    """Open requests of each group by what they wait for, and their totals."""
    groups: dict[str | None, Row] = {}
    columns = ("open", *WORK_COLUMNS, "synthetic")
    for row in rows:
        key = row["_id"].get("key")
        group = groups.setdefault(key, {"key": key} | dict.fromkeys(columns, 0))
        group["open"] += row["n"]
        group[WORK.get(row["_id"]["status"], "other")] += row["n"]
        group["synthetic"] += row["n"] * bool(row["_id"]["synthetic"])
    items = [groups[key] for key in sorted(groups, key=lambda key: (key is None, key or ""))]
    return items, {"key": None} | {column: _sum(items, column) for column in columns}


def percentile(counts: Counter[int], percent: int) -> int | None:
    """The smallest observed value that at least `percent` per cent of the values do not exceed."""
    rank = -(-counts.total() * percent // 100)
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value
    return None


def iso_duration(minutes: int) -> str:
    """Working time as ISO 8601 hours and minutes: its days are not calendar days."""
    hours, rest = divmod(minutes, 60)
    return f"PT{hours}H{rest}M" if hours and rest else f"PT{hours}H" if hours else f"PT{rest}M"


def _time(name: str, minutes: int | None) -> Row:
    return {f"{name}_minutes": minutes, name: None if minutes is None else iso_duration(minutes)}


def _sum(items: Iterable[Row], column: str) -> int:
    return sum(item[column] for item in items)
