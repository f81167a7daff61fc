"""Vetoes: who cannot be asked, and why. Each gives a mask, one row a request and one column an expert; where all
requests are the same to it, one row stands for all of them.
"""

from collections.abc import Callable

import numpy as np

from services.routing.criteria.columns import Experts, Requests
from services.routing.criteria.tables import Mask

Veto = Callable[[Requests, Experts], Mask]


def theme_not_covered(requests: Requests, experts: Experts) -> Mask:
    """The expert does not work on the theme of the request."""
    return np.asarray(experts.tables.level[requests.theme] == 0)


def procedure_not_covered(requests: Requests, experts: Experts) -> Mask:
    """The expert names the procedures of this theme that they know, and this one is not among them."""
    narrowed = experts.tables.names_procedures[requests.theme]
    unknown = experts.tables.procedure_level[requests.procedure] == 0
    return np.asarray(narrowed & unknown & requests.names_procedure[:, None])


def kind_not_given(requests: Requests, experts: Experts) -> Mask:
    """The expert gives no help of this kind (technical or legal)."""
    return ~experts.tables.gives[requests.kind]


def inactive(requests: Requests, experts: Experts) -> Mask:
    """The expert does not take part in the programme at present."""
    return ~experts.active[None, :]


def contract_over(requests: Requests, experts: Experts) -> Mask:
    """Contract or role have not begun, or end before an answer would be due."""
    return ~experts.in_contract[None, :]


def province_not_served(requests: Requests, experts: Experts) -> Mask:
    """The expert serves neither the province nor one beside it."""
    return np.asarray(experts.tables.closeness[requests.province] == 0.0)


def conflict_of_interest(requests: Requests, experts: Experts) -> Mask:
    """The expert declared a conflict of interest with the body, or with a company that the request concerns."""
    known = experts.conflicts
    named = ((case.body or "", *case.companies) for case in requests.cases)
    return requests.marked(experts, ([id for key in keys for id in known.get(key, ())] for keys in named))


def absent(requests: Requests, experts: Experts) -> Mask:
    """The expert is away now, or will be when the answer is due."""
    return ~experts.present[None, :]


def refused_before(requests: Requests, experts: Experts) -> Mask:
    """The expert declined this request, did not answer in time, or gave it back."""
    return requests.marked(experts, (case.declined_by for case in requests.cases))


def pinned_to_another(requests: Requests, experts: Experts) -> Mask:
    """A coordinator keeps the request for one expert; this is another."""
    pinned = np.array([case.pinned_to is not None for case in requests.cases], bool)
    if not pinned.any():
        return np.zeros((1, len(experts.ids)), bool)
    kept_for = requests.marked(experts, ([case.pinned_to] if case.pinned_to else [] for case in requests.cases))
    return np.asarray(pinned[:, None] & ~kept_for)


def no_places(requests: Requests, experts: Experts) -> Mask:
    """No place was agreed with the expert, or none fits into the hours: no request that ends frees one."""
    return np.asarray(experts.places == 0)[None, :]


def full(requests: Requests, experts: Experts) -> Mask:
    """The expert holds as many requests as agreed, or as fit into the agreed hours."""
    return np.asarray(experts.held >= experts.places)[None, :]


VETOES: dict[str, Veto] = {
    "theme_not_covered": theme_not_covered,
    "procedure_not_covered": procedure_not_covered,
    "kind_not_given": kind_not_given,
    "inactive": inactive,
    "contract_over": contract_over,
    "province_not_served": province_not_served,
    "conflict_of_interest": conflict_of_interest,
    "absent": absent,
    "refused_before": refused_before,
    "pinned_to_another": pinned_to_another,
    "no_places": no_places,
    "full": full,
}
"""In this order: an expert is told apart by the first veto, so `full` means that only a place is missing."""

NOT_COMPETENT = frozenset({"theme_not_covered", "procedure_not_covered", "kind_not_given", "inactive"})
"""Whoever is vetoed by one of these is counted and not named: they are no experts for such a request."""
