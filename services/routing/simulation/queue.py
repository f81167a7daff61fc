"""Who waits, in the order of service, and who of them an expert could take: what `store.waiting` is in the real one.

Requests of the same theme, procedure, kind and province wait in one line. Whether an expert could take anything of a
line is asked of the vetoes once; who of the line, whenever one of them differs in more (`judging.alike`). So whoever
cannot take the plain request of a line must be able to take none of it: a veto that frees whoever names more may read
only what all of the line have in common (`tests/routing/test_alike.py`).
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import islice

import numpy as np

from services.routing.criteria import VETOES, Experts, Requests
from services.routing.domain import Case, Expert
from services.routing.matching.judging import alike

_Facts = tuple[str, str | None, str]
_LARGEST_LOOK = 256


@dataclass
class _Line:
    """`plain`: a request of which nothing else is known; whoever cannot take it can take none of the line."""

    plain: Case
    places: list[tuple[datetime, str]] = field(default_factory=list)


def plain(case: Case) -> Case:
    """A request of the same line of which nothing else is known."""
    return Case("", case.theme, case.procedure, case.kind, case.province, case.precedence)


class Queue:
    """Requests for which nobody could be asked."""

    def __init__(self) -> None:
        self._cases: dict[str, Case] = {}
        self._lines: dict[str | None, dict[_Facts, _Line]] = {}
        self._asked: dict[tuple[str, str], int] = {}
        """Expert and theme -> of how many of its lines, in the order in which they began, it is known who suits."""
        self._suiting: dict[str, list[_Line]] = {}
        """Expert -> the lines of which they could take the plain request."""

    def __len__(self) -> int:
        return len(self._cases)

    def __contains__(self, id: str) -> bool:
        return id in self._cases

    def __iter__(self) -> Iterator[Case]:
        return iter(self._cases.values())

    def put(self, case: Case) -> None:
        """A request waits."""
        if case.id not in self._cases:
            insort(self._line(case).places, (case.precedence, case.id))
        self._cases[case.id] = case

    def take(self, id: str) -> None:
        """A request waits no more."""
        case = self._cases.pop(id, None)
        if case is not None:
            places = self._line(case).places
            del places[bisect_left(places, (case.precedence, case.id))]

    def eligible(self, expert: Expert, alone: Experts, limit: int) -> list[Case]:
        """The first of those that suit an expert; `alone`: the expert's columns, with a place."""
        places = merge(*(line.places for line in self._lines_for(expert, alone) if line.places))
        found: list[Case] = []
        look = min(limit, _LARGEST_LOOK)
        while len(found) < limit:
            cases = [self._cases[id] for _, (_, id) in zip(range(look), places, strict=False)]
            if not cases:
                break
            unlike = [case for case in cases if alike(case, alone) != alike(self._line(case).plain, alone)]
            unfit = {case.id for case, suits in zip(unlike, _suits(unlike, alone), strict=True) if not suits}
            found += [case for case in cases if case.id not in unfit]
            look = min(look * 2, _LARGEST_LOOK)
        return found[:limit]

    def _line(self, case: Case) -> _Line:
        lines = self._lines.setdefault(case.theme, {})
        facts = (case.kind, case.procedure, case.province)
        if facts not in lines:
            lines[facts] = _Line(plain(case))
        return lines[facts]

    def _lines_for(self, expert: Expert, alone: Experts) -> list[_Line]:
        suiting = self._suiting.setdefault(expert.id, [])
        for theme in expert.levels:
            lines, asked = self._lines.get(theme, {}), self._asked.get((expert.id, theme), 0)
            if len(lines) > asked:
                new = list(islice(lines.values(), asked, None))
                suits = _suits([line.plain for line in new], alone)
                suiting += [line for line, fits in zip(new, suits, strict=True) if fits]
                self._asked[expert.id, theme] = len(lines)
        return suiting


def _suits(cases: Sequence[Case], alone: Experts) -> list[bool]:
    if not cases:
        return []
    requests = Requests.of(cases, alone)
    against = np.zeros(len(cases), bool)
    for veto in VETOES.values():
        against |= veto(requests, alone)[:, 0]
    return [not vetoed for vetoed in against.tolist()]
