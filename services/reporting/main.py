"""Composition root of reporting: the only file that knows all the others."""

import asyncio
from pathlib import Path

from services.chassis.clock import Clock
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.reporting import consumers, pages
from services.reporting.api import measurements, reports
from services.reporting.handlers import deadlines
from services.reporting.store import DEADLINES, DERIVED, FACTS, INDEXES, Store

PREFIXES: tuple[str, ...] = ("/reports", "/open-data", "/api/reports", "/api/measurements", "/api/reporting")
"""What this service answers below the one address."""
_AT_ONCE = 200


def build(settings: Settings, clock: Clock) -> Service:
    """The service, not started."""
    service = Service("reporting", settings, clock, Path(__file__).parent, pace=0.3, relay_pace=0.3)
    service.stores(INDEXES, DERIVED)
    service.listens_to(consumers.EVENTS)
    service.web.include(reports.router(service))
    service.web.include(measurements.router(service))
    service.web.include(pages.router(service))
    service.runs("deadlines", every=1.0, run=lambda: tell_deadlines(service), woken=False)
    return service


async def tell_deadlines(service: Service) -> bool:
    """Looks at the facts whose warning or deadline has come; whether more of them wait."""
    due = await Store(service.database).due(service.clock.now(), _AT_ONCE)

    async def tell(id: str) -> None:
        await service.executor.run({FACTS: [id], DEADLINES: [id]}, lambda work: deadlines.tell(work, id))

    outcomes = await asyncio.gather(*(tell(id) for id in due), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome  # After all have been tried: one request must not keep the others waiting.
    return len(due) == _AT_ONCE
