"""Experts from a sheet, line by line: a line is taken whole or not at all, and each line says what became of it.

The sheet is read as it arrives, some lines at a time. An expert whose profile is as the line says stays untouched, so
the same file sent again changes nothing. A dry run asks and checks everything, and writes nothing, here or at intake.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.chassis.access import ACCESS
from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid
from services.chassis.work import Work
from services.routing.bulk.newcomers import Newcomers
from services.routing.bulk.sheet import Fault, NotASheet, column_of, header_of, lines_of, read_line
from services.routing.desk import manages
from services.routing.directory import Directory, Enrolled
from services.routing.handlers import experts
from services.routing.handlers.entitlement import role_of
from services.routing.store import EXPERTS

AT_ONCE = 50
MOST = 2_000
Check = Callable[[dict[str, Any]], dict[str, Any]]
"""A profile as the API takes it -> as it is stored. Raises 422."""
NOT_TAKEN = N_("This cannot be taken: it is too long, is no such thing, or holds signs that nobody types.")
_WHO: dict[str, str] = {
    "unknown": N_("Nobody is known by this: give a name, too, and the person is created."),
    "ambiguous": N_("Several persons use this address: name the person by id."),
    "erased": N_("This person was erased: create the person anew first."),
    "not_taken": NOT_TAKEN,
}
_NEW: dict[str, Any] = {"procedures": [], "provinces": [], "active": True}
"""What a new expert has where the sheet says nothing; of a known one that stays as it is."""
_TWICE = N_("The same person stands in an earlier line.")
_DAYS = N_("The last day must not be before the first.")
_NOT_YOURS = N_("You do not direct this task force.")
_TOO_MANY = N_("At most 2000 lines at once.")


@dataclass
class Line:
    """A line of the sheet, and what became of it: created, updated, unchanged or refused."""

    number: int
    person: dict[str, Any]
    fields: dict[str, Any] | None
    faults: list[Fault] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    """What stands in its cells."""
    expert: str | None = None
    outcome: str = "refused"

    def refuse(self, column: str, detail: str) -> None:
        """Says why it is not taken."""
        self.faults.append({"column": column, "detail": detail})


class Importing:
    """Imports sheets."""

    def __init__(self, executor: Executor, directory: Directory, check: Check) -> None:
        self._executor = executor
        self._directory = directory
        self._check = check

    async def run(self, chunks: AsyncIterator[str], caller: Caller, *, dry_run: bool) -> list[Line]:
        """Every line with its outcome. Raises 422 for what is no sheet of experts."""
        done: list[Line] = []
        batch: list[Line] = []
        seen, newcomers = set[str](), Newcomers()
        header: tuple[list[str], str] | None = None
        number = 0
        async for text in lines_of(chunks):
            number += 1
            if header is None:
                header = _header(text)
            elif text.strip():
                batch.append(self._line(number, text, header, caller))
            if len(done) + len(batch) > MOST:
                raise invalid([{"pointer": "", "detail": _TOO_MANY}])
            if len(batch) == AT_ONCE:
                done += await self._take(batch, caller, seen, newcomers, dry_run)
                batch = []
        if header is None:
            raise invalid([{"pointer": "", "detail": N_("The sheet is empty.")}])
        return [*done, *await self._take(batch, caller, seen, newcomers, dry_run)]

    def _line(self, number: int, text: str, header: tuple[list[str], str], caller: Caller) -> Line:
        person, profile, faults = read_line(text, *header)
        line = Line(number, person, None, faults, profile)
        try:
            line.fields = self._check(profile)
        except Problem as problem:
            told = {fault["column"] for fault in faults}
            for error in problem.errors:
                column = column_of(error["pointer"])
                if column not in told:
                    line.refuse(column, error["detail"])
        if line.fields and not manages(caller, line.fields.get("task_forces", [])) and "task_forces" in line.fields:
            line.refuse("task_force", _NOT_YOURS)
        return line

    async def _take(
        self, lines: list[Line], caller: Caller, seen: set[str], newcomers: Newcomers, dry_run: bool
    ) -> list[Line]:
        good = [line for line in lines if not line.faults]
        if newcomers.are_in_doubt(good):
            found = await self._directory.enrol([line.person for line in good], dry_run=True)
            newcomers.refuse(good, found, await self._profiles([who.id for who in found if who.id]))
            good = [line for line in good if not line.faults]
        people = await self._directory.enrol([line.person for line in good], dry_run=dry_run) if good else []
        for line, who in zip(good, people, strict=True):
            newcomers.note(line, who)
            _recognise(line, who, seen)
        ready = [line for line in good if line.expert and not line.faults]
        ids = [str(line.expert) for line in ready]
        if ready:
            await self._executor.run({EXPERTS: ids, ACCESS: ids}, lambda work: _keep(work, ready, caller, dry_run))
        return lines

    async def _profiles(self, ids: list[str]) -> dict[str, Document]:
        return await self._executor.run(
            {EXPERTS: ids}, lambda work: {id: known for id in ids if (known := work.get(EXPERTS, id))}
        )


def _recognise(line: Line, who: Enrolled, seen: set[str]) -> None:
    column = column_of(who.field or ("id" if "id" in line.person else "email"))
    if who.id is None:
        line.refuse(column, _WHO[who.outcome])
    elif who.id in seen:
        line.refuse(column, _TWICE)
    else:
        line.expert = who.id
        seen.add(who.id)


def _keep(work: Work, lines: Sequence[Line], caller: Caller, dry_run: bool) -> None:
    for line in lines:
        id = str(line.expert)
        known = work.get(EXPERTS, id)
        fields = _completed(line, known or {})
        line.faults = []
        if known and not manages(caller, known["task_forces"]):
            line.outcome = "refused"
            line.refuse("task_force", _NOT_YOURS)
        elif _out_of_order(fields):
            line.outcome = "refused"
            line.refuse("contratto_al" if "to" in line.told["contract"] else "contratto_dal", _DAYS)
        elif known and _same(known, fields):
            line.outcome = "unchanged"
        else:
            line.outcome = "updated" if known else "created"
            whole = fields if known else _NEW | fields
            if not dry_run:
                experts.keep_profile(work, id, whole | role_of(work.get(ACCESS, id), work.now))


def _completed(line: Line, known: Document) -> dict[str, Any]:
    """The fields as they will be stored. Of conflicts and contract a line may tell one half: the other stays."""
    fields, told = dict(line.fields or {}), line.told
    for name in ("conflicts", "contract"):
        if name in told:
            kept = {half: value for half, value in known.get(name, {}).items() if half not in told[name]}
            fields[name] = fields[name] | kept
    for half, instant in (("from", "contract_start"), ("to", "contract_end")):
        if "contract" in told and half not in told["contract"] and instant in known:
            fields[instant] = known[instant]
    return fields


def _out_of_order(fields: dict[str, Any]) -> bool:
    start, end = fields.get("contract_start"), fields.get("contract_end")
    return bool(start and end and end <= start)


def _same(known: Document, fields: dict[str, Any]) -> bool:
    return all(known.get(name) == value for name, value in fields.items())


def _header(text: str) -> tuple[list[str], str]:
    try:
        return header_of(text)
    except NotASheet as error:
        detail = N_("The first line must name the columns of the sheet. Look at: {columns}")
        raise Problem(422, N_("This is no sheet of experts"), detail, values={"columns": str(error)}) from error
