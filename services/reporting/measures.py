"""Measurements of procedures: calendar days, gross of suspensions, per body, procedure and half-year. Pure.

None is "not sent", never zero. Sums and counts are kept, so that means of several bodies combine by weight.
To add a figure: one name in `FIGURES` (and in the contract), and a rule in `faults` if it depends on another.
"""

from collections.abc import Iterable, Mapping
from typing import Any

FIGURES = (
    "concluded_by_silence",
    "concluded_expressly",
    "with_services_conference",
    "with_suspension",
    "duration_days_sum",
    "started",
    "backlog",
)
LARGEST = 10_000_000
Row = Mapping[str, Any]


def faults(row: Row) -> list[tuple[str, str]]:
    """Figures that contradict each other: field and sentence (msgid)."""
    found = []
    concluded = row.get("concluded_expressly")
    for part in ("with_services_conference", "with_suspension"):
        if row.get(part) is not None and concluded is not None and row[part] > concluded:
            found.append((part, "It cannot exceed the procedures concluded with an express act."))
    days = row.get("duration_days_sum")
    if days is not None and concluded is None:
        found.append(("duration_days_sum", "Say also how many procedures were concluded with an express act."))
    if days and concluded == 0:
        found.append(("duration_days_sum", "Without concluded procedures there are no days to sum."))
    return found


def mean_days(rows: Iterable[Row]) -> float | None:
    """The mean duration over all procedures concluded expressly, each counting once; None if nobody sent any.

    A row without its sum or its count says nothing about durations and is left out of both.
    """
    known = [row for row in rows if row["duration_days_sum"] is not None and row["concluded_expressly"]]
    if not known:
        return None
    days: int = sum(row["duration_days_sum"] for row in known)
    concluded: int = sum(row["concluded_expressly"] for row in known)
    return round(days / concluded, 2)


def by_procedure(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """One row a procedure: sums of what was sent (None if nobody sent it), and the mean by weight."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["procedure"], []).append(row)
    return [
        {"procedure": procedure, "bodies": len(its), **{name: _sum(its, name) for name in FIGURES}}
        | {"mean_duration_days": mean_days(its)}
        for procedure, its in sorted(groups.items())
    ]


def _sum(rows: Iterable[Row], name: str) -> int | None:
    sent = [row[name] for row in rows if row[name] is not None]
    return sum(sent) if sent else None
