"""The table of contents of the published language: every stream and every event type."""

from contracts import (
    access,
    assignments,
    bodies,
    mails,
    measurements,
    notifications,
    practices,
    requests,
    service_levels,
    talks,
)
from contracts.envelope import Event, event_type

STREAMS: dict[str, tuple[type[Event], ...]] = {
    "requests": (*requests.EVENTS, *practices.EVENTS),
    "bodies": bodies.EVENTS,
    "access": access.EVENTS,
    "mails": mails.EVENTS,
    "assignments": (*assignments.EVENTS, *talks.EVENTS),
    "notifications": notifications.EVENTS,
    "service-levels": service_levels.EVENTS,
    "measurements": measurements.EVENTS,
}
"""Stream -> its events. A topic is named `<prefix>.<stream>.v1`."""

OWNERS: dict[str, str] = {
    "requests": "intake",
    "bodies": "intake",
    "access": "intake",
    "mails": "intake",
    "assignments": "routing",
    "notifications": "notify",
    "service-levels": "reporting",
    "measurements": "reporting",
}
"""Stream -> the service that publishes it."""

COMPACTED = frozenset({"access"})
PARTITIONS = 12

EVENT_TYPES: dict[str, type[Event]] = {event_type(model): model for events in STREAMS.values() for model in events}


def topic_of(prefix: str, stream: str) -> str:
    """The topic of a stream: its version changes only when its key does."""
    return f"{prefix}.{stream}.v1"
