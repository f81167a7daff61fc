"""A scenario: who comes when, who is there, what is already in hand, and how people behave. All of it is data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from services.routing.domain import Case
from services.routing.rules.model import Rules
from services.routing.simulation.chance import one_of, skewed, uniform

Document = dict[str, Any]
_HOUR, _DAY = 3600.0, 86_400.0
_USUAL_ANSWER_HOURS, _USUAL_DAYS, _USUAL_DAYS_P90 = 4.0, 10.0, 30.0
_ENOUGH = 20
"""With fewer observations of a theme those of all themes count."""


@dataclass(frozen=True)
class Answer:
    """What an expert answered to a request in the past; asked again in a simulation, they answer the same."""

    status: Literal["accepted", "declined", "expired"]
    after: timedelta
    """Since they were asked; for an offer that expired: since its term."""
    given_back_after: timedelta | None = None


@dataclass(frozen=True)
class Spell:
    """One stretch of work on a request. A request that was opened again has several, each some time after the last."""

    works: timedelta | None = None
    """None: drawn."""
    gap: timedelta = timedelta(0)
    at_least: timedelta = timedelta(0)
    """What is drawn is not shorter: the work was not over when the period ended."""


@dataclass(frozen=True)
class Arrival:
    """A request that comes. `measured`: it counts in the figures; others only take part in the competition."""

    case: Case
    at: datetime
    spells: tuple[Spell, ...] = (Spell(),)
    answers: Mapping[str, Sequence[Answer]] = field(default_factory=dict)
    """Expert -> what they answered, each time they were asked."""
    leaves: timedelta | None = None
    """So long after it came it is withdrawn, unless somebody has taken it."""
    measured: bool = True


@dataclass(frozen=True)
class Carried:
    """A request that an expert holds when the period begins; None: until a drawn moment."""

    id: str
    expert: str
    until: datetime | None


@dataclass(frozen=True)
class Behaviour:
    """How experts answer and how long they work, from what was observed or from what was stated."""

    accepts: float = 1.0
    silent: float = 0.5
    """Of those who do not accept, how many do not answer at all."""
    delays: tuple[float, ...] = ()
    """Seconds of working time until an answer, in order."""
    durations: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Theme -> seconds from acceptance to the end, in order; under "" those of all themes."""
    stated_days: tuple[float, float] | None = None
    """Median and the 90th percentile of the days of work: instead of what was observed."""

    def works(self, seed: int, id: str, theme: str | None, spell: int) -> timedelta:
        """How long somebody works on a request."""
        chance = uniform(seed, id, "works", spell)
        if self.stated_days is None:
            own = self.durations.get(theme or "", ())
            pool = own if len(own) >= _ENOUGH else self.durations.get("", ())
            if pool:
                return timedelta(seconds=one_of(pool, chance))
        median, p90 = self.stated_days or (_USUAL_DAYS, _USUAL_DAYS_P90)
        return timedelta(seconds=round(skewed(median, p90, chance) * _DAY))

    def answer(self, seed: int, id: str, round: int) -> tuple[str, timedelta]:
        """What an expert answers who has not been asked in the past, and after how much working time."""
        chance = uniform(seed, id, "answers", round)
        delay = one_of(self.delays or (_USUAL_ANSWER_HOURS * _HOUR,), uniform(seed, id, "delay", round))
        if chance < self.accepts:
            return "accepted", timedelta(seconds=delay)
        share = (chance - self.accepts) / max(1.0 - self.accepts, 1e-12)
        return ("expired" if share < self.silent else "declined"), timedelta(seconds=delay)


@dataclass(frozen=True)
class Scenario:
    """Everything that a run depends on."""

    start: datetime
    end: datetime
    rules: Rules
    profiles: Sequence[Document]
    loads: Mapping[str, Document]
    arrivals: Sequence[Arrival]
    carried: Sequence[Carried]
    behaviour: Behaviour
    seed: int = 1
