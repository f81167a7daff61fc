"""Composition root of routing: the only file that knows all the others."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from contracts import requests
from services.chassis.clock import Clock
from services.chassis.correcting import Kept
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.chassis.work import Work
from services.routing.api import absences as absences_api
from services.routing.api import actions as actions_api
from services.routing.api import assignments, availability, decisions, experts, own, reassignments, sheets
from services.routing.api import simulations as simulations_api
from services.routing.api import talks as talks_api
from services.routing.bulk.decisions import Decisions
from services.routing.bulk.importing import Importing
from services.routing.bulk.reassignments import Reassignments
from services.routing.consumers import table
from services.routing.deadlines import Deadlines
from services.routing.desk import Desk
from services.routing.directory import Directory
from services.routing.handlers.cases import restate, rests_on
from services.routing.matcher import Matcher
from services.routing.names import Names
from services.routing.pages import (
    absences,
    actions,
    answers,
    board,
    day,
    deciding,
    decision,
    profile,
    reassigning,
    simulation,
    slots,
    talks,
)
from services.routing.pages import desk as desk_pages
from services.routing.pages import experts as expert_pages
from services.routing.pages import sheets as sheet_pages
from services.routing.pages.board import Board
from services.routing.pages.experts import Keeping
from services.routing.pages.reassigning import Moving
from services.routing.pages.shown import Shown
from services.routing.pages.today import Today
from services.routing.rules import Rulebook
from services.routing.simulation.asking import Asking
from services.routing.simulator import Simulator
from services.routing.store import CASES, DERIVED, INDEXES
from services.routing.store.actions import Actions
from services.routing.store.board import BoardStore
from services.routing.store.day import Days
from services.routing.store.reading import Reading
from services.routing.store.rules import RulesHistory
from services.routing.store.simulations import INDEXES as OF_SIMULATIONS
from services.routing.store.simulations import Simulations
from services.routing.store.waiting import Waiting
from services.routing.store.warnings import Suspects
from services.routing.talks import Talks
from services.routing.warnings import Warnings
from services.routing.worklog import Worklog

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

    service.background.append((book.start, book.stop))
    reading, names = Reading(database), Names(settings)
    service.background.append((names.start, names.stop))
    history, days = RulesHistory(database, clock.now), Days(database)
    desk = Desk(reading, executor, book, history, clock.now)
    service.web.include(assignments.router(desk, reading, executor))
    service.web.include(experts.router(reading, executor, clock.now, book))
    service.web.include(availability.router(executor, clock.now, days))
    service.web.include(own.router(executor))
    service.web.include(absences_api.router(reading, executor, clock.now, days))
    service.web.include(decisions.router(desk, reading, executor, service.web.pages, names))
    meetings = Talks(days, reading, executor, clock.now)
    service.runs("talks", 0.5, meetings.free_loose, woken=False)
    worklog = Worklog(Actions(database), reading, executor)
    service.web.include(talks_api.router(meetings, executor))
    service.web.include(actions_api.router(worklog, executor))
    shown = Shown(desk, reading, names, service.web.pages, days, Warnings(Suspects(database)), clock.now)
    today = Today(shown, days, meetings, worklog, executor, clock.now, settings)
    for page in (day, desk_pages, talks, slots, actions, profile, absences):
        service.web.include(page.router(today))
    service.web.include(answers.router(shown))
    service.web.include(decision.router(shown, history))
    _simulations(service, shown, book)
    directory = Directory(settings)
    service.background.append((directory.start, directory.stop))
    _coordination(service, desk, names, book, history, directory)
    return service


def _simulations(service: Service, shown: Shown, book: Rulebook) -> None:
    """What would have been: asked on a page or by the API, computed in a process of its own."""
    database, executor = service.database, service.executor
    simulator = Simulator(Simulations(database), executor, service.settings, book)
    job = service.runs("simulations", 1.0, simulator.run, woken=False)
    service.background.append((simulator.start, simulator.stop))
    asking = Asking(database, executor, job.woken.set, service.clock.now)
    service.web.include(simulations_api.router(asking))
    service.web.include(simulation.router(shown, asking, book))


def _coordination(
    service: Service, desk: Desk, names: Names, book: Rulebook, history: RulesHistory, directory: Directory
) -> None:
    """The board, decisions about several requests, an expert's cases to others, and the experts' administration."""
    database, executor, pages = service.database, service.executor, service.web.pages
    store = BoardStore(database)
    several = Decisions(store, executor, book, history)
    moves = Reassignments(store, Waiting(database), executor, book, history, service.clock.now)
    shown = Board(desk, store, Warnings(Suspects(database)), several, names, pages, book, service.clock.now)
    service.web.include(reassignments.router(moves, several, executor, pages))
    service.web.include(board.router(shown))
    service.web.include(deciding.router(shown))
    service.web.include(reassigning.router(Moving(shown, moves, executor)))
    importing = Importing(executor, directory, partial(sheets.checked, whole=False))
    service.web.include(sheets.router(importing, pages))
    service.web.include(sheet_pages.router(importing, pages))
    keeping = Keeping(shown, Reading(database), executor, directory, sheets.checked)
    service.web.include(expert_pages.router(keeping))
