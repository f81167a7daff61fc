"""Who waits, in the order of service, and who of them an expert could take: what `store.waiting` is in the real one."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge

import numpy as np

from services.routing.criteria import VETOES, Experts, Requests
from services.routing.domain import Case, Expert

_Place = tuple[datetime, str]
_FIRST_LOOK, _LARGEST_LOOK = 8, 256


class Queue:
    """Requests for which nobody could be asked."""

    def __init__(self) -> None:
        self._cases: dict[str, Case] = {}
        self._by_theme: dict[str | None, list[_Place]] = {}

    def __len__(self) -> int:
        return len(self._cases)

    def __contains__(self, id: str) -> bool:
        return id in self._cases

    def __iter__(self) -> Iterator[Case]:
        return iter(self._cases.values())

    def put(self, case: Case) -> None:
        """A request waits."""
        if case.id not in self._cases:
            insort(self._by_theme.setdefault(case.theme, []), (case.precedence, case.id))
        self._cases[case.id] = case

    def take(self, id: str) -> None:
        """A request waits no more."""
        case = self._cases.pop(id, None)
        if case is not None:
            places = self._by_theme[case.theme]
            del places[bisect_left(places, (case.precedence, case.id))]

    def eligible(self, expert: Expert, alone: Experts, limit: int) -> list[Case]:
        """The first of those that suit an expert; `alone`: the expert's columns, with a place."""
        places = merge(*(self._by_theme.get(theme, ()) for theme in sorted(expert.levels)))
        found: list[Case] = []
        look = max(_FIRST_LOOK, min(limit, _LARGEST_LOOK))
        while len(found) < limit:
            cases = [self._cases[id] for _, (_, id) in zip(range(look), places, strict=False)]
            if not cases:
                break
            found += [case for case, fits in zip(cases, _suits(cases, alone), strict=True) if fits]
            look = min(look * 2, _LARGEST_LOOK)
        return found[:limit]


def _suits(cases: Sequence[Case], alone: Experts) -> list[bool]:
    requests = Requests.of(cases, alone)
    against = np.zeros(len(cases), bool)
    for veto in VETOES.values():
        against |= veto(requests, alone)[:, 0]
    return [not vetoed for vetoed in against.tolist()]
