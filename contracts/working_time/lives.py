"""The life of one request, read from a set of moments: pure, and the same in whatever order they arrived.

A moment is an instant and what happened then. Reading sorts them, so a late or repeated one changes nothing but
what it must. To take notice of a further fact: add a word to `What` and say in `read_life` what it does to the life.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

What = Literal["accepted", "answered", "asked", "provided", "resolved", "reopened", "closed", "withdrawn", "merged"]
Left = Literal["withdrawn", "merged"]

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of what has not ended; a value and not None, so that an index can compare it."""


@dataclass(frozen=True)
class Moment:
    """`order` is the version of the aggregate that it happened to: it decides between equal instants."""

    at: datetime
    what: What
    order: tuple[int, ...] = ()
    id: str = ""


@dataclass(frozen=True)
class Stop:
    """The request came to rest; a reopening makes it go on."""

    at: datetime
    by: Literal["resolved", "closed"]


@dataclass(frozen=True)
class Life:
    """What the clocks and figures need to know of one request.

    firsts: when each thing happened for the first time. pauses: times in which nobody waits for an expert, the
    last one possibly lasting (None). spans: the times in which it was open, the last one ending `NEVER` if it is.
    """

    received_at: datetime
    firsts: Mapping[What, datetime] = field(default_factory=dict)
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    spans: tuple[tuple[datetime, datetime], ...] = ()
    stop: Stop | None = None
    left: Left | None = None
    left_at: datetime | None = None

    @property
    def open_until(self) -> datetime:
        """When it was open for the last time."""
        return self.spans[-1][1] if self.spans else self.received_at

    def first(self, *whats: What) -> datetime | None:
        """When one of these happened for the first time."""
        return min((self.firsts[what] for what in whats if what in self.firsts), default=None)


def read_life(received_at: datetime, moments: Iterable[Moment]) -> Life:
    """The life that these moments make, whatever their order."""
    firsts: dict[What, datetime] = {}
    pauses: list[tuple[datetime, datetime | None]] = []
    spans: list[tuple[datetime, datetime]] = []
    opened, asked = received_at, None
    stop: Stop | None = None
    for moment in sorted(moments, key=lambda it: (it.at, it.order, it.id)):
        at, what = moment.at, moment.what
        firsts.setdefault(what, at)
        if what in ("provided", "resolved", "closed", "withdrawn", "merged") and asked:
            # Who declares the matter settled no longer waits for the answer.
            pauses.append((asked, at))
            asked = None
        if what == "withdrawn" or what == "merged":
            if stop is None:
                spans.append((opened, at))
            return Life(received_at, firsts, tuple(pauses), tuple(spans), stop, what, at)
        if what == "asked" and stop is None:
            asked = asked or at
        elif (what == "resolved" or what == "closed") and stop is None:
            stop = Stop(at, what)
            spans.append((opened, at))
        elif what == "reopened" and stop:
            pauses.append((stop.at, at))
            stop, opened = None, at
    if stop is None:
        spans.append((opened, NEVER))
    if asked:
        pauses.append((asked, None))
    return Life(received_at, firsts, tuple(pauses), tuple(spans), stop)
