"""When an expert answers an offer, and what: as in the past if they were asked about this request, else by chance."""

from dataclasses import dataclass
from datetime import datetime

from contracts.vocabulary import province
from contracts.working_time import add_working_time, office_calendar
from services.routing.domain import Case, working_hours_after
from services.routing.rules.model import Rules
from services.routing.simulation.course import Course
from services.routing.simulation.scenario import Scenario


@dataclass(frozen=True)
class Coming:
    """An answer that will come."""

    at: datetime
    status: str
    given_back: datetime | None = None


def expiry(case: Case, rules: Rules, now: datetime) -> datetime:
    """When an offer that is made now will expire."""
    return working_hours_after(now, case.province, rules.answer_within_hours)


def answer_of(course: Course, scenario: Scenario, now: datetime) -> Coming:
    """What the expert who is asked now will answer; not after the offer has expired."""
    sigla = course.case.province
    lapses = course.expires_at
    before, answers = course.asked.get(course.expert, 0), course.arrival.answers.get(course.expert, ())
    course.asked[course.expert] = before + 1
    if before < len(answers):
        known = answers[before]
        if known.status == "expired":
            return Coming(lapses + known.after, "expired")
        at = now + known.after
        back = at + known.given_back_after if known.given_back_after is not None else None
        status: str = known.status
    else:
        status, delay = scenario.behaviour.answer(scenario.seed, course.case.id, course.round)
        at, back = add_working_time(office_calendar(sigla if province(sigla) else None), now, delay), None
    if status == "expired" or at > lapses:
        return Coming(lapses, "expired")
    return Coming(at, status, back)
