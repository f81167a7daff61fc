"""Looking for viruses: a job asks the scanner about everything that nobody has looked at yet.

What the scanner does not answer clearly about stays as it was, and is asked about again: `pending` is never given out.
What is infected is kept as evidence and given to nobody.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog

from contracts.access import Grant
from contracts.requests import QuarantinedData, RequestFileQuarantined
from services.chassis.access import ACCESS, Principal
from services.chassis.auth import in_force
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.files.clamd import ScannerAway
from services.intake.handlers.aggregate import record, tell
from services.intake.handlers.attachments.giving import shows
from services.intake.handlers.parts import Parts
from services.intake.store.attachments import ATTACHMENTS, UNCHECKED, ContentMissing
from services.intake.store.requests import REQUESTS

log = structlog.get_logger()
Scan = Callable[[AsyncIterator[bytes]], Awaitable[str | None]]
"""The name of what was found, None for a clean file; raises ScannerAway."""
_AT_ONCE = 10
_LONGEST_WAIT = timedelta(minutes=15)


async def scan_unchecked(parts: Parts, scan: Scan) -> bool:
    """Asks about the files whose time has come; whether more wait."""
    due = await parts.stores.attachments.unchecked(parts.clock.now(), _AT_ONCE)
    for row in due:
        keys = {ATTACHMENTS: [row["_id"]], REQUESTS: [row["request"]], ACCESS: [row["uploaded_by"] or ""]}
        try:
            found = await scan(parts.stores.attachments.read(row))
        except (ScannerAway, ContentMissing) as error:
            log.warning("attachment_not_scanned", attachment_id=row["_id"], error=type(error).__name__)
            await parts.executor.run(keys, partial(_later, id=row["_id"]))
        else:
            await parts.executor.run(keys, partial(_checked, id=row["_id"], found=found))
    return len(due) == _AT_ONCE


def _later(work: Work, id: str) -> None:
    """Soon at first, then more and more seldom: a scanner that restarts is back within a minute."""
    row = work.get(ATTACHMENTS, id)
    if row is None or row["state"] not in UNCHECKED:
        return
    row["attempts"] += 1
    row["due_at"] = work.now + min(_LONGEST_WAIT, timedelta(seconds=2 ** min(row["attempts"], 12)))
    work.put(ATTACHMENTS, row)


def _checked(work: Work, id: str, found: str | None) -> None:
    row = work.get(ATTACHMENTS, id)
    if row is None or row["state"] not in UNCHECKED:
        return
    row |= {"state": "infected" if found else "clean", "found": found, "checked_at": work.now, "due_at": None}
    work.put(ATTACHMENTS, row)
    request = work.get(REQUESTS, row["request"])
    if request is None:
        return
    if found:
        log.warning("attachment_infected", attachment_id=id)
        _tell(work, request, row)
    # A new version of the request renews the page of whoever looks at it.
    work.put(REQUESTS, request)


def _tell(work: Work, request: Document, row: Document) -> None:
    request["updated_at"] = max(work.now, request["updated_at"])
    facts = {"attachment": row["_id"], "visibility": row["visibility"]}
    uploader = row["uploaded_by"] if _still_shown(work, request, row) else None
    event = tell(work, request, RequestFileQuarantined, QuarantinedData, uploader=uploader, **facts)
    record(work, request, event, "quarantined", None, {**facts, "found": row["found"]})


def _still_shown(work: Work, request: Document, row: Document) -> bool:
    """Whether who attached it may still know of it: grants end, and a file may wait long for a scanner."""
    access = work.get(ACCESS, row["uploaded_by"]) if row["uploaded_by"] else None
    if access is None:
        return False
    grants = tuple(Grant.model_validate(grant) for grant in access["grants"])
    principal = Principal(row["uploaded_by"], grants, access["language"])
    return shows(in_force(principal, work.now, "key"), request, row)
