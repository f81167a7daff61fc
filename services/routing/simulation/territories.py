"""How far an expert is from a request, in provinces, and the best level that anybody offers: for the figures."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from contracts.vocabulary import province, provinces
from services.routing.criteria.territory import closeness

Document = dict[str, Any]


@cache
def steps(start: str, end: str) -> int:
    """How many borders of provinces lie between; one more than there are provinces when no way leads there."""
    seen, edge, count = {start}, {start}, 0
    while edge and end not in seen:
        about = [found for sigla in edge if (found := province(sigla))]
        edge = {near for one in about for near in one.neighbours} - seen
        seen |= edge
        count += 1
    return count if end in seen else len(provinces()) + 1


class Ground:
    """Where the experts of a scenario work, and at which level; `able`: those of them who take part in its period."""

    def __init__(self, profiles: Sequence[Document], able: Sequence[Document]) -> None:
        self._profiles: Mapping[str, Document] = {row["_id"]: row for row in profiles}
        self._able = able
        self._best: dict[tuple[str, str, str], int] = {}

    def level(self, expert: str, theme: str | None) -> int:
        """The expert's level in the theme; 0 for whoever is no expert of it any more."""
        row = self._profiles.get(expert)
        return max((one["level"] for one in row["themes"] if one["code"] == theme), default=0) if row else 0

    def best(self, theme: str, kind: str, sigla: str) -> int:
        """The highest level among all who work on such requests there, whether they are free or not."""
        key = (theme, kind, sigla)
        if key not in self._best:
            able = [row for row in self._able if kind in row["kinds"]]
            near = [row for row in able if closeness(frozenset(row["provinces"]), row.get("home"), sigla)]
            self._best[key] = max((self.level(row["_id"], theme) for row in near), default=0)
        return self._best[key]

    def away(self, expert: str, sigla: str) -> int | None:
        """Steps from the expert's home, or from the nearest province served; None for who serves all from anywhere."""
        row = self._profiles.get(expert)
        if row is None or province(sigla) is None:
            return None
        base = [row["home"]] if row.get("home") else list(row["provinces"])
        return min((steps(one, sigla) for one in base), default=None)
