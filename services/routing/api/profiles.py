"""What may be said of an expert, checked against the vocabulary: faults name the nearest valid codes."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.envelope import Id
from contracts.vocabulary import nearest, procedure, province, theme
from services.chassis.i18n import N_
from services.chassis.problems import invalid
from services.routing.domain import days_off

Code = Annotated[str, Field(min_length=1, max_length=64)]
Kind = Literal["technical", "legal"]
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)


class Competence(BaseModel):
    """A theme that the expert works on, and how well: 1 to 5."""

    model_config = ConfigDict(extra="forbid")
    code: Code
    level: Annotated[int, Field(ge=1, le=5)]


class Changes(BaseModel):
    """Fields of a profile to change; what is not sent stays as it is."""

    model_config = ConfigDict(extra="forbid")
    task_forces: Annotated[list[Code], Field(max_length=50)] | None = None
    themes: Annotated[list[Competence], Field(min_length=1, max_length=50)] | None = None
    procedures: Annotated[list[Code], Field(max_length=200)] | None = None
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=2)] | None = None
    provinces: Annotated[list[Code], Field(max_length=120)] | None = None
    capacity: Annotated[int, Field(ge=0, le=200)] | None = None
    active: bool | None = None

    def document(self) -> dict[str, Any]:
        """The fields that were sent, as they are stored. Raises 422 for codes nobody knows."""
        sent = {name: value for name, value in self.model_dump(exclude={"id"}).items() if value is not None}
        if "provinces" in sent:
            sent["provinces"] = sorted({sigla.upper() for sigla in sent["provinces"]})
        if "kinds" in sent:
            sent["kinds"] = sorted(set(sent["kinds"]))
        _check(sent)
        return sent


class Profile(Changes):
    """A new expert; no provinces means all of them."""

    id: Id
    task_forces: Annotated[list[Code], Field(min_length=1, max_length=50)]
    themes: Annotated[list[Competence], Field(min_length=1, max_length=50)]
    procedures: Annotated[list[Code], Field(max_length=200)] = Field(default_factory=list)
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=2)]
    provinces: Annotated[list[Code], Field(max_length=120)] = Field(default_factory=list)
    capacity: Annotated[int, Field(ge=0, le=200)]
    active: bool = True


class Absence(BaseModel):
    """Days on which the expert is away, the first and the last included."""

    model_config = ConfigDict(extra="forbid")
    first: date = Field(alias="from", ge=_EARLIEST, le=_LATEST)
    last: date = Field(alias="to", ge=_EARLIEST, le=_LATEST)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError(N_("The last day must not be before the first."))
        return self

    def document(self) -> dict[str, Any]:
        """As it is stored: the days, and the instants between which the expert is away."""
        start, end = days_off(self.first, self.last)
        return {"from": self.first.isoformat(), "to": self.last.isoformat(), "start": start, "end": end}


def _check(sent: dict[str, Any]) -> None:
    themes = [(f"/themes/{n}/code", item["code"]) for n, item in enumerate(sent.get("themes", ()))]
    forces = [(f"/task_forces/{n}", code) for n, code in enumerate(sent.get("task_forces", ()))]
    known = [(f"/procedures/{n}", code) for n, code in enumerate(sent.get("procedures", ()))]
    wrong = [(pointer, nearest(code, "theme")) for pointer, code in (*themes, *forces) if theme(code) is None]
    wrong += [(pointer, nearest(code, "procedure")) for pointer, code in known if procedure(code) is None]
    siglas = sent.get("provinces", ())
    faults = [{"pointer": pointer, "detail": _advice(near)} for pointer, near in wrong]
    faults += [
        {"pointer": f"/provinces/{n}", "detail": N_("No province has this sigla.")}
        for n, sigla in enumerate(siglas)
        if province(sigla) is None
    ]
    if faults:
        raise invalid(faults)


def _advice(near: list[str]) -> str:
    # Codes are the same in every language, so the sentence needs no translation beyond its codes.
    return ", ".join(near) + "?" if near else N_("No such code in the vocabulary.")
