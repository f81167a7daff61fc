"""What mail servers and the PEC told of a delivery: kept on it in whatever order it comes, the farthest counts.

A report about a mail that was sent again since is kept, and changes nothing.
"""

from datetime import datetime

from contracts.mails import LOST, RANK, Fate
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.notify.outcomes import came_back, fail
from services.notify.store import DELIVERIES, UNREACHABLE

_MOST = 50


def note_receipt(
    work: Work, delivery: str, event: str, fate: Fate, code: str | None, at: datetime, unusable: bool
) -> Document | None:
    """Keeps a report; returns the delivery when it had been taken for sent and has failed now, for the first time."""
    found = work.get(DELIVERIES, delivery)
    if found is None or any(row["event"] == event for row in found.get("receipts", ())):
        return None
    row = {"event": event, "fate": fate, "code": code, "at": at}
    receipts = sorted([*found.get("receipts", ()), row], key=lambda row: (row["at"], row["event"]))[-_MOST:]
    since = found.get("retried_at")
    current = [row for row in receipts if since is None or row["at"] >= since]
    farthest = max(current, key=lambda row: RANK[row["fate"]], default=None)
    found |= {"receipts": receipts, "receipt": farthest["fate"] if farthest else None}
    work.put(DELIVERIES, found)
    if unusable and work.get(UNREACHABLE, delivery) is None:
        work.put(UNREACHABLE, {"_id": delivery, "person": found["recipient"], "at": at})
    lost = [kept for kept in current if kept["fate"] in LOST]
    if row not in lost:
        return None
    if came_back(found):
        fail(work, found)
    return found if lost == [row] else None
