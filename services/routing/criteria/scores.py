"""Scores: how well somebody fits, 0 to 1. Each gives a matrix, one row a request and one column an expert; where all
requests are the same to it, one row stands for all of them.
"""

from collections.abc import Callable

import numpy as np

from services.routing.criteria.columns import Experts, Requests
from services.routing.criteria.tables import Floats, Ints

Score = Callable[[Requests, Experts], Floats]

_BEST_LEVEL = 5
_SAME_CASE, _SAME_BODY, _SAME_PROCEDURE = 1.0, 0.7, 0.4


def competence(requests: Requests, experts: Experts) -> Floats:
    """The expert's level in the theme, 1 to 5."""
    return experts.tables.level[requests.theme] / _BEST_LEVEL


def procedure(requests: Requests, experts: Experts) -> Floats:
    """The expert's level in the procedure in question; everybody has the best where none is named."""
    level = experts.tables.procedure_level[requests.procedure] / _BEST_LEVEL
    return np.where(requests.names_procedure[:, None], level, 1.0)


def territory(requests: Requests, experts: Experts) -> Floats:
    """The expert's own province, then another that they serve, then the whole region, then a province beside."""
    return experts.tables.closeness[requests.province]


def availability(requests: Requests, experts: Experts) -> Floats:
    """The share of the expert's places that is free."""
    return places_left(experts, 0)[None, :]


def continuity(requests: Requests, experts: Experts) -> Floats:
    """Whether the expert has worked for this body, on the same procedure, or both."""
    known, found = experts.worked, np.zeros((len(requests.cases), len(experts.ids)))
    for row, case in enumerate(requests.cases):
        for key, value in (
            (case.procedure or "", _SAME_PROCEDURE),
            (case.body or "", _SAME_BODY),
            (f"{case.body}/{case.procedure}", _SAME_CASE),
        ):
            for column in (experts.index.get(id) for id in known.get(key, ())):
                if column is not None:
                    found[row, column] = value
    return found


def fairness(requests: Requests, experts: Experts) -> Floats:
    """How few requests the expert received in the last 30 days, compared with the places agreed."""
    return received_share(experts, 0)[None, :]


def places_left(experts: Experts, more: Ints | int) -> Floats:
    """The share of free places once so `more` requests are taken."""
    left = np.maximum(experts.places - experts.held - more, 0)
    return np.asarray(left / np.maximum(experts.places, 1), np.float64)


def received_share(experts: Experts, more: Ints | int) -> Floats:
    """1 for nothing received, a half for as many as there are places, never 0: once so `more` are received."""
    places = np.maximum(experts.places, 1)
    return np.asarray(places / (places + experts.recent + more), np.float64)


SCORES: dict[str, Score] = {
    "competence": competence,
    "procedure": procedure,
    "territory": territory,
    "availability": availability,
    "continuity": continuity,
    "fairness": fairness,
}

SPREAD: dict[str, Callable[[Experts, Ints | int], Floats]] = {
    "availability": places_left,
    "fairness": received_share,
}
"""Scores that fall with every further request an expert takes in the same wave. They must never rise with it: the
optimal solver counts on it."""
