"""The one source of time of a process; tests and the local stack move it."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Wall time in UTC, cut to milliseconds, which is what MongoDB keeps: what is stored equals what is told."""

    def __init__(self) -> None:
        self._shift = timedelta(0)

    def now(self) -> datetime:
        """The present moment of this process."""
        at = datetime.now(UTC) + self._shift
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def move_to(self, at: datetime) -> None:
        """Makes `now()` be `at` and go on from there."""
        self._shift = at - datetime.now(UTC)

    def advance(self, by: timedelta) -> None:
        """Moves `now()` forward (or back, if negative)."""
        self._shift += by

    def reset(self) -> None:
        """Back to real time."""
        self._shift = timedelta(0)
