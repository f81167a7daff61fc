"""Whatever the scenario: capacity, vetoes, order of service and luck are as promised, over weeks of simulated time."""

import itertools
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.criteria.scores import places_left, received_share
from services.routing.domain import Case
from services.routing.handlers import experts
from services.routing.matching import vetoes
from services.routing.simulation.course import Run
from services.routing.simulation.engine import Engine
from services.routing.simulation.scenario import Arrival, Behaviour
from tests.routing.material import RULES
from tests.routing.playing import START, THEMES, scenario_of

SEEDS = st.integers(0, 10**9)
MANY = settings(max_examples=25, deadline=None)


class Watched(Engine):
    """An engine that is looked at after every wave."""

    def _wave(self, now):
        before = {id: course.case for id, course in self._courses.items()}
        known = len(self._run.offers)
        super()._wave(now)
        columns = self._crew.columns
        assert (columns.held <= columns.places).all()
        due = experts.answer_due(now, self._scenario.rules)
        profiles = {row["_id"]: row for row in self._scenario.profiles}
        for offer in self._run.offers[known:]:
            # As production sees the expert at this moment, with a place to spare: only the vetoes count.
            seen = experts.to_match(profiles[offer.expert], None, now, due, self._scenario.rules)
            assert vetoes(before[offer.request], [seen]) == {}
        self._everybody_is_somewhere(now)
        if not self._freed:
            self._nobody_waits_beside_somebody_free(now)

    def _everybody_is_somewhere(self, now):
        """Whoever has come waits in the queue, is with an expert who holds a place for it, or is over: one of these."""
        held = Counter(name for load in self._crew._loads.values() for name in load["held"])
        waits = Counter([*(case.id for case in self._queue), *self._ready])
        assert max((*held.values(), *waits.values()), default=1) == 1
        for id, course in self._courses.items():
            assert (course.state == "coming") == (course.arrival.at > now)
            assert waits.pop(id, 0) == (course.state == "waiting")
            with_expert = course.state in ("offered", "in_work")
            assert held.pop(course.assignment, 0) == with_expert
            assert not with_expert or course.assignment in self._crew._loads[course.expert]["held"]
        assert not held and not waits

    def _nobody_waits_beside_somebody_free(self, now):
        """Asked of the vetoes, not of the queue: what the queue has lost it cannot find."""
        due, profiles = experts.answer_due(now, RULES), {row["_id"]: row for row in self._scenario.profiles}
        free = [id for id in self._crew.columns.ids if self._crew.free(id)]
        seen = [experts.to_match(profiles[id], None, now, due, self._scenario.rules) for id in free]
        for course in self._courses.values():
            if course.state == "waiting" and course.case.id not in self._ready:
                assert vetoes(course.case, seen).keys() == set(free)


def played(seed: int, **changes) -> Run:
    return Watched(scenario_of(seed, **changes)).run()


@given(seed=SEEDS)
@MANY
def test_capacity_and_vetoes_hold_and_no_request_is_lost_over_weeks(seed) -> None:
    run = played(seed)

    assert len(run.courses) == 40
    for course in run.courses.values():
        assert (course.accepted is None) == (course.lead == "")


@pytest.mark.parametrize("loses", ["while deciding", "while it waits", "with the expert's place"])
def test_an_engine_that_loses_one_request_is_found_out(loses) -> None:
    class Losing(Watched):
        def _keep(self, made, now):
            if loses == "while deciding":
                keep = np.arange(len(made.waiting)) != len(made.waiting) - (len(self._run.offers) > 10)
                made = replace(made, waiting=tuple(itertools.compress(made.waiting, keep)), chosen=made.chosen[keep])
            super()._keep(made, now)
            if loses == "while it waits" and len(self._queue) > 2:
                self._queue.take(next(iter(self._queue)).id)

        def _again(self, course, now):
            super()._again(course, now)
            if loses == "with the expert's place":
                self._ready.pop(course.case.id)

    with pytest.raises(AssertionError):
        Losing(scenario_of(5)).run()


@given(seed=SEEDS, chance=st.randoms(use_true_random=False))
@MANY
def test_a_run_depends_on_its_scenario_alone_and_not_on_the_order_of_its_lists(seed, chance) -> None:
    scenario = scenario_of(seed)
    shuffled, profiles = list(scenario.arrivals), list(scenario.profiles)
    chance.shuffle(profiles)
    # Of requests that come at the same moment the order must not matter; others keep theirs by their time.
    chance.shuffle(shuffled)

    first, again = Engine(scenario).run(), Engine(replace(scenario, arrivals=shuffled, profiles=profiles)).run()

    assert first.offers == again.offers


def test_another_seed_is_another_luck() -> None:
    runs = [Engine(replace(scenario_of(5), seed=seed)).run().offers for seed in range(4)]

    assert all(one != other for one, other in itertools.combinations(runs, 2))


@given(seed=SEEDS, urgent=st.integers(0, 60))
@MANY
def test_the_oldest_eligible_never_starves_whatever_comes_after_it(seed, urgent) -> None:
    """One expert with one place: each is served in the order of service, urgent ones a bounded time earlier."""
    chance = random.Random(seed)
    one = {"_id": "only", "task_forces": [], "procedures": [], "active": True, "entitled": True, "absences": [],
           "themes": [{"code": THEMES[0], "level": 3}], "kinds": ["legal"], "provinces": [], "home": None,
           "capacity": 1}  # fmt: skip
    coming = []
    for number in range(30):
        at = START + timedelta(hours=number)
        hurry = chance.random() * 100 < urgent
        first = at - RULES.head_start if hurry else at
        coming.append(Arrival(Case(f"r{number:02}", THEMES[0], None, "legal", "VA", first, urgent=hurry), at))
    always = Behaviour(accepts=1.0, delays=(60.0,), stated_days=(1.0, 1.0))

    run = played(seed, arrivals=coming, profiles=[one], behaviour=always, end=START + timedelta(days=90))

    place = {arrival.case.id: arrival for arrival in coming}
    assert Counter(offer.request for offer in run.offers) == Counter(list(place))
    for number, offer in enumerate(run.offers):
        waiting = [place[later.request] for later in run.offers[number + 1 :] if place[later.request].at <= offer.at]
        assert all(place[offer.request].case.precedence <= other.case.precedence for other in waiting)


class Fair(Engine):
    """An engine in which all experts are equals: each offer is compared with what the others have received."""

    def _offer(self, course, expert, wave, now):
        columns, rules = self._crew.columns, self._scenario.rules
        shares, places = received_share(columns, 0), places_left(columns, 0)
        chosen = columns.index[expert]
        bound = rules.weights["availability"] / rules.weights["fairness"]
        for other in np.flatnonzero(columns.free) if wave == 1 else ():
            if columns.ids[other] not in course.case.declined_by:
                behind = shares[other] - shares[chosen]
                assert behind <= bound * (places[chosen] - places[other]) + 1e-5
                assert behind <= bound + 1e-5
        super()._offer(course, expert, wave, now)


@given(seed=SEEDS)
@MANY
def test_nobody_is_passed_over_by_more_than_the_bound_of_fairness_over_months(seed) -> None:
    """Free places can outweigh what was received, and never by more than the ratio of the two weights."""
    people = [
        {"_id": f"e{n}", "task_forces": [], "procedures": [], "active": True, "entitled": True, "absences": [],
         "themes": [{"code": THEMES[0], "level": 3}], "kinds": ["legal"], "provinces": [], "home": None, "capacity": 5}
        for n in range(4)
    ]  # fmt: skip
    chance = random.Random(seed)
    coming = []
    for number in range(80):
        at = START + timedelta(minutes=chance.randrange(30 * 24 * 60))
        coming.append(Arrival(Case(f"r{number:02}", THEMES[0], None, "legal", "VA", at), at))

    run = Fair(scenario_of(seed, arrivals=coming, profiles=people, behaviour=Behaviour(0.8))).run()

    assert len(run.offers) > 40
