"""What people do about recorded actions, for API and pages alike. Experts see and change their own entries only.

Coordinators read the entries of the work that they coordinate, and totals of their task force by request and kind of
action: no list sorts or sums persons.
"""

import csv
import io
from collections.abc import Iterable
from typing import Any

from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.preconditions import Seen, version_tag
from services.chassis.problems import Problem, forbidden, not_found
from services.chassis.work import Work
from services.routing.desk import manages, sees
from services.routing.handlers import actions
from services.routing.store import ACTIONS, ASSIGNMENTS
from services.routing.store.actions import Actions
from services.routing.store.reading import Reading

_COLUMNS = ("day", "number", "task_force", "kind", "minutes", "note", "recorded_at", "changed_at")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Worklog:
    """Entries of work."""

    def __init__(self, store: Actions, reading: Reading, executor: Executor) -> None:
        self._store = store
        self._reading = reading
        self._executor = executor

    async def assignment(self, id: str, caller: Caller) -> Document:
        """An assignment whose entries the caller may see: one's own, or one that the caller coordinates."""
        found = await self._reading.one(ASSIGNMENTS, id)
        if found is None or not sees(caller, found):
            raise not_found()
        if not (works_on(caller, found) or manages(caller, [found["task_force"]])):
            raise forbidden()
        return found

    async def entries(self, assignment: Document, caller: Caller) -> list[Document]:
        """The entries about an assignment that the caller may see, newest day first."""
        everybodys = manages(caller, [assignment["task_force"]])
        return await self._store.of_assignment(assignment["_id"], None if everybodys else caller.id)

    async def spent(self, person: str, day: str, without: str | None = None) -> int:
        """The minutes that somebody has recorded on a day, but for one entry."""
        return await self._store.minutes_on(person, day, without)

    def recording(self, work: Work, id: str, caller: Caller, entry: dict[str, Any], spent: int) -> Document:
        """Writes an entry; the assignment was loaded. spent: what the day holds already."""
        assignment = work.get(ASSIGNMENTS, id)
        if assignment is None or not works_on(caller, assignment):
            raise not_found()
        if assignment["accepted_at"] is None:
            raise Problem(409, N_("The request is not yours yet"), N_("Accept it before you record what you do."))
        actions.check_minutes(entry["minutes"], spent)
        return actions.record(work, assignment, str(caller.id), entry)

    async def record(self, id: str, caller: Caller, entry: dict[str, Any]) -> Document:
        """Writes an entry."""
        spent = await self.spent(str(caller.id), entry["day"])
        keys = {ASSIGNMENTS: [id]}
        return await self._executor.run(keys, lambda work: self.recording(work, id, caller, entry, spent))

    async def correct(self, id: str, action: str, caller: Caller, changes: dict[str, Any], seen: Seen) -> Document:
        """Corrects an entry of the caller's own; 412 when it is not what was seen."""

        def decide(work: Work) -> Document:
            known, assignment = work.get(ACTIONS, action), work.get(ASSIGNMENTS, id)
            if known is None or assignment is None or known["assignment"] != id or known["expert"] != caller.id:
                raise not_found()
            if not seen.covers(version_tag(known["version"])):
                raise Problem(412, N_("It changed meanwhile"), N_("Load the entry again, then repeat the change."))
            after = known | changes
            if _adds(known, after):
                actions.check_minutes(after["minutes"], spent.get(after["day"], 0))
            return actions.correct(work, assignment, known, changes)

        found = await self._store.one(action)
        days = {row["day"] for row in (found, changes) if row and "day" in row}
        spent = {day: await self.spent(str(caller.id), day, action) for day in days}
        return await self._executor.run({ACTIONS: [action], ASSIGNMENTS: [id]}, decide)

    async def month(self, person: str, month: str) -> list[Document]:
        """A person's entries in a month."""
        return await self._store.of_person(person, [month])

    async def months(self, person: str, months: list[str]) -> list[Document]:
        """A person's entries in some months."""
        return await self._store.of_person(person, months)

    async def task_force(self, code: str, month: str, caller: Caller) -> dict[str, Any]:
        """The totals of a task force that the caller coordinates."""
        if not manages(caller, [code]):
            raise forbidden()
        return await self._store.of_task_force(code, month)


def works_on(caller: Caller, assignment: Document) -> bool:
    """Whether the caller is the lead of an assignment, or helps."""
    return caller.has("expert") and caller.id in assignment["people"]


def _adds(known: Document, after: Document) -> bool:
    """Whether a correction adds to a day: one that is over 24 hours can still be put right step by step."""
    another = known["withdrawn"] or after["day"] != known["day"]
    return not after["withdrawn"] and (another or after["minutes"] > known["minutes"])


def minutes_of(rows: Iterable[Document]) -> int:
    """The sum of what still stands."""
    return sum(row["minutes"] for row in rows if not row["withdrawn"])


def by_request(rows: Iterable[Document]) -> list[tuple[str, str, int]]:
    """Number, assignment and minutes of each request, the one that took most first."""
    found: dict[tuple[str, str], int] = {}
    for row in rows:
        if not row["withdrawn"]:
            key = (row["number"], row["assignment"])
            found[key] = found.get(key, 0) + row["minutes"]
    return sorted(((number, id, minutes) for (number, id), minutes in found.items()), key=lambda it: (-it[2], it[0]))


def csv_of(rows: Iterable[Document]) -> str:
    """The entries that stand, for a spreadsheet: no cell is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for row in rows:
        if not row["withdrawn"]:
            writer.writerow([_cell(row[name]) for name in _COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> str:
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
