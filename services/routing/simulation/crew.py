"""The experts in simulated time: what `matcher.roster` is in the real one.

Profiles and loads are the documents that routing keeps, read by the same functions; who is there is looked at anew
whenever the day of now or the day by which an answer is due changes, or an absence or a contract begins or ends.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from services.routing.criteria import Experts
from services.routing.domain import ROME, Case, Expert
from services.routing.handlers import experts
from services.routing.handlers.presence import may_keep, turning_points
from services.routing.rules.model import Rules

Document = dict[str, Any]
_AHEAD = timedelta(hours=1)


class Crew:
    """Who can be asked, and who holds what."""

    def __init__(
        self, profiles: Sequence[Document], loads: Mapping[str, Document], rules: Rules, start: datetime
    ) -> None:
        self._rules = rules
        self._profiles = {row["_id"]: row for row in sorted(profiles, key=lambda row: str(row["_id"]))}
        self._loads: dict[str, Document] = {
            id: {"held": [], "recent": {}, "worked": [], **loads.get(id, {})} for id in self._profiles
        }
        for load in self._loads.values():
            load.update(held=list(load["held"]), recent=dict(load["recent"]), worked=list(load["worked"]))
        self.turning: dict[datetime, list[str]] = {}
        """Moment -> who comes or goes then."""
        for id, row in self._profiles.items():
            for at in turning_points(row, start):
                self.turning.setdefault(at, []).append(id)
        self.turns = sorted(self.turning)
        due = experts.answer_due(start, rules)
        self._known = {
            id: experts.to_match(row, self._loads[id], start, due, rules) for id, row in self._profiles.items()
        }
        self.columns = Experts.of(self._known.values())
        self._alone: dict[str, Experts] = {}
        self._mark: tuple[Any, ...] = self._marked(start)
        self._same_until = start
        self._since = np.full(len(self.columns.ids), start.timestamp())
        self.busy = np.zeros(len(self.columns.ids))
        """Seconds of places taken, by expert."""
        self.received = np.zeros(len(self.columns.ids), np.int64)

    def look(self, now: datetime) -> list[str]:
        """Brings it up to date; returns who is there now and was not when looked at last."""
        if now < self._same_until:
            return []
        mark, later = self._marked(now), now + _AHEAD
        # Days and turns only grow: what is the same at both ends of an hour is the same all through it.
        self._same_until = later if self._marked(later) == mark else now
        if mark == self._mark:
            return []
        self._mark, back = mark, list[str]()
        due, columns = experts.answer_due(now, self._rules), self.columns
        for column, id in enumerate(columns.ids):
            one, load = self._known[id], self._loads[id]
            was_there = one.there
            load["recent"] = experts.received(load, now)
            experts.as_of(one, self._profiles[id], load, now, due)
            columns.present[column], columns.in_contract[column] = one.present, one.in_contract
            columns.recent[column] = one.recent
            if one.there and not was_there:
                back.append(id)
        return back

    def keeps(self, id: str, expires_at: datetime, now: datetime) -> bool:
        """Whether an unanswered offer may stay with an expert."""
        if self.there(id):
            return True
        return may_keep(self._profiles[id], now, experts.answer_due(now, self._rules), expires_at)

    def there(self, id: str) -> bool:
        """Whether an expert can be asked at all."""
        return id in self._known and self._known[id].there

    def free(self, id: str) -> int:
        """How many more requests an expert may hold now."""
        column = self.columns.index.get(id)
        if column is None or not self.there(id):
            return 0
        return int(self.columns.free[column])

    def expert(self, id: str) -> Expert:
        """An expert as matching sees one; places taken and requests received are in the columns."""
        return self._known[id]

    def alone(self, id: str) -> Experts:
        """An expert who is there and has a place: what is left is whether a request suits them."""
        if id not in self._alone:
            there = replace(self._known[id], active=True, present=True, in_contract=True, worked=frozenset())
            self._alone[id] = Experts.of([replace(there, held=0, capacity=1, hours=None)])
        return self._alone[id]

    def hold(self, id: str, assignment: str) -> None:
        """A place that is taken when the period begins."""
        self._loads[id]["held"].append(assignment)
        self.columns.held[self.columns.index[id]] += 1

    def take(self, id: str, assignment: str, now: datetime) -> None:
        """A place less, a request received more."""
        load, column = self._loads[id], self._moved(id, now)
        day = now.astimezone(ROME).date().isoformat()
        load["held"].append(assignment)
        load["recent"][day] = load["recent"].get(day, 0) + 1
        self.columns.held[column] += 1
        self.columns.recent[column] += 1
        self.received[column] += 1

    def release(self, id: str, assignment: str, now: datetime) -> None:
        """A place more."""
        column = self._moved(id, now)
        self._loads[id]["held"].remove(assignment)
        self.columns.held[column] -= 1

    def remember(self, id: str, case: Case) -> bool:
        """An expert works for a body on a procedure; whether that is new."""
        worked, load = [case.body, case.procedure], self._loads[id]
        if worked in load["worked"]:
            return False
        load["worked"].append(worked)
        for key in experts.worked_keys(worked):
            known = self.columns.worked.get(key, ())
            self.columns.worked[key] = known if id in known else (*known, id)
        if len(load["worked"]) > experts.WORKED_KEPT:
            self._forget(id, load["worked"].pop(0))
        return True

    def _forget(self, id: str, worked: list[str | None]) -> None:
        kept = {key for pair in self._loads[id]["worked"] for key in experts.worked_keys(pair)}
        for key in set(experts.worked_keys(worked)) - kept:
            self.columns.worked[key] = tuple(other for other in self.columns.worked[key] if other != id)

    def close(self, now: datetime) -> None:
        """Counts the places that are still taken."""
        for id in self.columns.ids:
            self._moved(id, now)

    def _moved(self, id: str, now: datetime) -> int:
        column, at = self.columns.index[id], now.timestamp()
        self.busy[column] += self.columns.held[column] * (at - self._since[column])
        self._since[column] = at
        return column

    def _marked(self, now: datetime) -> tuple[Any, ...]:
        due = experts.answer_due(now, self._rules)
        days = (now.astimezone(ROME).date(), due.astimezone(ROME).date())
        return (*days, bisect_right(self.turns, now), bisect_right(self.turns, due))
