"""When an expert is there: absences, working days, the contract and the role, looked at from one moment."""

from datetime import datetime, timedelta

from services.chassis.mongo import Document
from services.routing.domain import ROME

_EVERY_DAY = frozenset(range(7))
_BEGINS, _ENDS = ("contract_start", "role_start"), ("contract_end", "role_end")


def is_present(expert: Document, now: datetime, due: datetime) -> bool:
    """Not away now, nor when the answer is due, and at work on one of the days in between."""
    away = any(
        absence["start"] <= now < absence["end"] or now < absence["start"] <= due < absence["end"]
        for absence in expert["absences"]
    )
    return not away and _works_between(expert.get("working_days"), now, due)


def in_contract(expert: Document, now: datetime, due: datetime) -> bool:
    """Whether contract and role have begun and do not end before the answer is due."""
    start, end = term(expert)
    return (start is None or start <= now) and (end is None or due < end)


def takes_part(expert: Document) -> bool:
    """Whether somebody is asked at all: in the programme, with the role, and not pausing."""
    return bool(expert["active"] and expert["entitled"] and not expert.get("paused"))


def takes_part_at(expert: Document, first: datetime, last: datetime | None = None) -> bool:
    """The same at a moment, or at some moment from the first to the last: who had no contract then did not."""
    start, end = term(expert)
    return takes_part(expert) and (start is None or start <= (last or first)) and (end is None or first < end)


def may_keep(expert: Document, now: datetime, due: datetime, expires_at: datetime) -> bool:
    """Whether an unanswered offer stays with somebody: what comes after its own term does not matter to it."""
    term = min(due, expires_at)
    return takes_part(expert) and in_contract(expert, now, term) and is_present(expert, now, term)


def term(expert: Document) -> tuple[datetime | None, datetime | None]:
    """Between which moments both contract and role hold; None for no bound."""
    starts = [moment for name in _BEGINS if (moment := expert.get(name))]
    ends = [moment for name in _ENDS if (moment := expert.get(name))]
    return max(starts, default=None), min(ends, default=None)


def back(expert: Document, now: datetime, due: datetime) -> datetime | None:
    """When somebody who is not there now will be: the end of the absence, or the beginning of contract or role."""
    start, end = term(expert)
    if end is not None and end <= due:
        return None
    moments = [absence["end"] for absence in expert["absences"] if absence["start"] <= due and now < absence["end"]]
    return max([*moments, *([start] if start and now < start else [])], default=None)


def turning_points(expert: Document, now: datetime) -> list[datetime]:
    """Moments, from now on, at which somebody comes or goes: the matcher looks at them then."""
    moments = [moment for absence in expert["absences"] for moment in (absence["start"], absence["end"])]
    moments += [moment for name in (*_BEGINS, *_ENDS) if (moment := expert.get(name))]
    return sorted({now, *(moment for moment in moments if moment > now)})


def _works_between(days: list[int] | None, now: datetime, due: datetime) -> bool:
    if days is None or len(days) == len(_EVERY_DAY):
        return True
    first, last = now.astimezone(ROME).date(), due.astimezone(ROME).date()
    span = min((last - first).days + 1, 7)
    return any((first + timedelta(days=more)).weekday() in days for more in range(span))
