"""The matching is optimal: compared with brute force, with another solver, and with its own promises."""

from collections import Counter
from datetime import timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.criteria import VETOES, Experts
from services.routing.domain import Case, Expert
from services.routing.matching import decide, flow, plan, vetoes
from services.routing.matching.flow import NotSolved
from services.routing.matching.judging import judge
from services.routing.rules import load_rules
from tests.bench.routing.independent import matrix, optimum
from tests.bench.routing.instances import START, instance

RULES = load_rules()
SEEDS = st.integers(0, 10**9)


def total(cases: list[Case], experts: list[Expert]) -> tuple[list[int], int]:
    """Who is served, and the points of the product's matching, counted on the independent matrix."""
    made = plan(cases, Experts.of(experts), RULES)
    slots, owners = matrix(cases, experts, RULES)
    used: Counter[int] = Counter()
    points = 0
    for row, column in enumerate(made.chosen):
        if column >= 0:
            slot = owners.index(int(column)) + used[int(column)]
            used[int(column)] += 1
            assert owners[slot] == column
            assert slots[row, slot] >= 0
            points += int(slots[row, slot])
    return [int(row) for row in np.flatnonzero(made.chosen >= 0)], points


@given(seed=SEEDS, requests=st.integers(0, 4), experts=st.integers(1, 4), places=st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_no_other_assignment_is_better_by_brute_force(seed, requests, experts, places) -> None:
    cases, people = instance(seed, requests, experts, places)
    slots, _ = matrix(cases, people, RULES)
    best = (tuple[bool, ...](), 0)
    for choice in product(range(-1, slots.shape[1]), repeat=requests):
        taken = [slot for slot in choice if slot >= 0]
        fits = all(slot < 0 or slots[row, slot] >= 0 for row, slot in enumerate(choice))
        if fits and len(taken) == len(set(taken)):
            points = sum(int(slots[row, slot]) for row, slot in enumerate(choice) if slot >= 0)
            best = max(best, (tuple(slot >= 0 for slot in choice), points))

    served, points = total(cases, people)

    assert (tuple(row in served for row in range(requests)), points) == best


@given(seed=SEEDS, requests=st.integers(1, 60), experts=st.integers(1, 15), places=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_another_solver_finds_the_same_total_for_the_same_requests(seed, requests, experts, places) -> None:
    cases, people = instance(seed, requests, experts, places)

    assert total(cases, people) == optimum(matrix(cases, people, RULES)[0])


@given(seed=SEEDS, requests=st.integers(1, 40), experts=st.integers(1, 12), chance=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_promises_of_a_wave_hold_for_every_instance(seed, requests, experts, chance) -> None:
    cases, people = instance(seed, requests, experts, 3)
    shuffled, same_people = instance(seed, requests, experts, 3)
    chance.shuffle(shuffled)
    chance.shuffle(same_people)

    decisions = decide(cases, people, RULES)

    by_id = {case.id: case for case in cases}
    assert decide(shuffled, same_people, RULES) == decisions
    assert Counter(decision.case for decision in decisions) == Counter(list(by_id))
    assert all(expert.held <= expert.places for expert in people)
    for decision in decisions:
        assert bool(decision.chosen) != bool(decision.reason)
        if decision.chosen:
            fresh = [
                expert for expert in instance(seed, requests, experts, 3)[1] if expert.id == decision.chosen.expert
            ]
            assert vetoes(by_id[decision.case], fresh) == {}
            assert decision.chosen.score == pytest.approx(sum(decision.chosen.shares.values()), abs=1e-5)
        elif not decision.refused:
            # Nobody who could help has a place left: a request never waits beside somebody with time for it.
            assert not [one for one in people if not vetoes(by_id[decision.case], [one])]


@given(seed=SEEDS, experts=st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_a_wave_of_one_gives_what_the_solver_would_give(seed, experts) -> None:
    cases, people = instance(seed, 1, experts)
    columns = Experts.of(people)
    judged = judge(cases, columns, RULES)
    chosen = int(plan(cases, columns, RULES).chosen[0])

    served = np.array([True])
    network = flow._Network(len(people), 1)
    pairs = flow._pairs(judged[0], served, columns.free)
    if len(pairs.expert) == 0:
        assert chosen == -1
        return
    unit = len(people) + 1
    first = network.groups(1)
    network.supply(first + np.arange(1), pairs.sizes)
    arcs = network.reach(first + pairs.group, pairs.expert, pairs.most, pairs.expert - pairs.value * unit)
    network.leave(*flow._slots(columns, RULES.weights_of(None), 1, np.unique(pairs.expert), unit))

    assert [chosen] == pairs.expert[network.flows(arcs) > 0].tolist()


def equals(count: int, capacity: int) -> list[Expert]:
    return [
        Expert(id=f"e{n}", levels={"waste-management": 3}, kinds=frozenset({"legal"}), capacity=capacity)
        for n in range(count)
    ]


def asking(id: str, **changes: Any) -> Case:
    facts: dict[str, Any] = {"theme": "waste-management", "procedure": None, "kind": "legal", "province": "VA"}
    return Case(id=id, precedence=START, **(facts | changes))


@given(waves=st.lists(st.integers(1, 9), max_size=8), count=st.integers(2, 5), chance=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_equals_receive_equally_many_and_nobody_much_more_in_a_month(waves, count, chance) -> None:
    capacity, number = 4, 0
    people = equals(count, capacity)
    given_back = chance.random() < 0.5
    # What one more free place may weigh against requests received: the bound follows from the two weights.
    ratio = RULES.weights["availability"] / RULES.weights["fairness"]
    for size in waves:
        wave = [asking(f"c{number + more}") for more in range(size)]
        number += size
        for decision in decide(wave, people, RULES):
            if decision.chosen:
                next(one for one in people if one.id == decision.chosen.expert).recent += 1
        received = [one.recent for one in people]
        if given_back:
            for one in people:
                one.held -= chance.randint(0, one.held)
            share = [capacity / (capacity + max(n - 1, 0)) for n in received]
            assert capacity / (capacity + min(received)) - min(share) <= ratio + 1e-6
        else:
            assert max(received) - min(received) <= 1


def test_an_older_request_is_never_left_out_for_a_better_match() -> None:
    expert = Expert("only", {"waste-management": 5}, frozenset({"legal"}), 1, provinces=frozenset({"VA"}))
    old = asking("old", province="CO")
    young = Case("young", "waste-management", None, "legal", "VA", START + timedelta(seconds=1))

    decisions = decide([young, old], [expert], RULES)

    assert [(decision.case, bool(decision.chosen)) for decision in decisions] == [("old", True), ("young", False)]


def test_an_expert_makes_way_so_that_both_are_served() -> None:
    both = Expert("both", {"waste-management": 5, "site-remediation": 1}, frozenset({"legal"}), 1)
    one = Expert("one", {"waste-management": 1}, frozenset({"legal"}), 1)
    first, second = asking("first"), asking("second", theme="site-remediation")

    chosen = [decision.chosen and decision.chosen.expert for decision in decide([first, second], [both, one], RULES)]

    assert chosen == ["one", "both"]


def test_costs_that_could_overflow_are_refused_and_the_largest_wave_is_far_from_it() -> None:
    network = flow._Network(1, 1)
    network.leave(np.array([0]), np.array([1]), np.array([2**61]))
    with pytest.raises(NotSolved, match="too large"):
        network.flows(np.array([0]))

    requests, experts, largest = 10_000, 1_000, 2 * flow._FORMER
    assert largest * (requests * experts + 1) * (requests + experts + 3) < flow._LARGEST


def test_further_themes_get_co_experts_who_lead_nothing_by_it() -> None:
    lead = Expert("lead", {"waste-management": 5, "site-remediation": 5}, frozenset({"legal"}), 1)
    better = Expert("better", {"site-remediation": 4}, frozenset({"legal"}), 1)
    conflict = Expert("conflict", {"site-remediation": 5}, frozenset({"legal"}), 1, conflicts=frozenset({"b"}))
    case = asking("c", further_themes=("site-remediation", "renewable-energy"), body="b")

    decision = decide([case], [lead, better, conflict], RULES)[0]

    assert decision.chosen
    assert decision.chosen.expert == "lead"
    assert decision.co_experts == (("renewable-energy", None), ("site-remediation", "better"))
    assert better.held == 0


def test_the_catalogue_of_vetoes_ends_with_places() -> None:
    assert list(VETOES)[-1] == "full"


def test_a_theme_that_does_not_weigh_free_places_loses_nothing_by_a_further_request() -> None:
    own = {"competence": 0.9, "procedure": 0.1, "territory": 0, "availability": 0, "continuity": 0, "fairness": 0}
    rules = RULES.model_copy(update={"themes": {"waste-management": own}})

    decisions = decide([asking("a"), asking("b")], equals(1, 2), rules)

    chosen = [decision.chosen for decision in decisions]
    assert [one.shares["availability"] if one else None for one in chosen] == [0, 0]
    assert chosen[0] and chosen[1] and chosen[0].score == chosen[1].score
