"""Matching: who of the waiting is asked of whom. Pure and deterministic.

Urgency and age decide who is served first, the score decides by whom; equals are decided by id. Greedy over the
waiting set at this stage: an optimal solver replaces the body of `decide`, its signature stays.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.routing.criteria import NOT_COMPETENT, SCORES, VETOES
from services.routing.domain import Case, Expert
from services.routing.rules import Rules

_RUNNERS_UP = 5
_VETOED_NAMED = 50
"""Of thousands of vetoed candidates the first are named and the rest counted: a decision stays a small document."""


@dataclass(frozen=True)
class Candidate:
    """An expert who could be asked: the score, 0 to 1, and what each criterion contributes."""

    expert: str
    score: float
    shares: dict[str, float]


@dataclass(frozen=True)
class Decision:
    """What was decided about one request, and why. `reason` is set when nobody can be asked."""

    case: str
    rules_version: str
    chosen: Candidate | None = None
    former: bool = False
    reason: str | None = None
    refused: bool = False
    runners_up: tuple[Candidate, ...] = ()
    vetoed: tuple[tuple[str, str], ...] = ()
    vetoed_counts: dict[str, int] = field(default_factory=dict)


def decide(waiting: Iterable[Case], experts: Sequence[Expert], rules: Rules) -> list[Decision]:
    """One decision for each waiting request, in the order of service. Places taken here are counted in `held`."""
    by_id = {expert.id: expert for expert in experts}
    by_theme: dict[str, list[Expert]] = {}
    for expert in sorted(experts, key=lambda expert: expert.id):
        for theme in expert.levels:
            by_theme.setdefault(theme, []).append(expert)
    decisions = []
    for case in sorted(waiting, key=lambda case: (case.precedence, case.id)):
        decision = _decide_one(case, by_theme.get(case.theme or "", []), rules)
        decisions.append(decision)
        if decision.chosen:
            by_id[decision.chosen.expert].held += 1
    return decisions


def weigh(case: Case, experts: Sequence[Expert], rules: Rules) -> list[Candidate]:
    """The best scores, vetoes not looked at; the case's former expert is always among them."""
    columns = {name: SCORES[name](case, experts) for name in rules.weights}
    sums = [0.0] * len(experts)
    for name, column in columns.items():
        weight = rules.weights[name]
        sums = [known + weight * value for known, value in zip(sums, column, strict=True)]
    totals = [round(total, 6) for total in sums]
    ranked = sorted(range(len(experts)), key=lambda row: (-totals[row], experts[row].id))
    kept = ranked[: _RUNNERS_UP + 1] + [row for row in ranked[_RUNNERS_UP + 1 :] if experts[row].id == case.former]
    return [
        Candidate(
            experts[row].id, totals[row], {name: round(rules.weights[name] * columns[name][row], 6) for name in columns}
        )
        for row in kept
    ]


def vetoes(case: Case, experts: Sequence[Expert]) -> dict[str, str]:
    """Expert -> the first veto that speaks against them; without those who could be asked."""
    found: dict[str, str] = {}
    left = list(experts)
    for name, veto in VETOES.items():
        against = veto(case, left)
        if any(against):
            found.update((expert.id, name) for expert, vetoed in zip(left, against, strict=True) if vetoed)
            left = [expert for expert, vetoed in zip(left, against, strict=True) if not vetoed]
    return found


def _decide_one(case: Case, experts: Sequence[Expert], rules: Rules) -> Decision:
    if case.theme is None:
        return Decision(case.id, rules.version, reason="no_theme")
    against = vetoes(case, experts)
    counts = dict(sorted(Counter(against.values()).items()))
    named = tuple(item for item in sorted(against.items()) if item[1] not in NOT_COMPETENT)[:_VETOED_NAMED]
    refused = len(case.declined_by) >= rules.most_refusals
    ranked = weigh(case, [expert for expert in experts if expert.id not in against], rules)
    if refused or not ranked:
        reason = "all_vetoed" if refused else _why_nobody(counts)
        runners_up = tuple(ranked[:_RUNNERS_UP])
        return Decision(case.id, rules.version, None, False, reason, refused, runners_up, named, counts)
    # Whoever knows the case goes on with it.
    former = next((candidate for candidate in ranked if candidate.expert == case.former), None)
    chosen = former or ranked[0]
    runners_up = tuple(candidate for candidate in ranked if candidate is not chosen)[:_RUNNERS_UP]
    return Decision(case.id, rules.version, chosen, former is not None, None, False, runners_up, named, counts)


def _why_nobody(counts: dict[str, int]) -> str:
    if not counts.keys() - NOT_COMPETENT:
        return "no_competence"
    return "no_capacity" if "full" in counts else "all_vetoed"
