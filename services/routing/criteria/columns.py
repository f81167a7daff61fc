"""Requests and experts as columns of numbers, so that one operation of numpy judges a whole wave.

Every table of an expert's codes has one row for each code that any expert names, and a last row for all others. So
judging looks rows up by position and never compares text. Experts stand in the order of their ids: with equal inputs
in any order the columns are the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from contracts.vocabulary import procedure, provinces
from services.routing.criteria.territory import closeness
from services.routing.domain import Case, Expert

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Codes:
    """Code -> row of a table; what nobody names is the last row."""

    row: dict[str, int]

    @classmethod
    def of(cls, codes: Iterable[str]) -> "Codes":
        return cls({code: number for number, code in enumerate(sorted(set(codes)))})

    def rows(self, codes: Iterable[str | None]) -> Ints:
        """The rows of these codes."""
        other = len(self.row)
        return np.array([self.row.get(code, other) if code else other for code in codes], np.int64)


@dataclass(frozen=True)
class Tables:
    """What experts' profiles say, one column an expert."""

    themes: Codes
    level: Levels
    names_procedures: Mask
    """Row a theme: the expert names procedures of this theme, so covers only those."""
    procedures: Codes
    procedure_level: Levels
    kinds: Codes
    gives: Mask
    provinces: Codes
    closeness: Floats

    def only(self, columns: Ints) -> "Tables":
        """The same of some experts."""
        names = ("level", "names_procedures", "procedure_level", "gives", "closeness")
        return replace(self, **{name: getattr(self, name)[:, columns] for name in names})


@dataclass(frozen=True)
class Experts:
    """Experts as columns. `held` and `recent` change as a wave is decided; all else is the profile at one moment."""

    ids: tuple[str, ...]
    positions: Ints
    """Where each stands among all experts."""
    tables: Tables
    active: Mask
    in_contract: Mask
    present: Mask
    places: Ints
    held: Ints
    recent: Ints
    conflicts: dict[str, tuple[str, ...]]
    """Body or company -> the experts who declared a conflict of interest."""
    worked: dict[str, tuple[str, ...]]
    """Body, procedure, or `body/procedure` -> the experts who worked for the body, on the procedure, or both."""
    back: dict[str, datetime]
    """Who is away or not under contract -> the moment at which that ends."""
    _themes: dict[int, Tables] = field(default_factory=dict)

    @classmethod
    def of(cls, experts: Iterable[Expert]) -> "Experts":
        """The columns of these experts, in the order of their ids."""
        people = sorted(experts, key=lambda expert: expert.id)
        return cls(
            ids=tuple(expert.id for expert in people),
            positions=np.arange(len(people)),
            tables=_tables(people),
            active=np.array([expert.active for expert in people], bool),
            in_contract=np.array([expert.in_contract for expert in people], bool),
            present=np.array([expert.present for expert in people], bool),
            places=np.array([expert.places for expert in people], np.int64),
            held=np.array([expert.held for expert in people], np.int64),
            recent=np.array([expert.recent for expert in people], np.int64),
            conflicts=_inverted((expert.id, expert.conflicts) for expert in people),
            worked=_inverted((expert.id, expert.worked) for expert in people),
            back={expert.id: expert.back for expert in people if expert.back},
        )

    @cached_property
    def index(self) -> dict[str, int]:
        """Id -> column."""
        return {id: number for number, id in enumerate(self.ids)}

    @property
    def free(self) -> Ints:
        """How many more requests each may hold."""
        return np.asarray(np.maximum(self.places - self.held, 0))

    def of_theme(self, code: str | None) -> "Experts":
        """Those who work on a theme: all others are vetoed at once, without looking further."""
        row = self.tables.themes.row.get(code or "", len(self.tables.themes.row))
        columns = np.flatnonzero(self.tables.level[row])
        if row not in self._themes:
            self._themes[row] = self.tables.only(columns)
        vectors = ("positions", "active", "in_contract", "present", "places", "held", "recent")
        ids = tuple(self.ids[column] for column in columns)
        changes: dict[str, Any] = {name: getattr(self, name)[columns] for name in vectors}
        return replace(self, ids=ids, tables=self._themes[row], _themes={}, **changes)


@dataclass(frozen=True)
class Requests:
    """Requests as columns over the tables of some experts; the ragged parts stay as they are."""

    cases: Sequence[Case]
    theme: Ints
    procedure: Ints
    names_procedure: Mask
    kind: Ints
    province: Ints

    @classmethod
    def of(cls, cases: Sequence[Case], experts: Experts) -> "Requests":
        """The columns of these requests, in their order."""
        tables = experts.tables
        return cls(
            cases=cases,
            theme=tables.themes.rows(case.theme for case in cases),
            procedure=tables.procedures.rows(case.procedure for case in cases),
            names_procedure=np.array([case.procedure is not None for case in cases], bool),
            kind=tables.kinds.rows(case.kind for case in cases),
            province=tables.provinces.rows(case.province for case in cases),
        )

    def marked(self, experts: Experts, who: Iterable[Iterable[str]]) -> Mask:
        """A mask of the experts named for each request."""
        mask = np.zeros((len(self.cases), len(experts.ids)), bool)
        for row, ids in enumerate(who):
            for id in ids:
                column = experts.index.get(id)
                if column is not None:
                    mask[row, column] = True
        return mask


def _tables(people: Sequence[Expert]) -> Tables:
    themes = Codes.of(code for expert in people for code in expert.levels)
    known = Codes.of(code for expert in people for code in expert.procedures)
    kinds = Codes.of(kind for expert in people for kind in expert.kinds)
    places = Codes.of(item.sigla for item in provinces())
    shape = len(people)
    tables = Tables(
        themes=themes, level=np.zeros((len(themes.row) + 1, shape), np.int8),
        names_procedures=np.zeros((len(themes.row) + 1, shape), bool),
        procedures=known, procedure_level=np.zeros((len(known.row) + 1, shape), np.int8),
        kinds=kinds, gives=np.zeros((len(kinds.row) + 1, shape), bool),
        provinces=places, closeness=np.zeros((len(places.row) + 1, shape)),
    )  # fmt: skip
    for column, expert in enumerate(people):
        _fill(tables, column, expert)
    return tables


def _fill(tables: Tables, column: int, expert: Expert) -> None:
    for code, level in expert.levels.items():
        tables.level[tables.themes.row[code], column] = level
    for code, level in expert.procedures.items():
        tables.procedure_level[tables.procedures.row[code], column] = level
        about = procedure(code)
        if about and about.theme in expert.levels:
            tables.names_procedures[tables.themes.row[about.theme], column] = True
    for kind in expert.kinds:
        tables.gives[tables.kinds.row[kind], column] = True
    for sigla, row in tables.provinces.row.items():
        tables.closeness[row, column] = closeness(expert.provinces, expert.home, sigla)
    tables.closeness[-1, column] = closeness(expert.provinces, expert.home, "")


def _inverted(named: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for id, keys in named:
        for key in keys:
            found.setdefault(key, []).append(id)
    return {key: tuple(ids) for key, ids in found.items()}
