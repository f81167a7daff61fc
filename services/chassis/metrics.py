"""Every technical metric of a service, each with its meaning; to add one, add a line here and use it.

Labels hold codes only: no ids of persons, no free text.
"""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The metrics of one service; several services may live in one process, so each has its own registry."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        labels: dict[str, Any] = {"registry": self.registry, "namespace": "affianca", "subsystem": service}
        self.http_requests = Counter(
            "http_requests_total", "HTTP answers by method, route and status.", ["method", "route", "status"], **labels
        )
        self.http_seconds = Histogram(
            "http_seconds", "Time to answer an HTTP request.", ["route"], buckets=_SECONDS, **labels
        )
        self.consumed = Counter(
            "events_consumed_total",
            "Messages by outcome: applied (of which outdated: about what a restore has lost), duplicate, skipped (a "
            "type outside our table) or parked.",
            ["outcome"],
            **labels,
        )
        self.batch_size = Histogram(
            "consumer_batch_size", "Messages of a batch.", buckets=(1, 5, 10, 50, 100, 250, 500), **labels
        )
        self.batch_seconds = Histogram(
            "consumer_batch_seconds", "Time from a batch's arrival to its commit.", buckets=_SECONDS, **labels
        )
        self.published = Counter("events_published_total", "Events that the relay brought to Kafka.", **labels)
        self.relay_seconds = Histogram("relay_batch_seconds", "Time to send a batch.", buckets=_SECONDS, **labels)
        self.flooded = Gauge("consumer_stopped", "1 when the flood stop has halted consumption.", **labels)
