"""What the rules of routing are, and when they make sense."""

from datetime import timedelta
from math import isclose
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from contracts.vocabulary import nearest, theme
from services.routing.criteria import SCORES

Share = Annotated[float, Field(ge=0, le=1)]


class WrongRules(RuntimeError):
    """The file of rules cannot be used; the message names the file, the line and every fault."""


def _complete(weights: dict[str, float]) -> dict[str, float]:
    unknown, missing = weights.keys() - SCORES.keys(), SCORES.keys() - weights.keys()
    if unknown or missing:
        raise ValueError(f"unknown {sorted(unknown)}, missing {sorted(missing)}; known {sorted(SCORES)}")
    if not isclose(sum(weights.values()), 1.0, abs_tol=1e-6):
        raise ValueError(f"weights sum to {sum(weights.values()):g}, not to 1")
    return weights


def _known(code: str) -> str:
    if theme(code) is None:
        raise ValueError(f"no theme {code!r}; nearest: {', '.join(nearest(code, 'theme')) or 'none'}")
    return code


Weights = Annotated[dict[str, Share], AfterValidator(_complete)]


class Rules(BaseModel):
    """How candidates are weighed, and how long they have to answer (in working hours)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
    answer_within_hours: Annotated[float, Field(gt=0, le=2000)]
    remind_after_hours: Annotated[float, Field(gt=0)]
    urgent_head_start_days: Annotated[float, Field(ge=0, le=365)]
    most_refusals: Annotated[int, Field(ge=1, le=50)]
    hours_of_one_request: Annotated[float, Field(gt=0, le=168)]
    weights: Weights
    themes: dict[Annotated[str, AfterValidator(_known)], Weights] = Field(default_factory=dict)

    @field_validator("remind_after_hours")
    @classmethod
    def _before_the_end(cls, hours: float, info: ValidationInfo) -> float:
        if hours >= info.data.get("answer_within_hours", float("inf")):
            raise ValueError("must be less than answer_within_hours")
        return hours

    @property
    def head_start(self) -> timedelta:
        """By how much an urgent request counts as older."""
        return timedelta(days=self.urgent_head_start_days)

    def weights_of(self, code: str | None) -> dict[str, float]:
        """The weights that count for a theme, in the order of the catalogue."""
        weights = self.themes.get(code or "", self.weights)
        return {name: weights[name] for name in SCORES}
