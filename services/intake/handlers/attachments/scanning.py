"""Looking for viruses: a job asks the scanner about everything that nobody has looked at yet.

What the scanner does not answer clearly about stays as it was, and is asked about again: `pending` is never given out.
What is infected is kept as evidence and given to nobody.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial

import structlog

from contracts.envelope import derived_id
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.files.clamd import ScannerAway
from services.intake.handlers.parts import Parts
from services.intake.store.attachments import ATTACHMENTS, UNCHECKED, ContentMissing
from services.intake.store.conversation import TIMELINE
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
        keys = {ATTACHMENTS: [row["_id"]], REQUESTS: [row["request"]]}
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
    # A new version of the request renews the page of whoever looks at it.
    work.put(REQUESTS, request)
    if found:
        log.warning("attachment_infected", attachment_id=id)
        work.put(TIMELINE, _line(work, request, row))


def _line(work: Work, request: Document, row: Document) -> Document:
    return {
        "_id": derived_id(row["_id"], TIMELINE, "infected"),
        "request": request["_id"],
        "at": work.now,
        "rank": request["sequence"],
        "action": "quarantined",
        "actor": None,
        "status": request["status"],
        "details": {"attachment": row["_id"], "found": row["found"], "visibility": row["visibility"]},
    }
