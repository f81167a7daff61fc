"""What notify keeps, with the index of every query.

DERIVED can be dropped and built again from the events. Notices, notifications, deliveries, attempts and
preferences never are: they are what makes sure that nobody is told twice.
"""

from services.chassis.access import ACCESS
from services.chassis.mongo import Index

REQUESTS = "requests"
NOTICES = "notices"
ARRIVALS = "arrivals"
NOTIFICATIONS = "notifications"
DELIVERIES = "deliveries"
ATTEMPTS = "attempts"
PREFERENCES = "preferences"
UNREACHABLE = "unreachable"
"""Deliveries that came back because the address does not exist: their recipients are asked for anew each time."""

DERIVED: tuple[str, ...] = (REQUESTS,)

INDEXES: tuple[Index, ...] = (
    Index(NOTICES, (("status", 1), ("due_at", 1))),
    Index(NOTICES, (("at", 1),)),
    Index(ACCESS, (("grants.scope", 1), ("grants.role", 1))),
    Index(NOTIFICATIONS, (("person", 1), ("position", -1))),
    Index(NOTIFICATIONS, (("person", 1), ("read_at", 1))),
    Index(DELIVERIES, (("status", 1), ("due_at", 1))),
    Index(DELIVERIES, (("status", 1), ("position", -1))),
    Index(DELIVERIES, (("request", 1), ("position", -1))),
    Index(DELIVERIES, (("number", 1), ("position", -1))),
    Index(DELIVERIES, (("position", -1),)),
    Index(ATTEMPTS, (("delivery", 1), ("number", 1))),
    Index(UNREACHABLE, (("person", 1),)),
)
