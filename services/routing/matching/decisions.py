"""What was decided about a request, and why: enough to explain it for as long as the request is kept."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Candidate:
    """An expert who could be asked: the score, 0 to 1, and what each criterion contributes."""

    expert: str
    score: float
    shares: dict[str, float]


@dataclass(frozen=True)
class Decision:
    """What was decided about one request, and why. `reason` is set when nobody can be asked."""

    case: str
    rules_version: str
    chosen: Candidate | None = None
    former: bool = False
    reason: str | None = None
    refused: bool = False
    runners_up: tuple[Candidate, ...] = ()
    """The best others. One with more points than the chosen was needed for another request of the same wave."""
    vetoed: tuple[tuple[str, str], ...] = ()
    vetoed_counts: dict[str, int] = field(default_factory=dict)
    co_experts: tuple[tuple[str, str | None], ...] = ()
    """Further theme -> who helps with it, None if nobody can."""
    until: datetime | None = None
    """When nobody can be asked: the first known moment at which somebody of the theme is there again."""
    wave: int = 1
    """How many requests were decided about together."""
