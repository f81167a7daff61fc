"""The form of a simulation, as a coordinator fills it in, and the question that it makes.

Weights are typed as whole points; what counts is their proportion, so nobody has to make them sum to 100.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.vocabulary import theme
from services.chassis.i18n import N_
from services.routing.criteria import SCORES
from services.routing.rules import Rules
from services.routing.simulation.asked import (
    Added,
    Away,
    Behaviour,
    Competence,
    Extra,
    Question,
    Rate,
    Source,
    Variant,
)  # fmt: skip

Points = Annotated[float, Field(ge=0, le=100)]
_MUST = N_("Give at least one criterion more than 0 points.")


class Form(BaseModel):
    """The fields; those left empty are as they are now."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=100)] = ""
    kind: Literal["past", "synthetic"] = "past"
    first: date
    last: date
    per_day: Annotated[float, Field(gt=0, le=200)] = 10
    weight_competence: Points = 0
    weight_procedure: Points = 0
    weight_territory: Points = 0
    weight_availability: Points = 0
    weight_continuity: Points = 0
    weight_fairness: Points = 0
    capacity_change: Annotated[int, Field(ge=-20, le=20)] = 0
    more: Annotated[float, Field(ge=0, le=500)] = 0
    more_theme: Annotated[str, Field(max_length=64)] = ""
    added: Annotated[int, Field(ge=0, le=50)] = 0
    added_theme: Annotated[str, Field(max_length=64)] = ""
    accepts: Annotated[float | None, Field(ge=0, le=100)] = None
    work_days: Annotated[float | None, Field(gt=0, le=400)] = None

    @model_validator(mode="after")
    def _weighs_something(self) -> Self:
        if not sum(self.points().values()):
            raise ValueError(_MUST)
        return self

    def points(self) -> dict[str, float]:
        """Criterion -> points."""
        return {name: float(getattr(self, f"weight_{name}")) for name in SCORES}

    def question(self, rules: Rules, absent: list[str], themes: list[str]) -> Question:
        """What is asked. Raises ValidationError, whose places are those of the API."""
        points = self.points()
        weights = {name: value / sum(points.values()) for name, value in points.items()}
        same = all(abs(weights[name] - weight) < 0.0005 for name, weight in rules.weights_of(None).items())
        known = theme(self.added_theme)
        added = [Added(count=self.added, themes=[Competence(code=known.code, level=3)], capacity=5)] \
            if self.added and known else []  # fmt: skip
        extra = [Extra(percent=self.more, theme=self.more_theme or None)] if self.more else []
        rates = [Rate(theme=code, per_day=self.per_day / len(themes)) for code in themes]
        return Question(
            name=self.name,
            source=Source(
                kind=self.kind, first=self.first, last=self.last, arrivals=rates if self.kind == "synthetic" else []
            ),
            behaviour=Behaviour(accepts=None if self.accepts is None else self.accepts / 100, work_days=self.work_days),
            variant=Variant(
                weights=None if same else weights,
                capacity_change=self.capacity_change,
                absent=[Away(expert=id) for id in absent],
                added=added,
                extra=extra,
            ),
        )


def values_of(rules: Rules, first: date, last: date) -> dict[str, str]:
    """What the form shows at first: the present weights and the last half-year."""
    weights = {f"weight_{name}": f"{weight * 100:g}" for name, weight in rules.weights_of(None).items()}
    plain = {"kind": "past", "first": first.isoformat(), "last": last.isoformat(), "per_day": "10"}
    return {**plain, **weights, "capacity_change": "0", "more": "0", "added": "0"}
