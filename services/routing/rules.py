"""The rules of routing, read from `rules.toml` and checked at start: a wrong rule stops the service with a sentence."""

import tomllib
from datetime import timedelta
from math import isclose
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.routing.criteria import SCORES

DEFAULT = Path(__file__).with_name("rules.toml")


class WrongRules(RuntimeError):
    """The file of rules cannot be used; the message names the file and every fault."""


class Rules(BaseModel):
    """How candidates are weighed, and how long they have to answer (in working hours)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
    answer_within_hours: Annotated[float, Field(gt=0, le=2000)]
    remind_after_hours: Annotated[float, Field(gt=0)]
    urgent_head_start_days: Annotated[float, Field(ge=0, le=365)]
    most_refusals: Annotated[int, Field(ge=1, le=50)]
    weights: dict[str, Annotated[float, Field(ge=0, le=1)]]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        unknown, missing = self.weights.keys() - SCORES.keys(), SCORES.keys() - self.weights.keys()
        if unknown or missing:
            raise ValueError(f"weights: unknown {sorted(unknown)}, missing {sorted(missing)}; known {sorted(SCORES)}")
        if not isclose(sum(self.weights.values()), 1.0, abs_tol=1e-6):
            raise ValueError(f"weights sum to {sum(self.weights.values()):g}, not to 1")
        if self.remind_after_hours >= self.answer_within_hours:
            raise ValueError("remind_after_hours must be less than answer_within_hours")
        return self

    @property
    def head_start(self) -> timedelta:
        """By how much an urgent request counts as older."""
        return timedelta(days=self.urgent_head_start_days)


def load_rules(path: Path = DEFAULT) -> Rules:
    """The rules of a file. Raises WrongRules."""
    try:
        return Rules.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise WrongRules(f"{path.name}: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'rules'}: {fault['msg']}" for fault in error.errors())
        raise WrongRules(f"{path.name}: {faults}") from error
