"""The catalogue of routing criteria: pure functions over columns, one value for each expert.

A veto says who cannot be asked; a score, 0 to 1, how well somebody fits. To add a score: write the function, put it
into SCORES, give it a weight in `rules.toml` and words in `wording.py`. To add a veto: the same with VETOES, and
the same condition in `store.waiting.Waiting.eligible`, which finds waiting requests for an expert (a test compares).
"""

from collections.abc import Callable, Sequence
from functools import cache

from contracts.vocabulary import province
from services.routing.domain import Case, Expert

Veto = Callable[[Case, Sequence[Expert]], list[bool]]
Score = Callable[[Case, Sequence[Expert]], list[float]]

_BEST_LEVEL = 5
_EVERYWHERE, _NEAR = 0.75, 0.4
"""Whoever serves the whole region fits less than somebody of the place, and better than a neighbour."""


def theme_not_covered(case: Case, experts: Sequence[Expert]) -> list[bool]:
    """The expert does not work on the theme of the request."""
    return [case.theme not in expert.levels for expert in experts]


def kind_not_given(case: Case, experts: Sequence[Expert]) -> list[bool]:
    """The expert gives no help of this kind (technical or legal)."""
    return [case.kind not in expert.kinds for expert in experts]


def inactive(case: Case, experts: Sequence[Expert]) -> list[bool]:
    """The expert does not take part in the programme at present."""
    return [not expert.active for expert in experts]


def province_not_served(case: Case, experts: Sequence[Expert]) -> list[bool]:
    """The expert serves neither the province nor one beside it."""
    return [
        bool(expert.provinces) and case.province not in expert.provinces and case.province not in expert.near
        for expert in experts
    ]


def absent(case: Case, experts: Sequence[Expert]) -> list[bool]:
    """The expert is away."""
    return [not expert.present for expert in experts]


def refused_before(case: Case, experts: Sequence[Expert]) -> list[bool]:
    """The expert declined this request, did not answer in time, or gave it back."""
    return [expert.id in case.declined_by for expert in experts]


def full(case: Case, experts: Sequence[Expert]) -> list[bool]:
    """The expert holds as many requests as agreed."""
    return [expert.held >= expert.capacity for expert in experts]


def competence(case: Case, experts: Sequence[Expert]) -> list[float]:
    """The expert's level in the theme, 1 to 5."""
    return [expert.levels.get(case.theme or "", 0) / _BEST_LEVEL for expert in experts]


def procedure(case: Case, experts: Sequence[Expert]) -> list[float]:
    """Whether the expert knows the procedure in question; everybody does where none is named."""
    return [1.0 if case.procedure is None or case.procedure in expert.procedures else 0.0 for expert in experts]


def territory(case: Case, experts: Sequence[Expert]) -> list[float]:
    """The expert's own province, then the whole region, then a province beside."""
    return [
        1.0 if case.province in expert.provinces else _NEAR if expert.provinces else _EVERYWHERE for expert in experts
    ]


def availability(case: Case, experts: Sequence[Expert]) -> list[float]:
    """The share of the expert's places that is free."""
    return [expert.free / expert.capacity if expert.capacity else 0.0 for expert in experts]


VETOES: dict[str, Veto] = {
    "theme_not_covered": theme_not_covered,
    "kind_not_given": kind_not_given,
    "inactive": inactive,
    "province_not_served": province_not_served,
    "absent": absent,
    "refused_before": refused_before,
    "full": full,
}
"""In this order: an expert is told apart by the first veto, so `full` means that only a place is missing."""

NOT_COMPETENT = frozenset({"theme_not_covered", "kind_not_given", "inactive"})

SCORES: dict[str, Score] = {
    "competence": competence,
    "procedure": procedure,
    "territory": territory,
    "availability": availability,
}


@cache
def near(provinces: frozenset[str]) -> frozenset[str]:
    """The provinces that touch one of these and are none of them."""
    found = [province(sigla) for sigla in provinces]
    return frozenset(sigla for item in found if item for sigla in item.neighbours) - provinces
