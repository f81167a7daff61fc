"""Composition root of routing: the only file that knows all the others."""

from collections.abc import Sequence
from pathlib import Path

from contracts import requests
from services.chassis.clock import Clock
from services.chassis.correcting import Kept
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.chassis.work import Work
from services.routing.api import assignments, availability, decisions, experts
from services.routing.consumers import table
from services.routing.deadlines import Deadlines
from services.routing.desk import Desk
from services.routing.handlers.cases import restate, rests_on
from services.routing.matcher import Matcher
from services.routing.names import Names
from services.routing.pages import answers, decision
from services.routing.pages import desk as desk_pages
from services.routing.pages.shown import Shown
from services.routing.rules import Rulebook
from services.routing.store import CASES, DERIVED, INDEXES
from services.routing.store.reading import Reading

PREFIXES: tuple[str, ...] = ("/desk", "/api/experts", "/api/task-forces", "/api/assignments", "/api/routing")


def build(settings: Settings, clock: Clock) -> Service:
    """Routing, not started. Raises WrongRules for rules that cannot be used."""
    book = Rulebook(Path(settings.routing_rules) if settings.routing_rules else None)
    service = Service("routing", settings, clock, Path(__file__).parent)
    database, executor = service.database, service.executor

    def restated(work: Work, id: str, events: Sequence[requests.RequestEvent]) -> None:
        restate(work, id, events, book.current)

    cases = Kept(CASES, "requests", requests.EVENTS, rests_on, restated)
    service.stores(INDEXES, DERIVED, [cases])
    service.listens_to(table(book))
    service.runs("matcher", 0.5, Matcher(database, executor, clock.now, book).run)
    service.runs("deadlines", 0.5, Deadlines(database, executor, clock.now).run, woken=False)

    service.background.append((book.start, book.stop))
    reading, names = Reading(database), Names(settings)
    service.background.append((names.start, names.stop))
    desk = Desk(reading, executor, book)
    service.web.include(assignments.router(desk, reading))
    service.web.include(experts.router(reading, executor))
    service.web.include(availability.router(executor))
    service.web.include(decisions.router(desk, reading, service.web.pages))
    shown = Shown(desk, reading, names, service.web.pages)
    service.web.include(desk_pages.router(shown))
    service.web.include(answers.router(shown))
    service.web.include(decision.router(shown))
    return service
