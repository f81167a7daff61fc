"""What experts' profiles say, as tables of numbers.

Every table of an expert's codes has one row for each code that any expert names, and a last row for all others. So
judging looks rows up by position and never compares text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from contracts.vocabulary import procedure, provinces
from services.routing.criteria.territory import closeness
from services.routing.domain import Expert

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


def tables_of(people: Sequence[Expert]) -> Tables:
    """The tables of these experts, in their order."""
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
