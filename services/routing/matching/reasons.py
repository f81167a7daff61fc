"""Why: the share of every criterion, the runners-up, the vetoed, and why nobody could be asked."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from services.routing.criteria import NOT_COMPETENT, SCORES, VETOES, Experts, Requests
from services.routing.criteria.scores import SPREAD
from services.routing.criteria.tables import Floats, Ints
from services.routing.domain import Case, Expert
from services.routing.matching.decisions import Candidate, Decision
from services.routing.matching.judging import POINT, Judged, judge
from services.routing.rules.model import Rules

_RUNNERS_UP = 5
_VETOED_NAMED = 50
"""Of thousands of vetoed candidates the first are named and the rest counted: a decision stays a small document."""
_VETO_NAMES = ("", *VETOES)
_FULL = _VETO_NAMES.index("full")
_LESS_HERE = np.array([name in NOT_COMPETENT for name in _VETO_NAMES])
_RETURN = ("absent", "contract_over")
_DIGITS = 6


@dataclass(frozen=True)
class _Wave:
    """What the decisions of one wave have in common."""

    experts: Experts
    rules: Rules
    chosen: Ints
    further: Ints
    """For each request: how many of the wave its expert received before it."""
    held_after: Ints
    losses: dict[str, Floats]
    """Criterion -> how much less each request scored in it for being a further one, without the weight."""


def decisions_of(
    waiting: Sequence[Case],
    chosen: Ints,
    judged: Sequence[Judged],
    experts: Experts,
    rules: Rules,
    all_chosen: Ints,
    first: int = 0,
) -> list[Decision]:
    """The decisions about a part of a wave, which begins at `first`. `experts` as they were before the wave."""
    wave = _wave(experts, rules, all_chosen)
    found: dict[int, Decision] = {}
    for part in judged:
        rows = [_Row(part, row, wave) for row in range(len(part.against))]
        for case, number, row in zip(part.cases, part.numbers.tolist(), part.row.tolist(), strict=True):
            decision = rows[row].decide(case, int(chosen[number]), first + number)
            found[number] = _with_co_experts(case, decision, wave) if case.further_themes else decision
    nothing = [Decision(case.id, rules.version, reason="no_theme", wave=len(all_chosen)) for case in waiting]
    return [found.get(number, decision) for number, decision in enumerate(nothing)]


def vetoes(case: Case, experts: Sequence[Expert]) -> dict[str, str]:
    """Expert -> the first veto that speaks against them; without those who could be asked."""
    columns = Experts.of(experts)
    requests, found = Requests.of([case], columns), dict[str, str]()
    for name, veto in VETOES.items():
        for column in np.flatnonzero(veto(requests, columns)[0]):
            found.setdefault(columns.ids[column], name)
    return found


def weigh(case: Case, expert: Expert, rules: Rules) -> Candidate:
    """What an expert scores whom a person named; vetoes are not looked at."""
    columns = Experts.of([expert])
    requests, weights = Requests.of([case], columns), rules.weights_of(case.theme)
    shares = {name: weights[name] * float(SCORES[name](requests, columns)[0, 0]) for name in weights}
    rounded = {name: round(share, _DIGITS) for name, share in shares.items()}
    return Candidate(expert.id, round(sum(shares.values()), _DIGITS), rounded)


def _wave(experts: Experts, rules: Rules, chosen: Ints) -> _Wave:
    order = np.argsort(chosen, kind="stable")
    lined = chosen[order]
    begins = np.searchsorted(lined, lined)
    further = np.empty(len(chosen), np.int64)
    further[order] = np.arange(len(chosen)) - begins
    served = chosen >= 0
    held = experts.held + np.bincount(chosen[served], minlength=len(experts.ids))
    losses: dict[str, Floats] = {}
    if further[served].any():
        vectors = {name: getattr(experts, name)[np.maximum(chosen, 0)] for name in ("places", "held", "recent")}
        each = replace(experts, **vectors)
        losses = {name: score(each, 0) - score(each, further) for name, score in SPREAD.items()}
    return _Wave(experts, rules, chosen, further, held, losses)


class _Row:
    """Requests that no criterion tells apart: what can be said of all of them is worked out once."""

    def __init__(self, part: Judged, row: int, wave: _Wave) -> None:
        self._part, self._row, self._wave = part, row, wave
        self._against = part.against[row]
        self._best = self._ranked()
        self._known: dict[int, Candidate] = {}
        self._said: dict[bool, tuple[tuple[tuple[str, str], ...], dict[str, int]]] = {}

    def decide(self, case: Case, position: int, number: int) -> Decision:
        """The decision about one of them; position: the expert chosen."""
        wave = self._wave
        nobody = position < 0
        refused = len(case.declined_by) >= wave.rules.most_refusals
        named, counts = self._vetoed(nobody and not refused)
        column = -1 if nobody else int(np.searchsorted(self._part.pool.positions, position))
        others = tuple(self._candidate(other) for other in self._best if other != column)[:_RUNNERS_UP]
        about = Decision(case.id, wave.rules.version, vetoed=named, vetoed_counts=counts, wave=len(wave.chosen))
        if nobody:
            reason = "all_vetoed" if refused else _why_nobody(counts)
            runners_up = others if refused else ()
            return replace(about, reason=reason, refused=refused, runners_up=runners_up, until=self._until(named))
        former = bool(case.former) and self._part.pool.ids[column] == case.former
        return replace(about, chosen=self._chosen(column, number), former=former, runners_up=others)

    def _ranked(self) -> list[int]:
        """The best columns: the greatest score first, equals by id."""
        eligible = np.flatnonzero(self._against == 0)
        key = self._part.points[self._row, eligible] * len(self._against) - eligible
        most = _RUNNERS_UP + 1
        if len(eligible) > most:
            near = np.argpartition(-key, most)[:most]
            eligible, key = eligible[near], key[near]
        return [int(column) for column in eligible[np.argsort(-key)]]

    def _candidate(self, column: int) -> Candidate:
        if column not in self._known:
            shares = {
                name: round(float(share[self._row, column]), _DIGITS) for name, share in self._part.shares.items()
            }
            score = int(self._part.points[self._row, column]) / POINT
            self._known[column] = Candidate(self._part.pool.ids[column], score, shares)
        return self._known[column]

    def _chosen(self, column: int, number: int) -> Candidate:
        first = self._candidate(column)
        if not self._wave.further[number]:
            return first
        weights = self._wave.rules.weights_of(self._part.cases[0].theme)
        less = {name: weights[name] * float(loss[number]) for name, loss in self._wave.losses.items()}
        shares = {name: round(share - less.get(name, 0.0), _DIGITS) for name, share in first.shares.items()}
        return replace(first, score=round(first.score - sum(less.values()), _DIGITS), shares=shares)

    def _vetoed(self, nobody: bool) -> tuple[tuple[tuple[str, str], ...], dict[str, int]]:
        """Who could not be asked. For whom nobody is left, that includes those whose last place went to others."""
        if nobody not in self._said:
            against, pool = self._against, self._part.pool
            if nobody:
                gone = self._wave.held_after[pool.positions] >= pool.places
                against = np.where((against == 0) & gone, _FULL, against)
            counts = Counter({_VETO_NAMES[1]: len(self._wave.experts.ids) - len(pool.ids)})
            counts.update({_VETO_NAMES[code]: int(n) for code, n in enumerate(np.bincount(against)) if code and n})
            columns = np.flatnonzero((against > 0) & ~_LESS_HERE[against])[:_VETOED_NAMED].tolist()
            named = tuple((pool.ids[column], _VETO_NAMES[against[column]]) for column in columns)
            self._said[nobody] = named, dict(sorted((name, n) for name, n in counts.items() if n))
        return self._said[nobody]

    def _until(self, named: tuple[tuple[str, str], ...]) -> datetime | None:
        back = self._wave.experts.back
        return min((back[id] for id, reason in named if reason in _RETURN and id in back), default=None)


def reason_for(judged: Sequence[Judged], number: int) -> str:
    """Why nobody could be asked for a request of a wave, by its place in the order of service: `Decision.reason`."""
    for part in judged:
        for row in part.row[part.numbers == number]:
            # Who could have been asked and was not gave the last place to others.
            return _why_nobody({_VETO_NAMES[code or _FULL] for code in np.unique(part.against[row]).tolist()})
    return "no_theme"


def _why_nobody(reasons: Collection[str]) -> str:
    if not set(reasons) - NOT_COMPETENT:
        return "no_competence"
    return "no_capacity" if "full" in reasons else "all_vetoed"


def _with_co_experts(case: Case, decision: Decision, wave: _Wave) -> Decision:
    """For each further theme the best expert who is none of those found; their help takes no place."""
    if decision.chosen is None:
        return decision
    after = replace(wave.experts, held=wave.held_after)
    found: list[tuple[str, str | None]] = []
    for theme in sorted(set(case.further_themes) - {case.theme}):
        part = judge([replace(case, theme=theme, procedure=None, former=None)], after, wave.rules)[0]
        taken = {decision.chosen.expert, *(id for _, id in found)}
        free = [column for column in np.flatnonzero(part.eligible[0]) if part.pool.ids[column] not in taken]
        best = max(free, key=lambda column: (int(part.points[0, column]), -column), default=None)
        found.append((theme, None if best is None else part.pool.ids[best]))
    return replace(decision, co_experts=tuple(found))
