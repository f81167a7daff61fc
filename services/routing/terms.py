"""By when a request is to be answered and resolved, read from what happened to it: pure, whatever the order of news.

The clocks are those of the reports (a test holds both together on random lives): they start when the request was
received, stand still while the body owes an answer and between resolution and reopening, and run in the working time of
the request's province. Routing reads them itself, because a desk is sorted by deadline for every request in hand, and
reporting tells only those that are near or over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contracts.vocabulary import province
from contracts.working_time import SERVICE_TARGETS, NeverReached, Pause, add_working_time, office_calendar

What = Literal["asked", "provided", "resolved", "closed", "reopened"]


@dataclass(frozen=True)
class Moment:
    """Something that happened; `order` decides between equal instants."""

    at: datetime
    what: What
    order: tuple[int, ...] = ()
    id: str = ""


@dataclass(frozen=True)
class Term:
    """A deadline of an open request; without `due_at` the clock stands still."""

    metric: str
    due_at: datetime | None


def terms(
    received_at: datetime, urgency: str, sigla: str, moments: Iterable[Moment], answered_at: datetime | None
) -> tuple[Term, ...]:
    """The deadlines that are still to be kept. `answered_at`: when an expert first wrote to the body."""
    pauses, answered, over = _read(moments, answered_at)
    waiting = ["resolution"] if answered else ["first_answer", "resolution"]
    return () if over else tuple(_term(name, received_at, urgency, sigla, pauses) for name in waiting)


def next_term(found: Iterable[Term]) -> Term | None:
    """The deadline that comes first; one that stands still comes last."""
    known = list(found)
    running = sorted((term.due_at, number) for number, term in enumerate(known) if term.due_at)
    return known[running[0][1]] if running else known[0] if known else None


def _read(moments: Iterable[Moment], answered_at: datetime | None) -> tuple[list[Pause], bool, bool]:
    """The times in which nobody waits for an expert, whether the body has been answered, and whether it is over."""
    pauses: list[Pause] = []
    asked = stopped = None
    answered = answered_at is not None
    for moment in sorted(moments, key=lambda it: (it.at, it.order, it.id)):
        if moment.what in ("provided", "resolved", "closed") and asked:
            pauses.append((asked, moment.at))
            asked = None
        answered = answered or moment.what in ("asked", "resolved")
        if moment.what == "asked" and not stopped:
            asked = asked or moment.at
        elif moment.what in ("resolved", "closed") and not stopped:
            stopped = moment.at
        elif moment.what == "reopened" and stopped:
            pauses.append((stopped, moment.at))
            stopped = None
    return [*pauses, *([(asked, None)] if asked else [])], answered, stopped is not None


def _term(name: str, received_at: datetime, urgency: str, sigla: str, pauses: list[Pause]) -> Term:
    calendar = office_calendar(sigla if province(sigla) else None)
    target = timedelta(minutes=SERVICE_TARGETS[name][urgency])
    try:
        return Term(name, add_working_time(calendar, received_at, target, pauses))
    except NeverReached:
        return Term(name, None)
