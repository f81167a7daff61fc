"""A question answered: the scenario of the source, the same with what the variant changes, both played and measured.

`observed` is what really happened to the same requests: where the baseline comes near it, the simulation can be
believed. Pure: what is needed of the database is in `Material`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from services.routing.domain import ROME
from services.routing.rules.model import Rules
from services.routing.simulation import past
from services.routing.simulation.asked import MOST_EXPERTS, MOST_REQUESTS, Question
from services.routing.simulation.course import Course, Run
from services.routing.simulation.engine import Engine
from services.routing.simulation.figures import Played, figures
from services.routing.simulation.made_up import synthetic
from services.routing.simulation.past import Past
from services.routing.simulation.scenario import Arrival, Scenario
from services.routing.simulation.variant import varied

Document = dict[str, Any]
Told = Callable[[float], None]
CHOSEN_DAYS = 60
"""Requests chosen by number are played this long, from the day on which the first of them came."""


class NotPlayed(ValueError):
    """There is nothing to play, or too much; `reason` is a code with words in `wording.SIMULATION_FAILED`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Material:
    """What routing knows: profiles, cases and assignments of the period and of some time before it."""

    profiles: Sequence[Document]
    cases: Sequence[Document]
    assignments: Sequence[Document]


def period(question: Question) -> tuple[datetime, datetime]:
    """From the first midnight to the last, in Italy; for chosen requests it begins with them."""
    first, last = question.source.first, question.source.last
    assert first
    assert last
    return midnight(first), midnight(last + timedelta(days=1))


def midnight(day: date) -> datetime:
    """The beginning of a day in Italy."""
    return datetime.combine(day, time(), ROME).astimezone(UTC)


def play(
    question: Question, rules: Rules, material: Material, start: datetime, end: datetime, told: Told
) -> dict[str, Any]:
    """The figures side by side."""
    known = Past.of(start, end, material.cases, material.assignments)
    base = scenario_of(question, rules, known, material.profiles)
    other = varied(base, question)
    for one in (base, other):
        if not any(arrival.measured for arrival in one.arrivals):
            raise NotPlayed("no_requests")
        if len(one.arrivals) > MOST_REQUESTS or len(one.profiles) > MOST_EXPERTS:
            raise NotPlayed("too_many")
    share = len(base.arrivals) / (len(base.arrivals) + len(other.arrivals))
    baseline = Engine(base, lambda done: told(done * share)).run()
    variant = Engine(other, lambda done: told(share + done * (1 - share))).run()
    real = question.source.kind != "synthetic"
    return {
        "start": start,
        "end": end,
        "baseline": figures(_played(baseline)),
        "variant": figures(_played(variant)),
        "observed": figures(_observed(base, known)) if real else None,
        "weights": {"baseline": rules.weights_of(None), "variant": other.rules.weights_of(None)},
        "rules_version": rules.version,
        "behaviour": _told(base),
        "waves": {"baseline": baseline.waves, "variant": variant.waves},
    }


def scenario_of(question: Question, rules: Rules, known: Past, profiles: Sequence[Document]) -> Scenario:
    """The baseline: everything as it is."""
    source = question.source
    if source.kind == "synthetic":
        assert source.first
        assert source.last
        arrivals = synthetic(source.arrivals, source.first, source.last, question.seed, rules.head_start)
    else:
        arrivals = past.arrivals(known)
    if source.kind == "requests":
        wanted = {row["_id"] for row in known.cases.values() if row["number"] in set(source.numbers)}
        arrivals = [one for one in arrivals if one.case.id in wanted]
    return Scenario(
        start=known.start,
        end=known.end,
        rules=rules,
        profiles=profiles,
        loads=past.loads(known),
        arrivals=arrivals,
        carried=past.carried(known),
        behaviour=past.behaviour(known, question.behaviour),
        seed=question.seed,
    )


def _played(run: Run) -> Played:
    courses, crew = run.courses, run.crew
    taken = [(one.expert, courses[one.request].case.theme) for one in run.offers]
    busy = dict(zip(crew.columns.ids, crew.busy.tolist(), strict=True))
    scenario = run.scenario
    return Played(list(courses.values()), taken, scenario.profiles, scenario.start, scenario.end, busy)


def _observed(base: Scenario, known: Past) -> Played:
    courses = [_as_it_was(one, known) for one in base.arrivals]
    rows = [row for one in base.arrivals for row in known.rounds.get(one.case.id, ())]
    taken = [(row["expert"], row["task_force"]) for row in rows if row["offered_at"] >= known.start]
    return Played(courses, taken, base.profiles, known.start, known.end)


def _as_it_was(one: Arrival, known: Past) -> Course:
    rows = [row for row in known.rounds.get(one.case.id, ()) if row["offered_at"] >= known.start]
    taken = next((row for row in rows if row["accepted_at"] and row["accepted_at"] < known.end), None)
    left = taken is None and one.leaves is not None and one.at + one.leaves < known.end
    return Course(
        arrival=one,
        case=one.case,
        state="left" if left else "done" if taken else "waiting",
        first_offer=rows[0]["offered_at"] if rows else None,
        accepted=taken["accepted_at"] if taken else None,
        lead=taken["expert"] if taken else "",
        refusals=sum(row["status"] in ("declined", "expired") for row in rows),
    )


def _told(base: Scenario) -> dict[str, Any]:
    """How people were taken to behave."""
    behaviour, pool = base.behaviour, base.behaviour.durations.get("", ())
    days = pool[len(pool) // 2] / 86_400 if pool else None
    stated = behaviour.stated_days[0] if behaviour.stated_days else None
    return {
        "accepts": round(behaviour.accepts, 4),
        "work_days": round(stated or days or 10.0, 1),
        "observed_works": 0 if behaviour.stated_days else len(pool),
        "carried": len(base.carried),
    }
