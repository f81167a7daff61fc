"""Matching, pure: vetoes, scores, order of service, and what a decision tells."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.criteria import SCORES, VETOES
from services.routing.domain import Case, Expert
from services.routing.matching import decide, vetoes
from services.routing.rules import load_rules
from services.routing.wording import CRITERION, VETO

RULES = load_rules()
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


def case(id: str = "c1", age: int = 0, **changes: Any) -> Case:
    facts: dict[str, Any] = {"theme": "waste-management", "procedure": None, "kind": "technical", "province": "VA"}
    return Case(id=id, precedence=START - timedelta(hours=age), **(facts | changes))


def expert(id: str = "e1", **changes: Any) -> Expert:
    facts: dict[str, Any] = {"levels": {"waste-management": 3}, "kinds": frozenset({"technical"}), "capacity": 5}
    return Expert(id=id, **(facts | changes))


VETOED: dict[str, dict[str, Any]] = {
    "theme_not_covered": {"levels": {"energy": 5}},
    "kind_not_given": {"kinds": frozenset({"legal"})},
    "inactive": {"active": False},
    "procedure_not_covered": {"procedures": {"centro-raccolta": 5}},
    "contract_over": {"in_contract": False},
    "conflict_of_interest": {"conflicts": frozenset({"012133"})},
    "province_not_served": {"provinces": frozenset({"MN"})},
    "absent": {"present": False},
    "refused_before": {"id": "refuser"},
    "pinned_to_another": {"id": "another"},
    "full": {"held": 5},
    "no_places": {"capacity": 0},
}


@pytest.mark.parametrize("veto", VETOES)
def test_each_veto_keeps_an_expert_from_being_asked(veto: str) -> None:
    pin = {"pinned_to": "free"} if veto == "pinned_to_another" else {}
    waiting = case(declined_by=frozenset({"refuser"}), body="012133", procedure="end-of-waste", **pin)
    vetoed = expert(**VETOED[veto])

    assert vetoes(waiting, [vetoed, expert("free")]) == {vetoed.id: veto}
    assert decide([waiting], [vetoed], RULES)[0].chosen is None


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"levels": {"waste-management": 2}}, {"levels": {"waste-management": 5}}),
        ({"held": 4}, {"held": 1}),
        ({"provinces": frozenset({"CO"})}, {"provinces": frozenset({"VA"})}),
        ({"provinces": frozenset({"CO"})}, {}),
        ({}, {"provinces": frozenset({"VA"})}),
    ],
)
def test_the_better_fitting_expert_is_asked(worse: dict[str, Any], better: dict[str, Any]) -> None:
    decision = decide([case()], [expert("a", **worse), expert("b", **better)], RULES)[0]

    assert decision.chosen is not None
    assert decision.chosen.expert == "b"
    assert [candidate.expert for candidate in decision.runners_up] == ["a"]


def test_whoever_knows_the_procedure_is_preferred() -> None:
    waiting = case(procedure="paur")

    chosen = decide([waiting], [expert("a"), expert("b", procedures={"paur": 4})], RULES)[0].chosen

    assert chosen
    assert chosen.expert == "b"


def test_equal_experts_are_told_apart_by_id_whatever_their_order() -> None:
    orders = ["abc", "cba", "bac"]

    decisions = [decide([case()], [expert(id) for id in order], RULES)[0] for order in orders]

    assert [decision.chosen and decision.chosen.expert for decision in decisions] == ["a"] * 3


def test_the_last_place_goes_to_the_oldest() -> None:
    waiting = [case("young", 1), case("old", 9), case("middle", 5)]

    decisions = decide(waiting, [expert(capacity=2, held=1)], RULES)

    assert [(decision.case, decision.reason) for decision in decisions] == [
        ("old", None), ("middle", "no_capacity"), ("young", "no_capacity"),
    ]  # fmt: skip


def test_the_former_expert_goes_on_even_if_another_fits_better() -> None:
    decision = decide([case(former="b")], [expert("a", levels={"waste-management": 5}), expert("b")], RULES)[0]

    assert decision.former
    assert decision.chosen is not None
    assert decision.chosen.expert == "b"


def test_a_former_expert_who_is_away_is_replaced() -> None:
    decision = decide([case(former="b")], [expert("a"), expert("b", present=False)], RULES)[0]

    assert not decision.former
    assert decision.chosen is not None
    assert decision.chosen.expert == "a"


@pytest.mark.parametrize(
    ("waiting", "people", "reason"),
    [
        (case(theme=None), [expert()], "no_theme"),
        (case(), [], "no_competence"),
        (case(), [expert(active=False), expert("e2", kinds=frozenset({"legal"}))], "no_competence"),
        (case(), [expert(held=5), expert("e2", present=False)], "no_capacity"),
        (case(), [expert(present=False)], "all_vetoed"),
        (case(), [expert(capacity=0), expert("e2", present=False), expert("e3", in_contract=False)], "all_vetoed"),
        (case(), [expert(hours=0.5), expert("e2", present=False)], "all_vetoed"),
        (case(declined_by=frozenset("abcd")), [expert()], "all_vetoed"),
    ],
)
def test_why_nobody_can_be_asked_is_said(waiting: Case, people: list[Expert], reason: str) -> None:
    assert decide([waiting], people, RULES)[0].reason == reason


def test_the_shares_of_the_criteria_make_up_the_score() -> None:
    chosen = decide([case()], [expert(provinces=frozenset({"VA"}))], RULES)[0].chosen

    assert chosen is not None
    assert chosen.shares.keys() == SCORES.keys()
    assert chosen.score == pytest.approx(sum(chosen.shares.values()))
    assert chosen.shares["competence"] == pytest.approx(RULES.weights["competence"] * 3 / 5)


def test_of_many_vetoed_some_are_named_and_all_are_counted() -> None:
    decision = decide([case()], [expert(f"e{n:03}", held=5) for n in range(120)], RULES)[0]

    assert len(decision.vetoed) == 50
    assert decision.vetoed_counts == {"full": 120}


def test_every_veto_and_criterion_has_words_and_a_weight() -> None:
    assert VETO.keys() == VETOES.keys()
    assert CRITERION.keys() == SCORES.keys() == RULES.weights.keys()


@given(
    ages=st.lists(st.integers(0, 50), max_size=12),
    capacities=st.lists(st.integers(0, 3), max_size=5),
    seed=st.randoms(use_true_random=False),
)
def test_places_are_never_exceeded_and_the_order_of_the_input_does_not_matter(ages, capacities, seed) -> None:
    waiting = [case(f"c{number}", age) for number, age in enumerate(ages)]

    def people() -> list[Expert]:
        return [expert(f"e{number}", capacity=capacity) for number, capacity in enumerate(capacities)]

    shuffled, others = waiting[:], people()
    seed.shuffle(shuffled)
    seed.shuffle(others)
    decisions = decide(waiting, people(), RULES)

    served = [decision for decision in decisions if decision.chosen]
    assert decide(shuffled, others, RULES) == decisions
    assert all(one.held <= one.capacity for one in others)
    assert len(served) == min(len(waiting), sum(capacities))
    assert served == decisions[: len(served)]
