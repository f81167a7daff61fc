"""The optimal assignment of a wave, in two steps of minimal cost flow (OR-tools).

Who is served: of all sets that can be served together, the one that the order of service prefers, request by request.
These sets form a matroid, so the cheapest maximal flow with the places in the order of service as costs is that set.
By whom: of all ways to serve exactly this set, one of the greatest total score. A further request to the same expert
scores less with every one (fewer free places, more received), which are arcs of rising cost; that keeps it exact.

All numbers are whole, so equal scores are equal. Nodes stand in the order of service and of ids: the same inputs, in
whatever order they come, have the same result; in waves of ordinary size equal totals go to the smallest ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from services.routing.criteria import Experts
from services.routing.criteria.scores import SPREAD
from services.routing.criteria.tables import Ints, Mask
from services.routing.matching.judging import POINT, Judged

_FORMER = POINT + 1
"""Whoever knows the case goes on with it: worth more than every difference of scores."""
_MANY_ARCS = 50_000
_LARGEST = 2**62


class NotSolved(RuntimeError):
    """The solver refused; nothing is assigned."""


def solve(judged: Sequence[Judged], experts: Experts, weights: dict[str, float], waiting: int) -> Ints:
    """For each request of the wave, by its place in the order of service: the expert's position, or -1."""
    if waiting == 1:
        return np.array([_best(part, 0) if part.asks[0] else -1 for part in judged] or [-1], np.int64)
    served = _who(judged, experts, waiting)
    return _by_whom(judged, experts, weights, served)


def _best(part: Judged, row: int) -> int:
    """The expert of the greatest score for a request that is alone, the smallest id of equals; -1 for nobody."""
    former, eligible = part.former[row], np.flatnonzero(part.against[row] == 0)
    if former >= 0 and part.against[row, former] == 0:
        return int(part.pool.positions[former])
    return int(part.pool.positions[eligible[part.points[row, eligible].argmax()]]) if len(eligible) else -1


def _who(judged: Sequence[Judged], experts: Experts, waiting: int) -> Mask:
    """Which requests are served."""
    served = np.zeros(waiting, bool)
    plenty = True
    for part in judged:
        room = part.eligible @ part.pool.free
        served[part.numbers] = (room[part.row] > 0) & part.asks
        plenty = plenty and bool(((room == 0) | (room >= waiting)).all())
    # With room for the whole wave in front of each request nobody stands in another's way.
    return served if plenty or served.sum() < 2 else _best_set(judged, experts, served)


def _best_set(judged: Sequence[Judged], experts: Experts, asking: Mask) -> Mask:
    free, network = experts.free, _Network(len(experts.ids), int(asking.sum()))
    requests = []
    for part in judged:
        ask = np.flatnonzero(asking[part.numbers])
        # Whom one may ask is often the same, however different the scores.
        sets, kind = np.unique(np.packbits(part.eligible, axis=1)[part.row[ask]], axis=0, return_inverse=True)
        eligible = np.unpackbits(sets, axis=1, count=len(part.pool.ids)).astype(bool)
        group, column = np.nonzero(eligible)
        first = network.groups(len(sets))
        network.reach(first + group, part.pool.positions[column], free[part.pool.positions[column]], 0)
        requests.append((part.numbers[ask], first + kind.reshape(-1)))
    numbers = np.concatenate([known for known, _ in requests])
    arcs = network.enter(np.concatenate([group for _, group in requests]), numbers)
    network.leave(np.flatnonzero(free), free[free > 0], 0)
    served = np.zeros(len(asking), bool)
    served[numbers[network.flows(arcs) > 0]] = True
    return served


def _by_whom(judged: Sequence[Judged], experts: Experts, weights: dict[str, float], served: Mask) -> Ints:
    chosen, count = np.full(len(served), -1, np.int64), int(served.sum())
    if count == 0:
        return chosen
    if count == 1:
        for part in judged:
            for row in part.row[served[part.numbers]].tolist():
                chosen[served] = _best(part, row)
        return chosen
    found = [_pairs(part, served, experts.free) for part in judged]
    most = sum(len(pairs.value) for pairs in found)
    # Totals first, ids second, in one number: no sum of ids reaches one millionth of a score.
    unit = count * len(experts.ids) + 1 if most <= _MANY_ARCS else 1
    network = _Network(len(experts.ids), count)
    arcs, cases = [], []
    for pairs in found:
        first = network.groups(len(pairs.sizes))
        cost = pairs.expert * (unit > 1) - pairs.value * unit
        network.supply(first + np.arange(len(pairs.sizes)), pairs.sizes)
        arcs.append(network.reach(first + pairs.group, pairs.expert, pairs.most, cost))
        cases.append(pairs.numbers)
    network.leave(*_slots(experts, weights, count, np.unique(np.concatenate([p.expert for p in found])), unit))
    flows = network.flows(np.concatenate(arcs))
    if int(flows.sum()) != count:
        raise NotSolved("a set that can be served was not served")
    chosen[np.concatenate(cases)] = np.repeat(np.concatenate([pairs.expert for pairs in found]), flows)
    return chosen


@dataclass(frozen=True)
class _Pairs:
    """The served requests of one theme, row by row, and every expert who could be asked for a row."""

    numbers: Ints
    sizes: Ints
    group: Ints
    expert: Ints
    value: Ints
    most: Ints


def _pairs(part: Judged, served: Mask, free: Ints) -> _Pairs:
    cases = np.flatnonzero(served[part.numbers])
    rows, group, sizes = np.unique(part.row[cases], return_inverse=True, return_counts=True)
    numbers = part.numbers[cases][np.argsort(group, kind="stable")]
    eligible, former = part.eligible[rows], part.former[rows]
    value = part.points[rows]
    known = np.flatnonzero(former >= 0)
    value[known, former[known]] += _FORMER
    row, column = np.nonzero(eligible)
    expert = part.pool.positions[column]
    return _Pairs(numbers, sizes, row, expert, value[row, column], np.minimum(sizes[row], free[expert]))


def _slots(experts: Experts, weights: dict[str, float], count: int, asked: Ints, unit: int) -> tuple[Ints, Ints, Ints]:
    """Every place of these experts, of use to the wave, with what a request scores less for being the further one."""
    room = np.minimum(experts.free[asked], count)
    expert = np.repeat(asked, room)
    further = np.arange(len(expert)) - np.repeat(np.cumsum(room) - room, room)
    return expert, np.ones(len(expert), np.int64), spread_loss(experts, weights, expert, further) * unit


def spread_loss(experts: Experts, weights: dict[str, float], expert: Ints, further: Ints) -> Ints:
    """How many points a request loses that is the expert's first (0), second (1) ... of the same wave."""
    vectors = {name: getattr(experts, name)[expert] for name in ("places", "held", "recent")}
    each, loss = replace(experts, **vectors), np.zeros(len(expert))
    for name, score in SPREAD.items():
        loss += weights[name] * (score(each, 0) - score(each, further))
    return np.rint(loss * POINT).astype(np.int64)


class _Network:
    """Requests -> experts -> one sink."""

    def __init__(self, experts: int, units: int) -> None:
        self._solver = SimpleMinCostFlow()
        self._experts = experts
        self._units = units
        self._nodes = experts + 2
        self._largest = 0
        self._source = experts + 1

    def groups(self, count: int) -> int:
        """Adds nodes; returns the first."""
        first, self._nodes = self._nodes, self._nodes + count
        return first

    def supply(self, nodes: Ints, units: Ints) -> None:
        self._solver.set_nodes_supplies(nodes.astype(np.int32), units)

    def enter(self, nodes: Ints, costs: Ints) -> Ints:
        """One unit each from the source."""
        self._solver.set_node_supply(self._source, self._units)
        return self._arcs(np.full(len(nodes), self._source), nodes, np.ones(len(nodes), np.int64), costs)

    def reach(self, nodes: Ints, experts: Ints, most: Ints, costs: Ints | int) -> Ints:
        return self._arcs(nodes, experts, most, costs)

    def leave(self, experts: Ints, most: Ints, costs: Ints | int) -> None:
        self._arcs(experts, np.full(len(experts), self._experts), most, costs)

    def flows(self, arcs: Ints) -> Ints:
        """Solves; returns how much flows along these arcs."""
        if self._largest * (self._nodes + 1) >= _LARGEST:
            raise NotSolved(f"costs up to {self._largest} are too large for {self._nodes} nodes")
        self._solver.set_node_supply(self._experts, -self._units)
        status = self._solver.solve_max_flow_with_min_cost()
        if status != self._solver.OPTIMAL:
            raise NotSolved(str(status))
        return np.asarray(self._solver.flows(arcs), np.int64)

    def _arcs(self, tails: Ints, heads: Ints, most: Ints, costs: Ints | int) -> Ints:
        costs = np.broadcast_to(np.asarray(costs, np.int64), tails.shape)
        self._largest = max(self._largest, int(np.abs(costs).max(initial=0)))
        added = self._solver.add_arcs_with_capacity_and_unit_cost(
            tails.astype(np.int32), heads.astype(np.int32), most.astype(np.int64), np.ascontiguousarray(costs)
        )
        return np.asarray(added)
