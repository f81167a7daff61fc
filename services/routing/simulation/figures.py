"""The figures of a run: how long people wait, how the load is spread, how far experts work from home, how they fit.

Times are working minutes of the request's province. A request that nobody has taken by the end counts with the time
that it has waited until then, so a variant that leaves requests lying does not look faster. Numbers of single
persons are never among the figures. To add one: a line in `_of`, words in `pages/simulated.py`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from contracts.vocabulary import province
from contracts.working_time import office_calendar, working_time
from services.routing.handlers.presence import takes_part_at
from services.routing.simulation.course import Course
from services.routing.simulation.territories import Ground

Document = dict[str, Any]
Figures = dict[str, Any]
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Played:
    """What became of requests, by a run or in reality; `taken`: expert and theme of every offer; busy: seconds."""

    courses: Sequence[Course]
    taken: Sequence[tuple[str, str | None]]
    profiles: Sequence[Document]
    start: datetime
    end: datetime
    busy: Mapping[str, float] | None = None

    @cached_property
    def able(self) -> list[Document]:
        """The experts who take part at some time of the period."""
        return [row for row in self.profiles if takes_part_at(row, self.start, self.end)]


def figures(played: Played) -> Figures:
    """All figures: of everything, by theme and by province."""
    ground, measured = Ground(played.profiles, played.able), [one for one in played.courses if one.arrival.measured]
    themes, siglas = {one.case.theme for one in measured}, {one.case.province for one in measured}
    return {
        **_of(measured, ground, played.end),
        "load": load(played, None),
        "themes": [
            {
                "code": theme,
                **_of([one for one in measured if one.case.theme == theme], ground, played.end),
                "load": load(played, theme) if theme else None,
            }
            for theme in sorted(themes, key=lambda theme: theme or "")
        ],
        "provinces": [
            {"code": sigla, **_of([one for one in measured if one.case.province == sigla], ground, played.end)}
            for sigla in sorted(siglas)
        ],
    }


def _of(courses: Sequence[Course], ground: Ground, end: datetime) -> Figures:
    accepted = [one for one in courses if one.accepted]
    there = [one for one in courses if one.state != "left"]
    reasons = Counter(one.reason for one in courses if one.reason)
    steps = [away for one in accepted if (away := ground.away(one.lead, one.case.province)) is not None]
    levels = [(ground.level(one.lead, one.case.theme), _best(one, ground)) for one in accepted]
    known = [(own, best) for own, best in levels if own]
    return {
        "requests": len(courses),
        "accepted": len(accepted),
        "not_taken": sum(one.accepted is None for one in there),
        "coordinator": sum(one.state == "coordinator" for one in courses),
        "wait": _times(there, [one.accepted or end for one in there]),
        "wait_for_offer": _times(there, [one.first_offer or end for one in there]),
        "unroutable": _share(sum(reasons.values()), len(courses)),
        "unroutable_reasons": dict(sorted(reasons.items())),
        "refusals": _share(sum(one.refusals for one in courses), len(courses)),
        "top_competence": _share(sum(own >= best for own, best in known), len(known)),
        "level": _share(sum(own for own, _ in known), len(known)),
        "outside": _share(sum(step > 0 for step in steps), len(steps)),
        "steps": _share(sum(steps), len(steps)),
    }


def load(played: Played, theme: str | None) -> Figures:
    """How evenly requests are spread over the experts (of a theme), measured against the places of each."""
    experts = [
        row
        for row in played.able
        if row["capacity"] > 0 and (theme is None or any(one["code"] == theme for one in row["themes"]))
    ]
    received = Counter(expert for expert, about in played.taken if theme is None or about == theme)
    shares = [received[row["_id"]] / row["capacity"] for row in experts]
    mean = sum(shares) / len(shares) if shares else 0.0
    return {
        "experts": len(experts),
        "places": sum(row["capacity"] for row in experts),
        "gini": _round(gini(shares)) if shares else None,
        "most_over_mean": _round(max(shares) / mean) if mean else None,
        "idle": sum(share == 0 for share in shares),
        "occupancy": _occupancy(played, experts) if theme is None else None,
    }


def gini(values: Sequence[float]) -> float:
    """0 when all are equal, towards 1 when one has everything."""
    total, count = sum(values), len(values)
    if not total:
        return 0.0
    weighted = sum(number * value for number, value in enumerate(sorted(values), start=1))
    return 2 * weighted / (count * total) - (count + 1) / count


def _occupancy(played: Played, experts: Sequence[Document]) -> float | None:
    places = sum(row["capacity"] for row in experts) * (played.end - played.start).total_seconds()
    if played.busy is None or not places:
        return None
    return _round(sum(played.busy.get(row["_id"], 0.0) for row in experts) / places)


def _best(one: Course, ground: Ground) -> int:
    return ground.best(one.case.theme or "", one.case.kind, one.case.province)


def _times(courses: Sequence[Course], until: Iterable[datetime]) -> Figures:
    minutes = sorted(
        _minutes(one.case.province, one.arrival.at, at) for one, at in zip(courses, until, strict=True)
    )  # fmt: skip
    return {"median": _nearest(minutes, 0.5), "p90": _nearest(minutes, 0.9)}


@lru_cache(maxsize=100_000)
def _minutes(sigla: str, start: datetime, end: datetime) -> int:
    calendar = office_calendar(sigla if province(sigla) else None)
    return int(working_time(calendar, start, end) / _MINUTE)


def _nearest(ordered: Sequence[int], share: float) -> int | None:
    """The smallest value that at least this share does not exceed."""
    return ordered[max(-(-int(share * 1000) * len(ordered) // 1000), 1) - 1] if ordered else None


def _share(part: float, whole: int) -> float | None:
    return _round(part / whole) if whole else None


def _round(value: float) -> float:
    return round(value, 4)
