"""The figures of the board: one set of counts, read once, shown as a map and as tables that say the same."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from contracts.vocabulary import provinces, themes
from services.chassis.i18n import N_
from services.routing.pages.map import sheet
from services.routing.store.board import Count
from services.routing.store.reading import QUEUES

CLASSES = 4
"""Shades of the map beside white; each has a pattern of its own, too."""
NO_THEME = ""
_UNSORTED = N_("Without a theme")


@dataclass
class Row:
    """A task force or a province."""

    code: str
    name: str
    waiting: int = 0
    stuck: int = 0
    """Of those that wait: nobody can be asked, or a person must decide."""
    offered: int = 0
    accepted: int = 0
    shade: int = 0

    @property
    def total(self) -> int:
        """All open requests."""
        return self.waiting + self.offered + self.accepted

    def add(self, count: Count) -> None:
        """Counts in."""
        if count.state in QUEUES:
            self.waiting += count.n
            self.stuck += count.n if count.state != "ready" else 0
        else:
            setattr(self, count.state, getattr(self, count.state) + count.n)


@dataclass
class Figures:
    """What the board counts. legend: (shade, from, to) of the map."""

    total: Row
    forces: list[Row]
    provinces: list[Row]
    legend: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The same for the same figures: a page asks whether anything has changed."""
        told = repr([asdict(row) for row in (self.total, *self.forces, *self.provinces)])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def map(self) -> dict[str, Any]:
        """The drawing with the figures of each province."""
        drawn, row_of = sheet(), {row.code: row for row in self.provinces}
        shapes = [{"shape": shape, "row": row_of[shape.sigla]} for shape in drawn.shapes]
        return {"width": drawn.width, "height": drawn.height, "shapes": shapes}


def figures(
    counts: Iterable[Count], visible: Sequence[str] | None, task_force: str, province: str, language: str
) -> Figures:
    """Each table is narrowed by the filter of the other, so that both sum up to the total."""
    forces = {
        theme.code: Row(theme.code, theme.name_it if language == "it" else theme.name_en)
        for theme in themes()
        if visible is None or theme.code in visible
    }
    if visible is None:
        forces[NO_THEME] = Row(NO_THEME, _UNSORTED)
    places = {place.sigla: Row(place.sigla, place.name) for place in provinces()}
    total = Row("", "")
    for count in counts:
        theme = count.theme or NO_THEME
        here, of_force = province in ("", count.province), task_force in ("", theme)
        if theme in forces and here:
            forces[theme].add(count)
        if count.province in places and of_force and theme in forces:
            places[count.province].add(count)
        if here and of_force and theme in forces:
            total.add(count)
    found = Figures(total, list(forces.values()), sorted(places.values(), key=lambda row: row.name))
    found.legend = _shaded(found.provinces)
    return found


def _shaded(rows: Sequence[Row]) -> list[tuple[int, int, int]]:
    """Equal steps from 1 to the greatest number; none is white."""
    most = max((row.total for row in rows), default=0)
    step = max(-(-most // CLASSES), 1)
    for row in rows:
        row.shade = min(-(-row.total // step), CLASSES)
    steps = [(shade, (shade - 1) * step + 1, min(shade * step, most)) for shade in range(1, CLASSES + 1)]
    return [(0, 0, 0), *((shade, first, last) for shade, first, last in steps if first <= last)]
