"""What became of each request in a run, and the run as a whole: the raw material of the figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from services.routing.criteria import Experts
from services.routing.domain import Case
from services.routing.simulation.crew import Crew
from services.routing.simulation.scenario import Arrival, Scenario

_NEVER = datetime.max.replace(tzinfo=UTC)
State = Literal["coming", "waiting", "offered", "in_work", "done", "coordinator", "left"]


@dataclass(frozen=True)
class Offer:
    """Somebody was asked. `wave`: how many requests were decided about together."""

    at: datetime
    request: str
    expert: str
    round: int
    wave: int


@dataclass(slots=True)
class Course:
    """One request on its way. `round` counts offers, `token` changes with everything that makes old plans void."""

    arrival: Arrival
    case: Case
    state: State = "coming"
    round: int = 0
    spell: int = 0
    token: int = 0
    expert: str = ""
    expires_at: datetime = _NEVER
    """Of the present offer."""
    first_offer: datetime | None = None
    accepted: datetime | None = None
    lead: str = ""
    """Who accepted first."""
    reason: str = ""
    """Why nobody could be asked when it came; empty if somebody was asked at once."""
    refusals: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    """Expert -> how often they were asked."""

    @property
    def assignment(self) -> str:
        """The name of the present offer."""
        return f"{self.case.id}/{self.round}"


@dataclass
class Run:
    """A scenario played to its end."""

    scenario: Scenario
    courses: Mapping[str, Course]
    crew: Crew
    offers: list[Offer] = field(default_factory=list)
    waves: int = 0

    @property
    def experts(self) -> Experts:
        """The experts as columns."""
        return self.crew.columns
