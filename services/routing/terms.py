"""By when a request is to be answered and resolved, read from what happened to it: pure, whatever the order of news.

The clocks are those of `contracts.working_time`, as the reports read them. Routing reads them itself, because a desk is
sorted by deadline for every request in hand, and reporting tells only those that are near or over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contracts.working_time import METRICS, SERVICE_TARGETS, Moment, calendar_of, read_life, reading

_ON_A_DESK = ("first_answer", "resolution")
"""Who has it on the desk has taken it."""


@dataclass(frozen=True)
class Term:
    """A deadline of an open request; without `due_at` the clock stands still."""

    metric: str
    due_at: datetime | None


def terms(
    received_at: datetime, urgency: str, sigla: str, moments: Iterable[Moment], answered_at: datetime | None
) -> tuple[Term, ...]:
    """The deadlines that are still to be kept. `answered_at`: when an expert first wrote to the body."""
    answer = [Moment(answered_at, "answered")] if answered_at else []
    life = read_life(received_at, [*moments, *answer])
    if life.stop:
        return ()
    calendar = calendar_of(sigla)
    return tuple(
        Term(name, reading(name, life, SERVICE_TARGETS[name][urgency], calendar).due_at)
        for name in _ON_A_DESK
        if METRICS[name](life) is None
    )


def next_term(found: Iterable[Term]) -> Term | None:
    """The deadline that comes first; one that stands still comes last."""
    known = list(found)
    running = sorted((term.due_at, number) for number, term in enumerate(known) if term.due_at)
    return known[running[0][1]] if running else known[0] if known else None
