"""What may be said of an expert, checked against the vocabulary: faults name the nearest valid codes."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from contracts.envelope import Id
from contracts.vocabulary import body, nearest, procedure, province, theme
from services.chassis.i18n import N_
from services.chassis.problems import invalid
from services.routing.domain import PROFESSIONS, days_off

Code = Annotated[str, Field(min_length=1, max_length=64)]
Kind = Literal["technical", "legal"]
Profession = Literal[PROFESSIONS]  # type: ignore[valid-type] # the list of the domain is the list of the API
Weekday = Annotated[int, Field(ge=1, le=7, description="1 is Monday.")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Company = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{5,20}$", description="Tax number.")]
_USUAL = 3
"""The level of a procedure that is named without one."""
_MAY_BE_NULL = ("home", "weekly_hours")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)


class Competence(BaseModel):
    """A theme that the expert works on, and how well: 1 to 5."""

    model_config = ConfigDict(extra="forbid")
    code: Code
    level: Annotated[int, Field(ge=1, le=5)]


def _each_once(themes: list[Competence]) -> list[Competence]:
    if len({theme.code for theme in themes}) < len(themes):
        raise ValueError(N_("Name each theme once, with one level."))
    return themes


Themes = Annotated[list[Competence], Field(min_length=1, max_length=50), AfterValidator(_each_once)]
Forces = Annotated[list[Code], Field(min_length=1, max_length=50)]


class Contract(BaseModel):
    """The first and the last day of the contract, both included; open where none is given."""

    model_config = ConfigDict(extra="forbid")
    first: Annotated[date | None, Field(alias="from", ge=_EARLIEST, le=_LATEST)] = None
    last: Annotated[date | None, Field(alias="to", ge=_EARLIEST, le=_LATEST)] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first and self.last and self.last < self.first:
            raise ValueError(N_("The last day must not be before the first."))
        return self


class Conflicts(BaseModel):
    """Whom the expert must not work for: bodies by code, companies by tax number."""

    model_config = ConfigDict(extra="forbid")
    bodies: Annotated[list[Code], Field(max_length=200)] = Field(default_factory=list)
    companies: Annotated[list[Company], Field(max_length=200)] = Field(default_factory=list)

    def document(self, pointer: str = "") -> dict[str, list[str]]:
        """As they are stored. Raises 422 for bodies nobody knows."""
        unknown = [n for n, code in enumerate(self.bodies) if body(code) is None]
        if unknown:
            advice = N_("No body has this code.")
            raise invalid([{"pointer": f"{pointer}/bodies/{n}", "detail": advice} for n in unknown])
        return {
            "bodies": sorted(set(self.bodies)),
            "companies": sorted({company.upper() for company in self.companies}),
        }


class Changes(BaseModel):
    """Fields of a profile to change; what is not sent stays as it is. Null takes home, hours or contract away."""

    model_config = ConfigDict(extra="forbid")
    task_forces: Forces | None = None
    themes: Themes | None = None
    procedures: Annotated[list[Competence | Code], Field(max_length=200)] | None = None
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=2)] | None = None
    profiles: Annotated[list[Profession], Field(max_length=20)] | None = None
    provinces: Annotated[list[Code], Field(max_length=120)] | None = None
    home: Code | None = None
    capacity: Annotated[int, Field(ge=0, le=200)] | None = None
    weekly_hours: Annotated[float, Field(ge=0, le=60)] | None = None
    working_days: Annotated[list[Weekday], Field(min_length=1, max_length=7)] | None = None
    languages: Annotated[list[Language], Field(max_length=20)] | None = None
    contract: Contract | None = None
    conflicts: Conflicts | None = None
    active: bool | None = None

    def document(self) -> dict[str, Any]:
        """The fields that were sent, as they are stored. Raises 422 for codes nobody knows."""
        told = self.model_dump(include=self.model_fields_set - {"id", "contract", "conflicts"})
        sent = {name: value for name, value in told.items() if value is not None or name in _MAY_BE_NULL}
        for name in ("provinces", "home"):
            sent |= {name: _upper(sent[name])} if sent.get(name) else {}
        for name in ("kinds", "profiles", "languages"):
            sent |= {name: sorted(set(sent[name]))} if name in sent else {}
        if "procedures" in sent:
            levels = [{"code": item, "level": _USUAL} if isinstance(item, str) else item for item in sent["procedures"]]
            sent["procedures"] = list({item["code"]: item for item in levels}.values())
        if "working_days" in sent:
            sent["working_days"] = sorted({day - 1 for day in sent["working_days"]})
        _check(sent)
        if "contract" in self.model_fields_set:
            sent |= _contract(self.contract or Contract())
        if self.conflicts is not None:
            sent["conflicts"] = self.conflicts.document("/conflicts")
        return sent


class Profile(Changes):
    """A new expert; no provinces means all of them, no hours that only the number of open requests counts."""

    id: Id
    task_forces: Forces
    themes: Themes
    procedures: Annotated[list[Competence | Code], Field(max_length=200)] = Field(default_factory=list)
    kinds: Annotated[list[Kind], Field(min_length=1, max_length=2)]
    provinces: Annotated[list[Code], Field(max_length=120)] = Field(default_factory=list)
    capacity: Annotated[int, Field(ge=0, le=200)]
    active: bool = True

    def document(self) -> dict[str, Any]:
        """A whole profile: what was not sent is empty."""
        return {"procedures": [], "provinces": [], "active": True} | super().document()


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
    known = [(f"/procedures/{n}", item["code"]) for n, item in enumerate(sent.get("procedures", ()))]
    wrong = [(pointer, nearest(code, "theme")) for pointer, code in (*themes, *forces) if theme(code) is None]
    wrong += [(pointer, nearest(code, "procedure")) for pointer, code in known if procedure(code) is None]
    siglas = sent.get("provinces", ())
    faults = [{"pointer": pointer, "detail": _advice(near)} for pointer, near in wrong]
    faults += [
        {"pointer": f"/provinces/{n}", "detail": N_("No province has this sigla.")}
        for n, sigla in enumerate(siglas)
        if province(sigla) is None
    ]
    if sent.get("home") and province(sent["home"]) is None:
        faults.append({"pointer": "/home", "detail": N_("No province has this sigla.")})
    if faults:
        raise invalid(faults)


def _upper(siglas: Any) -> Any:
    return siglas.upper() if isinstance(siglas, str) else sorted({sigla.upper() for sigla in siglas})


def _contract(contract: Contract) -> dict[str, Any]:
    """The days, and the instants between which the contract is in force."""
    first, last = contract.first, contract.last
    return {
        "contract": {"from": first.isoformat() if first else None, "to": last.isoformat() if last else None},
        "contract_start": days_off(first, first)[0] if first else None,
        "contract_end": days_off(last, last)[1] if last else None,
    }


def _advice(near: list[str]) -> str:
    # Codes are the same in every language, so the sentence needs no translation beyond its codes.
    return ", ".join(near) + "?" if near else N_("No such code in the vocabulary.")
