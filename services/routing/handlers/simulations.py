"""A simulation as a document: asked for, begun, told how far it is, ended. Nothing else is ever written by one.

queued ──begin──> running ──end──> done | failed
   └────cancel──────┴────────────> cancelled
"""

from datetime import datetime
from typing import Any

from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Keys, Work
from services.routing.store.simulations import QUEUE, SIMULATIONS, THE_QUEUE

MOST_OPEN = 10
MOST_OPEN_OF_ONE = 3
OPEN = ("queued", "running")
_WAIT_SECONDS = "30"


def needs(id: str) -> Keys:
    """The documents of one simulation."""
    return {SIMULATIONS: [id], QUEUE: [THE_QUEUE]}


def ask(work: Work, id: str, by: str, asked: dict[str, Any], period: tuple[datetime, datetime]) -> Document:
    """Somebody wants to know what would be. So many wait at most, of all people and of one."""
    queue = work.get(QUEUE, THE_QUEUE) or {"_id": THE_QUEUE, "open": [], "by": {}}
    if len(queue["open"]) >= MOST_OPEN or list(queue["by"].values()).count(by) >= MOST_OPEN_OF_ONE:
        detail = N_("Too many simulations are waiting. Let some end, or cancel one, then ask again.")
        raise Problem(429, N_("Too many simulations"), detail, headers={"Retry-After": _WAIT_SECONDS})
    row = {
        "_id": id, "by": by, "asked": asked, "start": period[0], "end": period[1], "status": "queued", "progress": 0.0,
        "created_at": work.now, "started_at": None, "ended_at": None, "runner": None, "failure": None, "result": None,
    }  # fmt: skip
    work.put(SIMULATIONS, row)
    work.put(QUEUE, {**queue, "open": [*queue["open"], id], "by": {**queue["by"], id: by}})
    return row


def begin(work: Work, id: str, runner: str) -> Document | None:
    """A process takes it. One that another process has left running is over: who ran it is gone."""
    row = work.get(SIMULATIONS, id)
    if row is None or row["status"] not in OPEN:
        _over(work, id)
        return None
    if row["status"] == "running":
        _end(work, row, status="failed", failure="interrupted")
        return None
    work.put(SIMULATIONS, {**row, "status": "running", "started_at": work.now, "runner": runner})
    return row


def progress(work: Work, id: str, runner: str, share: float) -> bool:
    """How far it is; False when it is not ours to run any more."""
    row = work.get(SIMULATIONS, id)
    if row is None or row["status"] != "running" or row["runner"] != runner:
        return False
    if share > row["progress"]:
        work.put(SIMULATIONS, {**row, "progress": round(share, 3)})
    return True


def finish(
    work: Work, id: str, runner: str, result: dict[str, Any] | None, failure: str | None, fault: str | None = None
) -> None:
    """It has ended, with figures or without. fault: where our code broke off. One that was cancelled stays so."""
    row = work.get(SIMULATIONS, id)
    if row and row["status"] == "running" and row["runner"] == runner:
        done = (
            {"status": "failed", "failure": failure, "fault": fault} if failure else {"status": "done", "progress": 1.0}
        )
        _end(work, row, **done, result=result)


def cancel(work: Work, id: str) -> Document | None:
    """Nobody wants to know any more: it is not begun, or it is stopped within a second."""
    row = work.get(SIMULATIONS, id)
    if row is None or row["status"] == "cancelled":
        return row
    if row["status"] not in OPEN:
        detail = N_("The simulation has ended already: nothing was changed.")
        raise Problem(409, N_("The simulation is over"), detail, extra={"allowed": []})
    return _end(work, row, status="cancelled")


def _end(work: Work, row: Document, **changes: Any) -> Document:
    ended = {**row, "ended_at": work.now, **changes}
    work.put(SIMULATIONS, ended)
    _over(work, row["_id"])
    return ended


def _over(work: Work, id: str) -> None:
    queue = work.get(QUEUE, THE_QUEUE)
    if queue and id in queue["open"]:
        left = [other for other in queue["open"] if other != id]
        work.put(QUEUE, {**queue, "open": left, "by": {other: queue["by"][other] for other in left}})
