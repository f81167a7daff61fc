"""What an expert did for a request: written down, corrected with the earlier versions kept, or withdrawn."""

from datetime import date
from typing import Any

from contracts.envelope import new_id
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid
from services.chassis.work import Work
from services.routing.domain import ROME
from services.routing.store import ACTIONS

FIELDS = ("day", "kind", "minutes", "note", "withdrawn")
_MOST_VERSIONS = 100
_DAY = 24 * 60


def record(work: Work, assignment: Document, expert: str, entry: dict[str, Any]) -> Document:
    """The expert says what was done, on which day, and how long it took."""
    _check_day(work, assignment, entry["day"])
    made = {
        "_id": new_id(work.now), "assignment": assignment["_id"], "request": assignment["request"],
        "number": assignment["number"], "task_force": assignment["task_force"], "expert": expert,
        "recorded_at": work.now, "changed_at": work.now, "withdrawn": False, "history": [],
        **entry, "month": entry["day"][:7],
    }  # fmt: skip
    work.put(ACTIONS, made)
    return {**made, "version": 1}


def correct(work: Work, assignment: Document, known: Document, changes: dict[str, Any]) -> Document:
    """The entry as it is right; what was written before stays in its history."""
    before = {name: known[name] for name in FIELDS}
    after = before | changes
    if after == before:
        return known
    if "day" in changes:
        _check_day(work, assignment, changes["day"])
    if len(known["history"]) >= _MOST_VERSIONS:
        raise Problem(409, N_("This entry was corrected too often"), N_("Withdraw it and write another one."))
    history = [*known["history"], {**before, "at": known["changed_at"]}]
    made = {**known, **after, "month": after["day"][:7], "changed_at": work.now, "history": history}
    work.put(ACTIONS, made)
    return {**made, "version": known["version"] + 1}


def check_minutes(minutes: int, spent: int) -> None:
    """A day has no more than 24 hours, whatever they went to. spent: what was recorded on it besides."""
    if minutes + spent > _DAY:
        raise invalid([{"pointer": "/minutes", "detail": N_("All that you recorded on this day is over 24 hours.")}])


def _check_day(work: Work, assignment: Document, day: str) -> None:
    """An action lies between the offer and today."""
    today, offered = (at.astimezone(ROME).date() for at in (work.now, assignment["offered_at"]))
    if date.fromisoformat(day) > today:
        raise invalid([{"pointer": "/day", "detail": N_("The day has not come yet.")}])
    if date.fromisoformat(day) < offered:
        raise invalid([{"pointer": "/day", "detail": N_("On this day the request had not been offered to you yet.")}])
