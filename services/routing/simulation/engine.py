"""The run of a scenario: from event to event in simulated time, deciding by the very functions of production.

Requests come, experts answer, work ends, people leave and come back. All events of one moment are followed by a wave
like the matcher's: who is ready, and for every expert with a place the first waiting requests that suit them.
Nothing is read or written here: a run depends on its scenario alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from services.routing.matching import Plan, plan
from services.routing.matching.reasons import reason_for
from services.routing.simulation.answers import answer_of, expiry
from services.routing.simulation.course import Course, Offer, Run
from services.routing.simulation.crew import Crew
from services.routing.simulation.queue import Queue
from services.routing.simulation.scenario import Scenario, Spell
from services.routing.simulation.timeline import ANSWER, COME, END, LEAVE, LOOK, TURN, Timeline

_LOOK_EVERY = timedelta(hours=1)
_JUST_AFTER = timedelta(seconds=1)  # Offices open and close at full hours; then the day of an answer changes.
_TELL_EVERY = 200
_LARGEST_WAVE = 10_000


class Engine:
    """One run; `told` hears the share of it that is done."""

    def __init__(self, scenario: Scenario, told: Callable[[float], None] = lambda share: None) -> None:
        self._scenario, self._told = scenario, told
        self._crew = Crew(scenario.profiles, scenario.loads, scenario.rules, scenario.start)
        self._courses = {one.case.id: Course(one, one.case) for one in scenario.arrivals}
        self._run = Run(scenario, self._courses, self._crew)
        self._queue = Queue()
        self._coming = Timeline(scenario.start)
        self._ready: dict[str, Course] = {}
        self._asked: dict[str, dict[str, None]] = {}
        """Expert -> requests whose offer they have not answered."""
        self._freed: dict[str, None] = {}

    def run(self) -> Run:
        """Plays the scenario to the end of its period."""
        self._prepare()
        done, start, end = 0, self._scenario.start, self._scenario.end
        while (now := self._coming.next) and now < end:
            if done % _TELL_EVERY == 0:
                self._told((now - start) / (end - start))
            done += 1
            self._freed |= dict.fromkeys(self._crew.look(now))
            for act in self._coming.of(now):
                act(now)
            while self._ready or self._freed:
                self._wave(now)
        self._crew.close(end)
        self._told(1.0)
        return self._run

    def _prepare(self) -> None:
        scenario, crew = self._scenario, self._crew
        for one in scenario.carried:
            if one.expert in crew.columns.index:
                crew.hold(one.expert, one.id)
                until = one.until or scenario.start + scenario.behaviour.works(scenario.seed, one.id, None, 0)
                self._coming.put(until, END, partial(self._give, one.expert, one.id))
        for course in self._courses.values():
            self._coming.put(course.arrival.at, COME, partial(self._comes, course))
        for at, people in sorted(crew.turning.items()):
            self._coming.put(at, TURN, partial(self._turns, people))
        self._coming.put(scenario.start + _JUST_AFTER, LOOK, self._look)

    def _turns(self, people: Iterable[str], now: datetime) -> None:
        self._freed |= dict.fromkeys(people)

    def _look(self, now: datetime) -> None:  # Time alone changes who is there; `run` begins every moment with a look.
        self._coming.put(now + _LOOK_EVERY, LOOK, self._look)

    def _comes(self, course: Course, now: datetime) -> None:
        course.state = "waiting"
        self._ready[course.case.id] = course
        if course.arrival.leaves is not None and course.spell == 0:
            self._coming.put(course.arrival.at + course.arrival.leaves, LEAVE, partial(self._leaves, course))

    def _leaves(self, course: Course, now: datetime) -> None:
        if course.state in ("waiting", "offered", "coordinator") and course.accepted is None:
            self._withdraw(course, now)
            self._ready.pop(course.case.id, None)
            self._queue.take(course.case.id)
            course.state = "left"

    def _taken_from(self, expert: str, now: datetime) -> dict[str, Course]:
        """What somebody who is away has not answered goes to others, in the next wave."""
        asked = [self._courses[id] for id in self._asked.get(expert, ())]
        taken = [course for course in asked if not self._crew.keeps(expert, course.expires_at, now)]
        for course in taken:
            self._withdraw(course, now)
        return {course.case.id: course for course in taken}

    def _withdraw(self, course: Course, now: datetime) -> None:
        if course.state == "offered":
            self._asked[course.expert].pop(course.case.id, None)
            self._give(course.expert, course.assignment, now)
            course.token += 1
            course.state = "waiting"

    def _give(self, expert: str, assignment: str, now: datetime) -> None:
        self._crew.release(expert, assignment, now)
        self._freed[expert] = None

    def _wave(self, now: datetime) -> None:
        freed, self._freed = list(self._freed), {}
        taken = {id: course for expert in freed for id, course in self._taken_from(expert, now).items()}
        free = {id: places for id in freed if (places := self._crew.free(id))} if len(self._queue) else {}
        limit = min(max(sum(free.values()), 1), _LARGEST_WAVE)
        found = {id: self._queue.eligible(self._crew.expert(id), self._crew.alone(id), limit) for id in free}
        rows = {case.id: case for cases in found.values() for case in cases}
        rows |= {id: course.case for id, course in self._ready.items()}
        self._ready = taken
        if rows:
            made = plan(rows.values(), self._crew.columns, self._scenario.rules)
            self._run.waves += 1
            self._keep(made, now)
        # Whose list was not seen to its end may still find somebody.
        self._freed.update({id: None for id, cases in found.items() if len(cases) == limit and self._crew.free(id)})

    def _keep(self, made: Plan, now: datetime) -> None:
        for number, (case, position) in enumerate(zip(made.waiting, made.chosen.tolist(), strict=True)):
            course = self._courses[case.id]
            if position >= 0:
                self._queue.take(case.id)
                self._offer(course, self._crew.columns.ids[position], len(made.waiting), now)
            elif len(case.declined_by) >= self._scenario.rules.most_refusals:
                self._queue.take(case.id)
                course.state = "coordinator"
            else:
                self._queue.put(case)
                if course.round == 0 and not course.reason:
                    course.reason = reason_for(made.judged, number)

    def _offer(self, course: Course, expert: str, wave: int, now: datetime) -> None:
        course.round += 1
        course.token += 1
        course.state, course.expert = "offered", expert
        course.expires_at = expiry(course.case, self._scenario.rules, now)
        course.first_offer = course.first_offer or now
        self._crew.take(expert, course.assignment, now)
        self._asked.setdefault(expert, {})[course.case.id] = None
        self._run.offers.append(Offer(now, course.case.id, expert, course.round, wave))
        answer, token = answer_of(course, self._scenario, now), course.token

        def answered(at: datetime) -> None:
            if course.token == token:
                self._asked[expert].pop(course.case.id)
                if answer.status == "accepted":
                    self._accepted(course, answer.given_back, at)
                else:
                    self._refused(course, at)

        self._coming.put(answer.at, ANSWER, answered)

    def _refused(self, course: Course, now: datetime) -> None:
        course.refusals += 1
        self._again(course, now)

    def _again(self, course: Course, now: datetime) -> None:
        """Somebody else is asked."""
        course.token += 1
        course.state = "waiting"
        course.case = replace(course.case, declined_by=course.case.declined_by | {course.expert})
        self._give(course.expert, course.assignment, now)
        self._ready[course.case.id] = course

    def _accepted(self, course: Course, given_back: datetime | None, now: datetime) -> None:
        course.state = "in_work"
        if course.accepted is None:
            course.accepted, course.lead = now, course.expert
        if self._crew.remember(course.expert, course.case):
            self._freed[course.expert] = None
        if given_back is not None:
            self._coming.put(given_back, END, partial(self._again, course))
            return
        spell, scenario = next(iter(course.arrival.spells[course.spell :]), Spell()), self._scenario
        works = spell.works or scenario.behaviour.works(scenario.seed, course.case.id, course.case.theme, course.spell)
        self._coming.put(now + max(works, spell.at_least), END, partial(self._ends, course))

    def _ends(self, course: Course, now: datetime) -> None:
        """The work is done; a request that is opened again goes to whoever had it, if that is possible."""
        self._give(course.expert, course.assignment, now)
        course.state = "done"
        course.spell += 1
        if course.spell < len(course.arrival.spells):
            course.case = replace(course.case, former=course.expert)
            gap = course.arrival.spells[course.spell].gap
            self._coming.put(now + gap, COME, partial(self._comes, course))
