"""Events of other services in any order, repeated, in any batches: the end is the same.

Handlers run over documents in memory, as consumption does it; one test goes through the real broker.
"""

import copy
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.access import Grant
from contracts.assignments import (
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentExpired,
    AssignmentOffered,
    AssignmentReleased,
    RequestUnroutable,
)
from contracts.catalogue import topic_of
from contracts.envelope import Event, event_type
from contracts.service_levels import DeadlineAtRisk, DeadlineBreached, DeadlineCorrected
from services.chassis.auth import Caller
from services.chassis.work import Origin, View, Work
from services.intake.classifier import Recognition
from services.intake.consumers import EVENTS
from services.intake.handlers.assignments import UnknownRequest
from services.intake.handlers.requests import reopen, resolve
from services.intake.handlers.subjects import Subject, checked_body
from services.intake.handlers.submission import NewRequest, Submission, submit
from tests.intake.conftest import VARESE, Town, a_request
from tests.intake.events import START, assignment, event

ID = "0192f000-0000-7000-8000-000000000001"
FIRST, SECOND = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
ORIGIN = Origin("urn:affianca:test")
TABLE = {event_type(entry.model): entry for entry in EVENTS}


class Memory:
    """A database of documents in memory."""

    def __init__(self) -> None:
        self.view = View()
        self.claimed: set[str] = set()

    def work(self, cause: Event | None = None) -> Work:
        return Work(self.view, START, ORIGIN, cause)

    def deliver(self, arrived: Event) -> None:
        if arrived.id in self.claimed:
            return
        entry = TABLE[arrived.type]
        for collection, ids in entry.keys(arrived).items():
            for id in ids:
                self.view.documents.setdefault((collection, id), None)
        work = self.work(arrived)
        entry.handle(work, arrived)
        self.view.absorb(work)
        self.claimed.add(arrived.id)

    def end(self) -> dict[Any, Any]:
        """Everything but the versions, which count how often something was written."""
        return {
            key: {name: value for name, value in document.items() if name != "version"}
            for key, document in self.view.documents.items()
            if document
        }


def a_submitted_request() -> Memory:
    """The same request each time, its ids included."""
    memory = Memory()
    memory.view.documents = copy.deepcopy(SUBMITTED.view.documents)
    return memory


def submitted_once() -> Memory:
    memory = Memory()
    form = NewRequest.model_validate(a_request())
    body = checked_body(VARESE, START.date())
    submission = Submission(
        ID,
        "2026-000001",
        form,
        body,
        Subject("site-remediation"),
        "given",
        Recognition(confidence=1.0),
        "api",
        None,
        FIRST,
    )
    work = memory.work()
    submit(work, submission)
    memory.view.absorb(work)
    return memory


SUBMITTED = submitted_once()


def offered_and_so_on() -> list[Event]:
    about = {"id": ID, "number": "2026-000001"}
    return [
        assignment(RequestUnroutable, about, "unroutable", expert=None, round=0, sequence=1, reason="no_capacity"),
        assignment(AssignmentOffered, about, "offered", expert=FIRST, round=1, sequence=2),
        assignment(AssignmentDeclined, about, "declined", expert=FIRST, round=1, sequence=3, reason="absent"),
        assignment(AssignmentOffered, about, "offered", expert=SECOND, round=2, sequence=4),
        assignment(AssignmentExpired, about, "expired", expert=SECOND, round=2, sequence=5),
        assignment(AssignmentOffered, about, "offered", expert=SECOND, round=3, sequence=6),
        assignment(AssignmentAccepted, about, "accepted", expert=SECOND, round=3, sequence=7),
    ]


def deadlines() -> list[Event]:
    def data(metric: str, days: int, **more: Any) -> dict[str, Any]:
        due = START + timedelta(days=days)
        return {"request": ID, "number": "2026-000001", "metric": metric, "due_at": due, "target_minutes": 480} | more

    return [
        event(DeadlineAtRisk, ID, 1, data("acceptance", 1)),
        event(DeadlineBreached, ID, 2, data("acceptance", 1)),
        event(DeadlineCorrected, ID, 3, data("acceptance", 2, breached=False, previous_due_at=START)),
        event(DeadlineAtRisk, ID, 4, data("resolution", 9)),
        event(DeadlineBreached, ID, 5, data("resolution", 9)),
    ]


HISTORY = [*offered_and_so_on(), *deadlines()]


@settings(max_examples=150, deadline=None)
@given(st.permutations(HISTORY), st.lists(st.sampled_from(HISTORY), max_size=10))
def test_any_order_and_any_repetition_end_in_the_same_documents(order: list[Event], repeated: list[Event]) -> None:
    expected, shuffled = a_submitted_request(), a_submitted_request()
    for arrived in HISTORY:
        expected.deliver(arrived)

    for arrived in [*order, *repeated]:
        shuffled.deliver(arrived)

    assert shuffled.end() == expected.end()


@settings(max_examples=50, deadline=None)
@given(st.permutations(HISTORY))
def test_an_event_whose_claim_has_expired_changes_nothing(order: list[Event]) -> None:
    memory = a_submitted_request()
    for arrived in HISTORY:
        memory.deliver(arrived)
    before = memory.end()
    memory.claimed.clear()

    for arrived in order:
        memory.deliver(arrived)

    assert memory.end() == before


def test_the_whole_history_leaves_the_accepting_expert_at_work() -> None:
    memory = a_submitted_request()

    for arrived in HISTORY:
        memory.deliver(arrived)

    request = memory.view.documents["requests", ID]
    assert request is not None
    assert (request["status"], request["lead"]) == ("in_progress", SECOND)
    assert request["deadlines"]["acceptance"]["state"] == "corrected"
    assert request["deadlines"]["resolution"]["state"] == "breached"


@pytest.mark.parametrize("late_at", ["before", "after"])
def test_what_comes_late_of_an_ended_round_does_not_bring_the_expert_back(late_at: str) -> None:
    memory = a_submitted_request()
    offered = offered_and_so_on()
    accepted, released = offered[-1], assignment(
        AssignmentReleased, {"id": ID, "number": "2026-000001"}, "released", expert=SECOND, round=3, sequence=8,
        reason="resolved",
    )  # fmt: skip
    for arrived in offered[:-1]:
        memory.deliver(arrived)
    _act(memory, lambda work: resolve(work, ID, _may(SECOND, "expert"), "solved", "Ecco."))
    late = [accepted, released]

    if late_at == "before":
        for arrived in late:
            memory.deliver(arrived)
    _act(memory, lambda work: reopen(work, ID, _may(FIRST, "coordinator"), "Manca qualcosa."))
    if late_at == "after":
        for arrived in late:
            memory.deliver(arrived)

    request = memory.view.documents["requests", ID]
    assert request is not None
    assert (request["status"], request["lead"]) == ("submitted", SECOND)


def test_a_new_round_after_reopening_counts_again() -> None:
    memory = a_submitted_request()
    for arrived in offered_and_so_on():
        memory.deliver(arrived)
    _act(memory, lambda work: resolve(work, ID, _may(SECOND, "expert"), "solved", "Ecco."))
    _act(memory, lambda work: reopen(work, ID, _may(FIRST, "coordinator"), "Manca qualcosa."))

    about = {"id": ID, "number": "2026-000001"}
    memory.deliver(assignment(AssignmentOffered, about, "offered", expert=FIRST, round=4, sequence=9))

    request = memory.view.documents["requests", ID]
    assert request is not None
    assert (request["status"], request["lead"]) == ("assigned", FIRST)


def test_an_event_about_an_unknown_request_is_parked() -> None:
    with pytest.raises(UnknownRequest):
        Memory().deliver(HISTORY[0])


async def test_through_the_broker_an_offer_shows_who_is_asked(town: Town, eventually: Any) -> None:
    request = await town.submitted()
    offer = assignment(AssignmentOffered, request, "offered", expert=FIRST, round=1, sequence=1)
    producer = AIOKafkaProducer(bootstrap_servers=town.service.settings.kafka, enable_idempotence=False)
    await producer.start()

    topic = topic_of(town.service.settings.prefix, "assignments")
    await producer.send_and_wait(topic, offer.model_dump_json().encode(), key=request["id"].encode())
    await producer.stop()

    async def shown() -> bool:
        read = (await town.call("GET", f"/api/requests/{request['number']}")).json()
        return bool(read["status"] == "assigned" and read["assignment"]["expert"]["id"] == FIRST)

    assert await eventually(shown)


def _act(memory: Memory, decide: Any) -> None:
    work = memory.work()
    decide(work)
    memory.view.absorb(work)


def _may(id: str, role: str) -> Caller:
    grant = Grant.model_validate({"role": role, "scope_kind": "programme", "start": START})
    return Caller(id, (grant,))
