"""What figures keep of an instant; the life of a request is read by `contracts.working_time`."""

from datetime import UTC, datetime


def milliseconds(at: datetime) -> datetime:
    """An instant as the database keeps it, so that figures from memory equal figures from the store."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
