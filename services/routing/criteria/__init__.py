"""The catalogue of routing criteria: pure functions over columns, one row a request and one column an expert.

A veto says who cannot be asked; a score, 0 to 1, how well somebody fits; the order of service says who is served first.
To add a score: write the function in `scores.py`, put it into SCORES, give it a weight in `rules.yaml` and words in
`wording.py`. To add a veto: the same with `vetoes.py` and VETOES; if it depends on the request, the same condition in
`store.waiting.Waiting.eligible`, which finds waiting requests for an expert (a test compares the two).
What either reads of a request stands in `matching.judging.alike`, for requests equal there are judged once; and a veto
that frees whoever names more reads only what `simulation.queue` keeps lines by (`tests/routing/test_alike.py` fails).
"""

from services.routing.criteria.columns import Experts, Requests
from services.routing.criteria.scores import SCORES, places_left
from services.routing.criteria.service import ORDER, days_ahead
from services.routing.criteria.territory import near, served
from services.routing.criteria.vetoes import NOT_COMPETENT, VETOES

__all__ = [
    "NOT_COMPETENT",
    "ORDER",
    "SCORES",
    "VETOES",
    "Experts",
    "Requests",
    "days_ahead",
    "near",
    "places_left",
    "served",
]
