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
from services.routing.api import simulations as simulations_api
from services.routing.consumers import table
from services.routing.deadlines import Deadlines
from services.routing.desk import Desk
from services.routing.handlers.cases import restate, rests_on
from services.routing.matcher import Matcher
from services.routing.names import Names
from services.routing.pages import answers, decision, simulation
from services.routing.pages import desk as desk_pages
from services.routing.pages.shown import Shown
from services.routing.rules import Rulebook
from services.routing.simulation.asking import Asking
from services.routing.simulator import Simulator
from services.routing.store import CASES, DERIVED, INDEXES
from services.routing.store.reading import Reading
from services.routing.store.rules import RulesHistory
from services.routing.store.simulations import INDEXES as OF_SIMULATIONS
from services.routing.store.simulations import Simulations

PREFIXES: tuple[str, ...] = ("/desk", "/api/experts", "/api/task-forces", "/api/assignments", "/api/routing")


def build(settings: Settings, clock: Clock) -> Service:
    """Routing, not started. Raises WrongRules for rules that cannot be used."""
    book = Rulebook(Path(settings.routing_rules) if settings.routing_rules else None)
    service = Service("routing", settings, clock, Path(__file__).parent)
    database, executor = service.database, service.executor

    def restated(work: Work, id: str, events: Sequence[requests.RequestEvent]) -> None:
        restate(work, id, events, book.current)

    cases = Kept(CASES, "requests", requests.EVENTS, rests_on, restated)
    service.stores((*INDEXES, *OF_SIMULATIONS), DERIVED, [cases])
    service.listens_to(table(book))
    service.runs("matcher", 0.5, Matcher(database, executor, clock.now, book).run)
    service.runs("deadlines", 0.5, Deadlines(database, executor, clock.now).run, woken=False)

    simulator = Simulator(Simulations(database), executor, settings, book)
    job = service.runs("simulations", 1.0, simulator.run, woken=False)
    service.background.append((simulator.start, simulator.stop))

    service.background.append((book.start, book.stop))
    reading, names = Reading(database), Names(settings)
    service.background.append((names.start, names.stop))
    history = RulesHistory(database, clock.now)
    desk = Desk(reading, executor, book, history)
    service.web.include(assignments.router(desk, reading))
    service.web.include(experts.router(reading, executor))
    service.web.include(availability.router(executor))
    service.web.include(decisions.router(desk, reading, service.web.pages))
    asking = Asking(database, executor, job.woken.set, clock.now)
    service.web.include(simulations_api.router(asking))
    shown = Shown(desk, reading, names, service.web.pages)
    service.web.include(desk_pages.router(shown))
    service.web.include(answers.router(shown))
    service.web.include(decision.router(shown, history))
    service.web.include(simulation.router(shown, asking, book))
    return service
