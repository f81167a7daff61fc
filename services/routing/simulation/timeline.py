"""What is still to happen in a run. At one moment places become free first, then people answer, then requests come."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from heapq import heappop, heappush

Act = Callable[[datetime], None]
END, TURN, ANSWER, LEAVE, COME, LOOK = range(6)


class Timeline:
    """Acts by moment, by kind, and then in the order in which they were put down; none before the start."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._acts: list[tuple[datetime, int, int, Act]] = []
        self._number = 0

    def put(self, at: datetime, kind: int, act: Act) -> None:
        """Something will happen."""
        self._number += 1
        # In one zone: comparing across zones is ten times as slow.
        heappush(self._acts, (max(at, self._start).astimezone(UTC), kind, self._number, act))

    @property
    def next(self) -> datetime | None:
        """The moment of what happens next."""
        return self._acts[0][0] if self._acts else None

    def of(self, now: datetime) -> Iterator[Act]:
        """Takes what happens at this moment, what its acts add to it included."""
        while self._acts and self._acts[0][0] == now:
            yield heappop(self._acts)[3]
