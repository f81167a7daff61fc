"""The optimum, and what greedy reaches, by other means than the product's: one column a place, the Hungarian method.

Who is served is found by augmenting paths in the order of service; by whom, by scipy, which shares no code with
OR-tools. The objective is written down anew: the score of each pair at the beginning of the wave, less what an
expert's further requests lose, and a bonus for whoever had the request before.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from services.routing.criteria import Experts
from services.routing.domain import Case, Expert
from services.routing.matching.judging import judge
from services.routing.rules import Rules

Points = npt.NDArray[np.int64]
_FORMER = 1_000_001


def matrix(cases: Sequence[Case], experts: Sequence[Expert], rules: Rules) -> tuple[Points, list[int]]:
    """Points of each request (in the order of service) and each single place, -1 where it is forbidden; its expert."""
    columns = Experts.of(experts)
    ordered = sorted(cases, key=lambda case: (case.precedence, case.id))
    pairs = np.full((len(ordered), len(columns.ids)), -1, np.int64)
    for part in judge(ordered, columns, rules):
        for row, (number, case) in enumerate(zip(part.numbers, part.cases, strict=True)):
            for column, position in enumerate(part.pool.positions):
                if part.asks[row] and part.against[part.row[row], column] == 0:
                    bonus = _FORMER if case.former == columns.ids[position] else 0
                    pairs[number, position] = part.points[part.row[row], column] + bonus
    people = sorted(experts, key=lambda expert: expert.id)
    places = [(column, further) for column, one in enumerate(people) for further in range(one.free)]
    slots = np.full((len(ordered), len(places)), -1, np.int64)
    for slot, (column, further) in enumerate(places):
        allowed = pairs[:, column] >= 0
        slots[allowed, slot] = pairs[allowed, column] - _loss(people[column], further, rules)
    return slots, [column for column, _ in places]


def _loss(expert: Expert, further: int, rules: Rules) -> int:
    free = rules.weights["availability"] * (further / expert.places)
    now, then = (expert.places / (expert.places + expert.recent + more) for more in (0, further))
    return round((free + rules.weights["fairness"] * (now - then)) * 1_000_000)


def served_in_order(allowed: npt.NDArray[np.bool_]) -> list[int]:
    """The rows that are served when the first come first, others making way for them where they can."""
    taken: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for slot in map(int, np.flatnonzero(allowed[row])):
            if slot not in tried:
                tried.add(slot)
                if slot not in taken or place(taken[slot], tried):
                    taken[slot] = row
                    return True
        return False

    return [row for row in range(len(allowed)) if place(row, set())]


def optimum(slots: Points) -> tuple[list[int], int]:
    """Who is served, and the greatest total of points for serving exactly these."""
    rows = served_in_order(slots >= 0)
    if not rows:
        return [], 0
    value = slots[rows].astype(float)
    chosen = linear_sum_assignment(np.where(value < 0, -1e12, value), maximize=True)
    return rows, int(value[chosen].sum())


def greedy(slots: Points, owners: Sequence[int]) -> int:
    """Total of points when each in turn takes the best place that is left."""
    left, total = slots.copy(), 0
    for row in range(len(left)):
        slot = int(np.argmax(left[row])) if left.shape[1] else -1
        if slot >= 0 and left[row, slot] >= 0:
            total += int(left[row, slot])
            left[:, slot] = -1
    return total
