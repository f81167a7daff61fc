"""Matching: who of the waiting is asked of whom. Pure and deterministic.

Urgency and age decide who is served, the score decides by whom: `judging` weighs every pair, `flow` finds the best
assignment of the whole wave, `reasons` says why. For simulations call `decide` with other rules or experts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.routing.criteria import Experts
from services.routing.criteria.tables import Ints
from services.routing.domain import Case, Expert
from services.routing.matching.decisions import Candidate, Decision
from services.routing.matching.flow import NotSolved, solve
from services.routing.matching.judging import Judged, judge
from services.routing.matching.reasons import decisions_of, vetoes, weigh
from services.routing.rules.model import Rules

__all__ = ["Candidate", "Decision", "NotSolved", "Plan", "decide", "explained", "in_order", "plan", "vetoes", "weigh"]


@dataclass(frozen=True)
class Plan:
    """A wave in the order of service, and the position of each one's expert, -1 for nobody."""

    waiting: tuple[Case, ...]
    chosen: Ints
    judged: tuple[Judged, ...] = ()
    """Empty when the wave was solved in another process: judged again, part by part, when it is explained."""


def in_order(waiting: Iterable[Case]) -> tuple[Case, ...]:
    """The order of service; equals are told apart by id."""
    return tuple(sorted(waiting, key=lambda case: (case.precedence, case.id)))


def plan(waiting: Iterable[Case], experts: Experts, rules: Rules) -> Plan:
    """The best assignment. Raises NotSolved."""
    cases = in_order(waiting)
    judged = judge(cases, experts, rules)
    return Plan(cases, solve(judged, experts, rules.weights_of(None), len(cases)), tuple(judged))


def explained(made: Plan, experts: Experts, rules: Rules, first: int = 0, count: int | None = None) -> list[Decision]:
    """The decisions of a plan, or of a part of it, with their reasons. `experts` as they were before the wave."""
    last = len(made.waiting) if count is None else min(first + count, len(made.waiting))
    if made.judged and (first, last) == (0, len(made.waiting)):
        return decisions_of(made.waiting, made.chosen, made.judged, experts, rules, made.chosen, first)
    part = made.waiting[first:last]
    return decisions_of(part, made.chosen[first:last], judge(part, experts, rules), experts, rules, made.chosen, first)


def decide(waiting: Iterable[Case], experts: Sequence[Expert], rules: Rules) -> list[Decision]:
    """One decision for each waiting request, in the order of service. Places taken here are counted in `held`."""
    columns = Experts.of(experts)
    made = plan(waiting, columns, rules)
    decisions = explained(made, columns, rules)
    by_id = {expert.id: expert for expert in experts}
    for position in made.chosen[made.chosen >= 0]:
        by_id[columns.ids[position]].held += 1
    return decisions
