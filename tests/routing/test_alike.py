"""Requests that share a row, or wait in one line, are the same to every criterion: whatever a new one reads."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.criteria import SCORES, VETOES, Experts, Requests
from services.routing.domain import Case, Expert
from services.routing.handlers.experts import worked_keys
from services.routing.matching.judging import alike
from services.routing.simulation.queue import plain
from tests.routing.playing import START, THEMES

NAMES = ("anna", "bruno")
VALUES: dict[str, tuple[Any, ...]] = {
    "id": ("1", "2"),
    "theme": THEMES[:2],
    "procedure": (None, "via", "paur"),
    "kind": ("technical", "legal"),
    "province": ("VA", "MN"),
    "precedence": (START, START + timedelta(days=40)),
    "declined_by": (frozenset(), frozenset({"anna"}), frozenset(NAMES)),
    "former": (None, *NAMES),
    "body": (None, "b1", "b2", "b3"),
    "companies": ((), ("c2",), ("c1", "c2"), ("c1",)),
    "further_themes": ((), (THEMES[1],)),
    "urgent": (False, True),
    "received_at": (None, START, START + timedelta(days=40)),
    "pinned_to": (None, *NAMES),
}
"""Field of a request -> what it may be, the last one something that says something."""
CASES = st.builds(Case, **{name: st.sampled_from(values) for name, values in VALUES.items()})
PEOPLE = st.builds(
    Expert,
    id=st.sampled_from(NAMES),
    levels=st.dictionaries(st.sampled_from(THEMES[:2]), st.integers(1, 5), min_size=1),
    kinds=st.sets(st.sampled_from(("technical", "legal")), min_size=1).map(frozenset),
    capacity=st.integers(0, 2),
    provinces=st.sampled_from((frozenset(), frozenset({"VA"}))),
    home=st.sampled_from((None, "VA")),
    procedures=st.sampled_from(({}, {"via": 4})),
    active=st.booleans(),
    conflicts=st.sets(st.sampled_from(("b1", "c1"))).map(frozenset),
    worked=st.tuples(st.sampled_from(("b2", "b3")), st.sampled_from(VALUES["procedure"])).map(
        lambda worked: frozenset(worked_keys([*worked]))
    ),
)
EXPERTS = st.lists(PEOPLE, min_size=1, unique_by=lambda one: one.id).map(Experts.of)
MANY = settings(max_examples=150, deadline=None)
CRITERIA = {**VETOES, **SCORES}


class Watched(Case):
    """A request that remembers which of its fields were read."""

    def __getattribute__(self, name: str) -> Any:
        if name in VALUES:
            self.__dict__.setdefault("read", set()).add(name)
        return super().__getattribute__(name)

    def take(self) -> set[str]:
        """What was read since it was asked last."""
        found: set[str] = self.__dict__.pop("read", set())
        return found


def test_every_field_of_a_request_is_tried_here() -> None:
    assert set(VALUES) == {field.name for field in fields(Case)}


@pytest.mark.parametrize("name", CRITERIA)
def test_what_a_criterion_reads_of_a_request_stands_in_alike(name: str) -> None:
    case = Watched(**{name: values[-1] for name, values in VALUES.items()})
    people = [Expert("bruno", {THEMES[1]: 3}, frozenset({"legal"}), 1, conflicts=frozenset({"c1"}))]
    experts = Experts.of(people)
    alike(case, experts)
    known = case.take() | {"theme"}

    CRITERIA[name](Requests.of([case], experts), experts)

    assert case.take() <= known, "put the field into judging.alike"


@given(one=CASES, other=CASES, experts=EXPERTS)
@MANY
def test_requests_that_are_alike_are_the_same_to_every_criterion(one: Case, other: Case, experts: Experts) -> None:
    same = one
    for name in VALUES.keys() - {"theme"}:
        changed = replace(same, **{name: getattr(other, name)})
        if alike(changed, experts) == alike(one, experts):
            same = changed

    for name, criterion in CRITERIA.items():
        both = (criterion(Requests.of([case], experts), experts) for case in (one, same))
        assert np.array_equal(*both), f"{name} tells apart what judging.alike holds for the same"


@given(case=CASES, experts=EXPERTS)
@MANY
def test_of_whom_less_is_known_is_vetoed_by_no_more_experts(case: Case, experts: Experts) -> None:
    for name, veto in VETOES.items():
        less, more = (veto(Requests.of([one], experts), experts) for one in (plain(case), case))
        assert not np.any(less & ~more), f"{name} frees whoever names more: its field belongs to the lines of the queue"
