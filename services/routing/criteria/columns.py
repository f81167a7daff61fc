"""Requests and experts as columns of numbers, so that one operation of numpy judges a whole wave.

Experts stand in the order of their ids: with equal inputs in any order the columns are the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from services.routing.criteria.tables import Ints, Mask, Tables, tables_of
from services.routing.domain import Case, Expert

_VECTORS = ("positions", "active", "in_contract", "present", "places", "held", "recent")


@dataclass(frozen=True)
class _OfTheme:
    """The experts of a theme, as far as profiles tell: which columns they are, and what is the same in every wave."""

    columns: Ints
    ids: tuple[str, ...]
    index: dict[str, int]
    tables: Tables


@dataclass(frozen=True)
class Experts:
    """Experts as columns. `held` and `recent` change as a wave is decided; all else is the profile at one moment."""

    ids: tuple[str, ...]
    index: dict[str, int]
    """Id -> column."""
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
    _themes: dict[int, _OfTheme] = field(default_factory=dict)

    @classmethod
    def of(cls, experts: Iterable[Expert]) -> "Experts":
        """The columns of these experts, in the order of their ids."""
        people = sorted(experts, key=lambda expert: expert.id)
        return cls(
            ids=tuple(expert.id for expert in people),
            index={expert.id: column for column, expert in enumerate(people)},
            positions=np.arange(len(people)),
            tables=tables_of(people),
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

    @property
    def free(self) -> Ints:
        """How many more requests each may hold."""
        return np.asarray(np.maximum(self.places - self.held, 0))

    def of_theme(self, code: str | None) -> "Experts":
        """Those who work on a theme: all others are vetoed at once, without looking further."""
        row = self.tables.themes.row.get(code or "", len(self.tables.themes.row))
        if row not in self._themes:
            columns = np.flatnonzero(self.tables.level[row])
            ids = tuple(self.ids[column] for column in columns)
            index = {id: column for column, id in enumerate(ids)}
            self._themes[row] = _OfTheme(columns, ids, index, self.tables.only(columns))
        pool = self._themes[row]
        changes: dict[str, Any] = {name: getattr(self, name)[pool.columns] for name in _VECTORS}
        return replace(self, ids=pool.ids, index=pool.index, tables=pool.tables, _themes={}, **changes)


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


def _inverted(named: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for id, keys in named:
        for key in keys:
            found.setdefault(key, []).append(id)
    return {key: tuple(ids) for key, ids in found.items()}
