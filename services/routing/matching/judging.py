"""Judging: every waiting request of a theme against every expert of it, vetoes and scores at once.

Requests that no criterion tells apart share one row, so a thousand of them cost no more than the distinct ones.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from services.routing.criteria import SCORES, VETOES, Experts, Requests
from services.routing.criteria.tables import Floats, Ints, Levels, Mask
from services.routing.domain import Case
from services.routing.rules.model import Rules

_LAST_FIRST = [(np.int8(number), veto) for number, veto in enumerate(VETOES.values(), start=1)][::-1]
"""Written over each other, the first veto is what stays."""
POINT = 1_000_000
"""Scores are compared as whole millionths: sums of them are exact, on every machine."""


@dataclass(frozen=True)
class Judged:
    """The requests of one theme, in the order of service, and the experts of the theme."""

    cases: tuple[Case, ...]
    numbers: Ints
    """The place of each request in the order of service of the whole wave."""
    row: Ints
    """The row of each request in the matrices below."""
    pool: Experts
    against: Levels
    """0 where nothing speaks against the expert, else the number of the first veto, from 1."""
    shares: dict[str, Floats]
    """What each criterion contributes to the score."""
    points: Ints
    former: Ints
    """Row -> the column of the expert who had the request before, -1 for none."""
    asks: Mask
    """Whether a request is to be served at all: not once too many have refused it."""

    @property
    def eligible(self) -> Mask:
        """Who could be asked."""
        return np.asarray(self.against == 0)


def judge(waiting: Sequence[Case], experts: Experts, rules: Rules) -> list[Judged]:
    """All requests that have a theme, which come in the order of service, theme by theme."""
    by_theme: dict[str, list[int]] = {}
    for number, case in enumerate(waiting):
        if case.theme is not None:
            by_theme.setdefault(case.theme, []).append(number)
    return [_judge(theme, numbers, waiting, experts, rules) for theme, numbers in sorted(by_theme.items())]


def _judge(theme: str, numbers: list[int], waiting: Sequence[Case], experts: Experts, rules: Rules) -> Judged:
    pool, weights = experts.of_theme(theme), rules.weights_of(theme)
    cases = tuple(waiting[number] for number in numbers)
    distinct, row = _distinct(cases, pool)
    requests = Requests.of(distinct, pool)
    against = np.zeros((len(distinct), len(pool.ids)), np.int8)
    for number, veto in _LAST_FIRST:
        np.copyto(against, number, where=veto(requests, pool))
    shares, total = dict[str, Floats](), np.zeros(against.shape)
    for name, weight in weights.items():
        share = weight * SCORES[name](requests, pool)
        total += share
        shares[name] = share if len(share) == len(distinct) else np.broadcast_to(share, against.shape)
    return Judged(
        cases=cases,
        numbers=np.array(numbers, np.int64),
        row=row,
        pool=pool,
        against=against,
        shares=shares,
        points=np.rint(total * POINT).astype(np.int64),
        former=np.array([pool.index.get(case.former or "", -1) for case in distinct], np.int64),
        asks=np.array([len(case.declined_by) < rules.most_refusals for case in cases], bool),
    )


def alike(case: Case, pool: Experts) -> Hashable:
    """Requests of one theme for which this is equal, no criterion tells apart before these experts."""
    matters = case.body in pool.conflicts or case.body in pool.worked
    companies = tuple(company for company in case.companies if company in pool.conflicts)
    return (
        case.kind, case.province, case.procedure, case.declined_by, case.former, case.body if matters else None,
        companies, case.pinned_to,
    )  # fmt: skip


def _distinct(cases: tuple[Case, ...], pool: Experts) -> tuple[list[Case], Ints]:
    if len(cases) == 1:
        return [*cases], np.zeros(1, np.int64)
    rows: dict[Hashable, int] = {}
    distinct: list[Case] = []
    row = np.empty(len(cases), np.int64)
    for number, case in enumerate(cases):
        found = rows.setdefault(alike(case, pool), len(distinct))
        if found == len(distinct):
            distinct.append(case)
        row[number] = found
    return distinct, row
