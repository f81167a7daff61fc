"""Many requests from one file: each line becomes a request or is told why not; none is half a request.

A line has a key, and the request's id derives from it: sent again it is the same request. The key is what the sender
calls it (`external_id`), or else what it says, in its place among lines that say the same; both within the sender and
the `batch` that the sender names. Lines are read, checked and stored some hundred at a time, so memory holds no more of
a file than the keys of its lines.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from pydantic import ValidationError

from contracts.envelope import derived_id
from services.chassis.auth import Caller
from services.chassis.errors import TransientError
from services.chassis.i18n import N_
from services.chassis.mongo import Document, is_infrastructure
from services.chassis.problems import Problem
from services.chassis.saving import AlreadyExists
from services.chassis.validation import problem_of
from services.chassis.work import Work
from services.intake.domain.tables import Header, Row, Unusable, fields_of, read_header, rows
from services.intake.handlers.checking import check_request
from services.intake.handlers.line_reading import some, texts
from services.intake.handlers.line_reports import Line, Say, fault_of, faults_of
from services.intake.handlers.parts import Parts
from services.intake.handlers.quotas import Meter
from services.intake.handlers.submission import NewRequest, Submission, prepare, submit
from services.intake.store.quotas import Lease, give_back
from services.intake.store.requests import REQUESTS

MOST_LINES = 100_000
_AT_ONCE = 250
_LONGEST_KEY = 200


New = tuple[Row, Submission, list[Lease]]
"""A line that becomes a request, and what it took of the quota."""


@dataclass
class Import:
    """One import. most: lines that are taken. meter: what the caller may still create."""

    parts: Parts
    caller: Caller
    say: Say
    dry_run: bool = False
    batch: str = ""
    most: int = field(default_factory=lambda: MOST_LINES)
    meter: Meter | None = None
    counts: Counter[str] = field(default_factory=Counter)
    _said: Counter[str] = field(default_factory=Counter)
    _lines: dict[str, int] = field(default_factory=dict)
    """The line on which a key stood first."""
    _end: Unusable | None = None

    async def run(self, file: BinaryIO) -> AsyncIterator[Line]:
        """A report for each line, in their order, and a summary at the end."""
        stopped: Line | None = None
        try:
            lines = texts(file)
            header = read_header(next(lines, ""))
            records = rows(lines, header)
            while batch := await asyncio.to_thread(some, records, _AT_ONCE):
                room = self.most - sum(self.counts.values())
                for report in await self._take(batch.good[:room], header):
                    yield report
                if self._end is None and len(batch.good) > room:
                    text = N_("The file has more than {most} lines. Send the rest as another file.")
                    raise Unusable(text, batch.good[room][0], most=self.most)
                if fault := self._end or batch.fault:
                    raise fault
        except Unusable as fault:
            stopped = fault_of(self.say, fault)
        except Exception as error:
            if not (isinstance(error, TransientError) or is_infrastructure(error)):
                raise
            text = N_("The service was away for a moment. Send the file again: what is there is not taken twice.")
            stopped = {"detail": self.say(text)}
        names = ("imported", "valid", "already", "refused")
        facts = {name: self.counts[name] for name in names} | {"lines": sum(self.counts.values())}
        yield {"summary": {**facts, "dry_run": self.dry_run, "stopped": stopped}}

    async def _take(self, batch: list[tuple[int, Row | Unusable]], header: Header) -> list[Line]:
        reports: dict[int, Line] = {}
        wanted: dict[str, tuple[Row, NewRequest, str]] = {}
        for line, row in batch:
            try:
                if isinstance(row, Unusable):
                    raise row
                form = _form(row)
                key, digest = self._key(row, form)
                if (earlier := self._lines.setdefault(key, line)) != line:
                    text = N_("The same external_id stands on line {earlier} already.")
                    raise Unusable(text, line, "external_id", earlier=earlier)
                wanted[key] = (row, form, digest)
                reports[line] = {}
            except (Unusable, Problem) as fault:
                reports[line] = {"line": line, "status": "refused", "errors": faults_of(self.say, fault, header)}
        known = {row["_id"]: row for row in await self.parts.stores.requests.by_ids(wanted)}
        new: list[New] = []
        for key, (row, form, digest) in wanted.items():
            facts = {"line": row.line, "external_id": row.cells.get("external_id")}
            try:
                outcome = await self._judge(key, form, digest, known.get(key), new, row)
                reports[row.line] = facts | outcome
            except Problem as fault:
                reports[row.line] = facts | {"status": "refused", "errors": faults_of(self.say, fault, header)}
            except Unusable as fault:
                self._end = fault  # Nothing more may be made; what was promised so far is.
                break
        reports = {line: report for line, report in reports.items() if report}
        await self._store(new, wanted, reports)
        self.counts.update(report["status"] for report in reports.values())
        return [reports[line] for line in sorted(reports)]

    async def _judge(
        self, key: str, form: NewRequest, digest: str, known: Document | None, new: list[New], row: Row
    ) -> Line:
        if known is not None:
            return _earlier(known, digest)
        if self.dry_run:
            await check_request(self.parts, self.caller, form, form.channel or "api", imported=True)
            return {"status": "valid"}
        try:
            taken = await self.meter.take() if self.meter else []
        except Problem as problem:
            raise Unusable(problem.detail, row.line, "", (), **problem.values) from problem
        try:
            prepared = await prepare(self.parts, self.caller, form, "api", key, imported=True)
        except Exception:
            give_back(taken)
            raise
        new.append((row, prepared, taken))
        return {"status": "imported", "number": prepared.number}

    async def _store(
        self,
        new: list[New],
        wanted: dict[str, tuple[Row, NewRequest, str]],
        reports: dict[int, Line],
    ) -> None:
        """All at once: the group commit makes few transactions of them, and one that fails fails alone."""
        runs = [
            self.parts.executor.run({}, partial(_submit, submission=each, digest=wanted[each.id][2]))
            for _, each, _ in new
        ]
        outcomes = await asyncio.gather(*runs, return_exceptions=True)
        for (row, each, taken), outcome in zip(new, outcomes, strict=True):
            if isinstance(outcome, AlreadyExists):
                # Another import of the same lines was quicker, and counts them.
                give_back(taken)
                found = await self.parts.stores.requests.by_ids([each.id])
                reports[row.line] |= _earlier(found[0], wanted[each.id][2])
            elif isinstance(outcome, BaseException):
                raise outcome

    def _key(self, row: Row, form: NewRequest) -> tuple[str, str]:
        content = json.dumps(form.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()
        given = row.cells.get("external_id", "").strip()
        if len(given) > _LONGEST_KEY:
            raise Unusable(N_("An external_id has at most 200 characters."), row.line, "external_id")
        if not given:
            self._said[digest] += 1
        place = ("id", given) if given else ("line", digest, str(self._said[digest]))
        return derived_id("import", self.caller.id or "", self.batch, *place), digest


def _form(row: Row) -> NewRequest:
    try:
        return NewRequest.model_validate(fields_of(row))
    except ValidationError as error:
        raise problem_of(error) from error


def _submit(work: Work, submission: Submission, digest: str) -> Document:
    request = submit(work, submission)
    work.put(REQUESTS, request | {"imported": digest})
    return request


def _earlier(known: Document, digest: str) -> Line:
    """The line was imported before: the same, or another one under its external_id."""
    if known.get("imported") == digest:
        return {"status": "already", "number": known["number"]}
    text = N_("This external_id was used for request {number}, which says something else. Use another one.")
    values = {"number": known["number"]}
    raise Problem(409, N_("The key was used before"), text, values=values, kind="external-id-reused")
