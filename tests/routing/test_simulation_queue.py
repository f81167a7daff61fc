"""What a simulation remembers between waves is what it would find if it looked at everything anew."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.criteria import Experts
from services.routing.domain import Case, Expert
from services.routing.handlers import experts
from services.routing.matching import in_order, vetoes
from services.routing.simulation.crew import Crew
from services.routing.simulation.queue import Queue
from tests.routing.material import RULES
from tests.routing.playing import START, THEMES, scenario_of

MANY = settings(max_examples=60, deadline=None)
NAMES = ("anna", "bruno")
CASES = st.builds(
    Case,
    id=st.uuids().map(str),
    theme=st.sampled_from((None, *THEMES[:2])),
    procedure=st.sampled_from((None, "via", "paur")),
    kind=st.sampled_from(("technical", "legal")),
    province=st.sampled_from(("VA", "MN")),
    precedence=st.integers(0, 50).map(lambda hours: START + timedelta(hours=hours)),
    declined_by=st.sets(st.sampled_from(NAMES)).map(frozenset),
    former=st.sampled_from((None, *NAMES)),
    body=st.sampled_from(("b1", "b2", None)),
    companies=st.sets(st.sampled_from(("c1", "c2"))).map(tuple),
    pinned_to=st.sampled_from((None, None, *NAMES)),
)
PEOPLE = st.builds(
    Expert,
    id=st.sampled_from(NAMES),
    levels=st.dictionaries(st.sampled_from(THEMES[:2]), st.just(3), min_size=1),
    kinds=st.sets(st.sampled_from(("technical", "legal")), min_size=1).map(frozenset),
    capacity=st.just(1),
    provinces=st.sampled_from((frozenset(), frozenset({"VA"}))),
    procedures=st.sampled_from(({}, {"via": 4})),
    conflicts=st.sets(st.sampled_from(("b1", "c1"))).map(frozenset),
)


@given(rounds=st.lists(st.lists(CASES, max_size=12), max_size=4), people=st.lists(PEOPLE, unique_by=lambda one: one.id))
@MANY
def test_the_queue_finds_the_first_whom_no_veto_keeps_from_an_expert(rounds, people) -> None:
    queue, alone = Queue(), {one.id: Experts.of([one]) for one in people}
    for cases in rounds:
        for case in cases:
            queue.put(case)
        for one in people:
            fitting = [case for case in in_order(queue) if case.theme in one.levels and not vetoes(case, [one])]
            for limit in (1, 3, 100):
                assert queue.eligible(one, alone[one.id], limit) == fitting[:limit]
        for case in cases[::2]:
            queue.take(case.id)


@given(seed=st.integers(0, 10**9), hours=st.lists(st.integers(1, 400), min_size=1, max_size=12))
@MANY
def test_an_expert_looked_at_again_is_the_one_who_would_be_read(seed, hours) -> None:
    scenario, now = scenario_of(seed), START
    crew = Crew(scenario.profiles, {}, RULES, START)
    for number, more in enumerate(hours):
        before = {id for id in crew.columns.ids if crew.there(id)}
        now += timedelta(hours=more)
        came = crew.look(now)
        due = experts.answer_due(now, RULES)
        read = {
            row["_id"]: experts.to_match(row, crew._loads[row["_id"]], now, due, RULES)
            for row in crew._profiles.values()
        }
        assert {id: replace(crew.expert(id), held=one.held, recent=one.recent) for id, one in read.items()} == read
        assert came == [id for id in crew.columns.ids if read[id].there and id not in before]
        columns = Experts.of(read.values())
        for name in ("active", "present", "in_contract", "places", "held", "recent"):
            assert getattr(crew.columns, name).tolist() == getattr(columns, name).tolist()
        for id in crew.columns.ids:
            crew.take(id, f"assignment {number}", now)
            crew.release(id, f"assignment {number}", now)
