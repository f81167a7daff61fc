"""By when a request is to be answered and resolved, read from what happened to it: pure, whatever the order of news.

The clocks are those of the reports (a test holds both together on random lives): they start when the request was
received, stand still as `contracts.working_time.lives` reads, and run in the working time of the request's province.
Routing reads them itself, because a desk is sorted by deadline for every request in hand, and reporting tells only
those that are near or over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.vocabulary import province
from contracts.working_time import (
    SERVICE_TARGETS,
    Moment,
    NeverReached,
    Pause,
    add_working_time,
    office_calendar,
    read_life,
)


@dataclass(frozen=True)
class Term:
    """A deadline of an open request; without `due_at` the clock stands still."""

    metric: str
    due_at: datetime | None


def terms(
    received_at: datetime, urgency: str, sigla: str, moments: Iterable[Moment], answered_at: datetime | None
) -> tuple[Term, ...]:
    """The deadlines that are still to be kept. `answered_at`: when an expert first wrote to the body."""
    life = read_life(received_at, moments)
    if life.stop:
        return ()
    waiting = ["resolution"] if answered_at or life.first("asked", "resolved") else ["first_answer", "resolution"]
    return tuple(_term(name, received_at, urgency, sigla, life.pauses) for name in waiting)


def next_term(found: Iterable[Term]) -> Term | None:
    """The deadline that comes first; one that stands still comes last."""
    known = list(found)
    running = sorted((term.due_at, number) for number, term in enumerate(known) if term.due_at)
    return known[running[0][1]] if running else known[0] if known else None


def _term(name: str, received_at: datetime, urgency: str, sigla: str, pauses: Sequence[Pause]) -> Term:
    calendar = office_calendar(sigla if province(sigla) else None)
    target = timedelta(minutes=SERVICE_TARGETS[name][urgency])
    try:
        return Term(name, add_working_time(calendar, received_at, target, pauses))
    except NeverReached:
        return Term(name, None)
