"""What a simulation is asked: over which requests, how people behave, and what is different in the variant.

Everything has a limit, so that the largest one still ends within minutes. To let another thing vary: a field of
`Variant`, and what it changes in `variant.py`.
"""

from datetime import date, timedelta
from math import isclose
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contracts.envelope import Id
from contracts.vocabulary import nearest, province, theme
from services.chassis.i18n import N_
from services.routing.criteria import SCORES

MOST_REQUESTS = 20_000
MOST_EXPERTS = 2_000
LONGEST_DAYS = 400
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)
_ORDER = N_("The last day must not be before the first.")
_WEIGHTS = N_("Give every criterion a weight from 0 to 1; together they must make 1.")


def _theme(code: str) -> str:
    if theme(code) is None:
        near = nearest(code, "theme")
        raise ValueError(", ".join(near) + "?" if near else N_("No such code in the vocabulary."))
    return code


def _province(sigla: str) -> str:
    if province(sigla.upper()) is None:
        raise ValueError(N_("No province has this sigla."))
    return sigla.upper()


def _complete(weights: dict[str, float]) -> dict[str, float]:
    if weights.keys() != SCORES.keys() or not isclose(sum(weights.values()), 1.0, abs_tol=1e-6):
        raise ValueError(_WEIGHTS)
    return weights


ThemeCode = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_theme)]
Sigla = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_province)]
Weights = Annotated[dict[str, Annotated[float, Field(ge=0, le=1)]], AfterValidator(_complete)]
Number = Annotated[str, Field(min_length=1, max_length=40)]
Day = Annotated[date, Field(ge=_EARLIEST, le=_LATEST)]
Kind = Literal["technical", "legal"]
_BOTH: tuple[Kind, ...] = ("technical", "legal")


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Rate(_Asked):
    """How many requests of a theme come on a working day, from a province or from all of them by population."""

    theme: ThemeCode
    province: Sigla | None = None
    per_day: Annotated[float, Field(gt=0, le=500)]
    legal_share: Annotated[float, Field(ge=0, le=1)] = 0.3


class Source(_Asked):
    """Which requests: those of a past period, made-up ones in a period, or some by their numbers."""

    kind: Literal["past", "synthetic", "requests"]
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to", description="Included.")] = None
    numbers: Annotated[list[Number], Field(max_length=200)] = Field(default_factory=list)
    arrivals: Annotated[list[Rate], Field(max_length=300)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "requests":
            if not self.numbers:
                raise ValueError(N_("Name at least one request by its number."))
            return self
        if self.first is None or self.last is None:
            raise ValueError(N_("Say from which day to which."))
        if self.last < self.first:
            raise ValueError(_ORDER)
        if self.last - self.first >= timedelta(days=LONGEST_DAYS):
            raise ValueError(N_("The period is too long: 400 days at most."))
        if self.kind == "synthetic":
            self._few_enough(self.last - self.first)
        return self

    def _few_enough(self, length: timedelta) -> None:
        if not self.arrivals:
            raise ValueError(N_("Say how many requests come on a working day."))
        if sum(rate.per_day for rate in self.arrivals) * (length.days + 1) > MOST_REQUESTS:
            raise ValueError(N_("Too many requests: 20,000 at most."))


class Behaviour(_Asked):
    """How experts answer and work. What is not said is as it was in the past; without a past: a usual value."""

    accepts: Annotated[float | None, Field(ge=0, le=1, description="Share of offers that are accepted.")] = None
    answer_hours: Annotated[float | None, Field(gt=0, le=2000, description="Working hours until an answer.")] = None
    work_days: Annotated[float | None, Field(gt=0, le=400, description="Median days of work on a request.")] = None
    work_days_p90: Annotated[float | None, Field(gt=0, le=400, description="Nine in ten take no longer.")] = None

    @model_validator(mode="after")
    def _median_first(self) -> Self:
        if self.work_days and self.work_days_p90 and self.work_days_p90 < self.work_days:
            raise ValueError(N_("Nine in ten cannot take less time than one in two."))
        return self


class Extra(_Asked):
    """More requests than in the source, by theme or province if one is named."""

    theme: ThemeCode | None = None
    province: Sigla | None = None
    percent: Annotated[float, Field(gt=0, le=500)]


class Competence(_Asked):
    """A theme of an expert who is added, and how well: 1 to 5."""

    code: ThemeCode
    level: Annotated[int, Field(ge=1, le=5)]


class Added(_Asked):
    """Experts who do not exist yet."""

    count: Annotated[int, Field(ge=1, le=50)] = 1
    themes: Annotated[list[Competence], Field(min_length=1, max_length=50)]
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=2)] = Field(default_factory=lambda: [*_BOTH])
    provinces: Annotated[list[Sigla], Field(max_length=120)] = Field(default_factory=list)
    home: Sigla | None = None
    capacity: Annotated[int, Field(ge=0, le=200)]


class Places(_Asked):
    """An expert holds so many requests at once."""

    expert: Id
    capacity: Annotated[int, Field(ge=0, le=200)]


class Away(_Asked):
    """An expert is absent: on these days, or all the time."""

    expert: Id
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first and self.last and self.last < self.first:
            raise ValueError(_ORDER)
        return self


class Variant(_Asked):
    """What is different from now. Nothing said is as it is."""

    weights: Weights | None = None
    themes: Annotated[dict[ThemeCode, Weights] | None, Field(max_length=50)] = None
    answer_within_hours: Annotated[float | None, Field(gt=0, le=2000)] = None
    urgent_head_start_days: Annotated[float | None, Field(ge=0, le=365)] = None
    most_refusals: Annotated[int | None, Field(ge=1, le=50)] = None
    hours_of_one_request: Annotated[float | None, Field(gt=0, le=168)] = None
    capacity_change: Annotated[int, Field(ge=-200, le=200, description="Places more or less of every expert.")] = 0
    capacities: Annotated[list[Places], Field(max_length=MOST_EXPERTS)] = Field(default_factory=list)
    absent: Annotated[list[Away], Field(max_length=MOST_EXPERTS)] = Field(default_factory=list)
    removed: Annotated[list[Id], Field(max_length=MOST_EXPERTS)] = Field(default_factory=list)
    added: Annotated[list[Added], Field(max_length=20)] = Field(default_factory=list)
    extra: Annotated[list[Extra], Field(max_length=20)] = Field(default_factory=list)


class Question(_Asked):
    """A whole simulation. The same question on the same data has the same answer."""

    name: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")] = ""
    source: Source
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    behaviour: Behaviour = Field(default_factory=Behaviour)
    variant: Variant = Field(default_factory=Variant)

    def document(self) -> dict[str, Any]:
        """As it is stored and told: what was not said is left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
