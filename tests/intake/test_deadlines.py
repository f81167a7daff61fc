"""The deadlines of a request from its first minute on, as the API tells them: the same as reporting counts."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.access import Grant
from contracts.assignments import AssignmentAccepted, AssignmentState
from contracts.envelope import Event, derived_id, new_id
from contracts.service_levels import DeadlineAtRisk, DeadlineCorrected
from contracts.working_time import Reading, verdict
from services.chassis.auth import Caller
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Origin, View, Work
from services.intake.api.request_models import ListedRequests, RequestWithHistory, SubmittedRequest
from services.intake.classifier import Recognition
from services.intake.consumers import EVENTS
from services.intake.handlers import reading
from services.intake.handlers.conversation import ask, post_message
from services.intake.handlers.deadlines import Deadline, deadlines_of
from services.intake.handlers.editing import edit
from services.intake.handlers.requests import close, merge, reopen, resolve, withdraw
from services.intake.handlers.subjects import Subject, checked_body
from services.intake.handlers.submission import NewRequest, Submission, submit
from services.intake.store import conversation
from services.reporting.store import FACTS
from tests.intake.conftest import VARESE, Town, a_request
from tests.intake.events import deliver, event
from tests.reporting.material import in_memory

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
IDS = (derived_id("deadlines", "one"), derived_id("deadlines", "two"))
EXPERT = derived_id("deadlines", "expert")
ORIGIN = Origin("urn:affianca:test")


def may(id: str, role: str, body: str | None = None) -> Caller:
    kind = "body" if body else "programme"
    return Caller(id, (Grant.model_validate({"role": role, "scope_kind": kind, "scope": body, "start": START}),))


LEAD, COORDINATOR = may(EXPERT, "expert"), may(new_id(), "coordinator")
OFFICIAL = may(new_id(), "official", VARESE)
ACTIONS: dict[str, Callable[[Work, str], Any]] = {
    "answer": lambda work, id: post_message(work, id, LEAD, "Ecco."),
    "note": lambda work, id: post_message(work, id, LEAD, "Tra noi.", "internal"),
    "automatic": lambda work, id: post_message(work, id, LEAD, "Fuori sede.", automatic=True),
    "coordination": lambda work, id: post_message(work, id, COORDINATOR, "Seguiamo."),
    "provide": lambda work, id: post_message(work, id, OFFICIAL, "Allego."),
    "ask": lambda work, id: ask(work, id, COORDINATOR, "Quale sito?"),
    "resolve": lambda work, id: resolve(work, id, COORDINATOR, "solved", "Fatto."),
    "reopen": lambda work, id: reopen(work, id, OFFICIAL, "Manca qualcosa."),
    "close": lambda work, id: close(work, id, OFFICIAL),
    "withdraw": lambda work, id: withdraw(work, id, OFFICIAL),
    "merge": lambda work, id: merge(work, id, next(other for other in IDS if other != id), COORDINATOR),
    "urgent": lambda work, id: edit(work, id, COORDINATOR, {"urgency": "high"}),
}


SPOKEN = ("answer", "note", "automatic", "coordination")
LIKELY = {
    "submitted": ("accept", "accept", "ask", "urgent", "withdraw", "coordination", "resolve"),
    "in_progress": (*SPOKEN, "ask", "ask", "resolve", "resolve", "urgent", "provide", "merge"),
    "waiting": (*SPOKEN, "provide", "provide", "provide", "accept", "resolve", "withdraw"),
    "resolved": ("reopen", "close", "close", "answer"),
    "closed": ("reopen", "reopen", "answer"),
    "withdrawn": ("answer", "coordination"),
    "merged": ("answer",),
}
"""Status -> what may well happen next."""


class Programme:
    """Two requests in intake's memory, and everything that was told about them."""

    def __init__(self) -> None:
        self.view, self.told, self.now = View(), list[Event](), START
        for number, id in enumerate(IDS, 1):
            self._decide(partial(submit, submission=_submission(id, number)))

    def happens(self, what: str, id: str, after: timedelta = timedelta(0)) -> None:
        """Something, or nothing where the state does not allow it."""
        self.now += after
        if what == "accept":
            self._accept(id)
            return
        with suppress(Problem):
            self._decide(lambda work: ACTIONS[what](work, id))

    def status(self, id: str) -> str:
        request = self.view.documents["requests", id]
        assert request
        return str(request["status"])

    def deadlines(self, id: str) -> tuple[Deadline, ...]:
        """As the API reads them, with the story of what was merged into the request."""
        request = self.view.documents["requests", id]
        assert request
        story = {id, *request["merged_from"]}
        messages, timeline = (self._rows(name, story) for name in ("messages", "timeline"))
        return deadlines_of(request, messages, timeline, self.now)

    def _rows(self, collection: str, requests: set[str]) -> list[Document]:
        rows = [row for (name, _), row in self.view.documents.items() if name == collection and row]
        return [row for row in rows if row["request"] in requests]

    def _accept(self, id: str) -> None:
        state = AssignmentState.model_validate({
            "id": new_id(), "request": id, "number": "2026-000001", "request_order": (1, 1), "status": "accepted",
            "round": len(self.told), "expert": EXPERT, "accepted_at": self.now,
        })  # fmt: skip
        accepted = event(AssignmentAccepted, id, len(self.told), {"state": state.model_dump()})
        accepted = accepted.model_copy(update={"time": self.now})
        entry = next(entry for entry in EVENTS if entry.model is AssignmentAccepted)
        for collection, ids in entry.keys(accepted).items():
            for key in ids:
                self.view.documents.setdefault((collection, key), None)
        self.told.append(accepted)
        self._decide(lambda work: entry.handle(work, accepted), accepted)

    def _decide(self, decide: Callable[[Work], Any], cause: Event | None = None) -> None:
        work = Work(self.view, self.now, ORIGIN, cause)
        decide(work)
        self.told += work.events
        self.view.absorb(work)


def _submission(id: str, number: int) -> Submission:
    form, body = NewRequest.model_validate(a_request()), checked_body(VARESE, START.date())
    subject, found = Subject("site-remediation"), Recognition(confidence=1.0)
    return Submission(id, f"2026-{number:06d}", form, body, subject, "given", found, "api", None, EXPERT)


def counted(clock: Reading, now: datetime) -> tuple[Any, ...]:
    """What reporting knows of a clock, in the words of the API."""
    told: str = verdict(clock.state, clock.due_at, clock.warn_at, now)
    state = {"overdue": "breached", "in_time": clock.state}.get(told, told)
    return clock.metric, state, clock.target_minutes, clock.due_at, clock.warn_at, clock.ended_at


@settings(max_examples=200, deadline=None)
@given(chance=st.randoms(use_true_random=False), length=st.integers(0, 16))
def test_the_api_tells_the_deadlines_that_reporting_counts(chance: random.Random, length: int) -> None:
    programme = Programme()
    for _ in range(length):
        id = chance.choice(IDS)
        programme.happens(chance.choice(LIKELY[programme.status(id)]), id, timedelta(minutes=chance.randrange(14_000)))
    programme.now += timedelta(minutes=chance.randrange(14_000))
    chance.shuffle(programme.told)

    facts = in_memory(programme.told).documents

    for id in IDS:
        fact = facts[FACTS, id]
        assert fact
        mine = [(it.metric, it.state, it.target_minutes, it.due_at, it.warn_at, it.reached_at)
                for it in programme.deadlines(id)]  # fmt: skip
        assert mine == [counted(Reading(**clock), programme.now) for clock in fact["clocks"]]


@pytest.mark.parametrize(
    ("steps", "states"),
    [
        ([], ["running", "running", "running"]),
        ([("accept", 1)], ["met", "running", "running"]),
        ([("accept", 1), ("answer", 1)], ["met", "met", "running"]),
        ([("accept", 1), ("note", 1), ("automatic", 1), ("coordination", 1)], ["met", "running", "running"]),
        ([("accept", 1), ("ask", 1), ("note", 24 * 60)], ["met", "met", "paused"]),
        ([("accept", 1), ("ask", 1), ("provide", 1)], ["met", "met", "running"]),
        ([("accept", 1), ("resolve", 1)], ["met", "met", "met"]),
        ([("accept", 1), ("resolve", 1), ("reopen", 24)], ["met", "met", "running"]),
        ([("note", 28)], ["at_risk", "running", "running"]),
        ([("note", 49)], ["breached", "running", "running"]),
        ([("accept", 49), ("resolve", 24 * 60)], ["breached", "breached", "breached"]),
        ([("accept", 1), ("withdraw", 1)], ["void", "void", "void"]),
        ([("resolve", 1)], ["void", "met", "met"]),
    ],
)
def test_each_deadline_has_a_state_at_every_moment_of_a_life(steps: list[tuple[str, int]], states: list[str]) -> None:
    programme = Programme()
    for what, hours in steps:
        programme.happens(what, IDS[0], timedelta(hours=hours))

    assert [deadline.state for deadline in programme.deadlines(IDS[0])] == states


def test_a_request_of_a_year_without_known_holidays_is_read_all_the_same() -> None:
    request = {"_id": IDS[0], "received_at": datetime(2099, 1, 5, tzinfo=UTC), "urgency": "normal", "province": "VA"}

    assert deadlines_of(request | {"deadlines": {}}, (), (), datetime(2099, 1, 5, tzinfo=UTC)) == ()


def states_of(document: dict[str, Any]) -> dict[str, str]:
    return {deadline["metric"]: deadline["state"] for deadline in document["deadlines"]}


RUNNING = {"acceptance": "running", "first_answer": "running", "resolution": "running"}


async def test_the_deadlines_stand_in_every_answer_about_one_request_from_its_first_minute(town: Town) -> None:
    made = await town.submitted()
    path = f"/api/requests/{made['number']}"

    read = (await town.call("GET", path)).json()
    urgent = (await town.call("PATCH", path, json={"urgency": "high"})).json()
    await town.call("POST", f"{path}/ask", json={"text": "Quale sito?"})
    asked = (await town.call("GET", path)).json()
    resolved = (await town.call("POST", f"{path}/resolve", json={"outcome": "solved", "text": "Fatto."})).json()
    reopened = (await town.call("POST", f"{path}/reopen", json={"reason": "Manca qualcosa."})).json()

    assert states_of(made) == states_of(read) == states_of(urgent) == RUNNING
    assert made["deadlines"] == read["deadlines"]
    assert all(deadline["due_at"] > deadline["warn_at"] > made["received_at"] for deadline in read["deadlines"])
    assert [deadline["target_minutes"] for deadline in read["deadlines"]] == [960, 2400, 9600]
    assert [deadline["target_minutes"] for deadline in urgent["deadlines"]] == [240, 960, 4800]
    assert states_of(asked) == {"acceptance": "paused", "first_answer": "met", "resolution": "paused"}
    assert states_of(resolved) == {"acceptance": "void", "first_answer": "met", "resolution": "met"}
    assert states_of(reopened) == {"acceptance": "running", "first_answer": "met", "resolution": "running"}
    for answer in (read, urgent, asked, resolved, reopened):
        RequestWithHistory.model_validate(answer)
    SubmittedRequest.model_validate(made)


async def test_what_was_told_of_a_deadline_stands_beside_and_changes_no_state(town: Town) -> None:
    made = await town.submitted()
    due = made["deadlines"][0]["due_at"]
    about = {"request": made["id"], "number": made["number"], "metric": "acceptance", "target_minutes": 960}
    await deliver(town, event(DeadlineAtRisk, made["id"], 1, about | {"due_at": due}))

    near = (await town.call("GET", f"/api/requests/{made['number']}")).json()["deadlines"][0]
    corrected = about | {"due_at": due, "breached": False, "previous_due_at": due}
    await deliver(town, event(DeadlineCorrected, made["id"], 2, corrected))
    after = (await town.call("GET", f"/api/requests/{made['number']}")).json()["deadlines"][0]
    listed = (await town.call("GET", "/api/requests", params={"q": made["number"]})).json()

    assert (near["state"], near["told"]) == ("running", {"state": "at_risk", "due_at": due})
    assert (after["state"], after["told"]) == ("running", {"state": "corrected", "due_at": due})
    assert [row.number for row in ListedRequests.model_validate(listed).items] == [made["number"]]
    assert [told["state"] for told in listed["items"][0]["deadlines"]] == ["corrected"]


async def test_who_may_not_read_the_conversation_reads_the_same_deadlines(town: Town) -> None:
    made = await town.submitted()
    expert, key = await town.person({"role": "expert", "scope_kind": "programme"})
    _, monitor = await town.person({"role": "monitor", "scope_kind": "programme"})
    state = {"id": new_id(), "request": made["id"], "number": made["number"], "request_order": (1, 1), "round": 1,
             "status": "accepted", "expert": expert, "accepted_at": town.service.clock.now()}  # fmt: skip
    await deliver(town, event(AssignmentAccepted, made["id"], 1, {"state": state}))
    path = f"/api/requests/{made['number']}"
    said = await town.call("POST", f"{path}/messages", key, json={"text": "Ecco."})

    whole, seen = [(await town.call("GET", path, who)).json() for who in (key, monitor)]

    assert said.status_code == 201
    assert states_of(whole) == {"acceptance": "met", "first_answer": "met", "resolution": "running"}
    assert "messages" not in seen
    assert seen["deadlines"] == whole["deadlines"]
    RequestWithHistory.model_validate(seen)


async def test_a_story_that_is_too_long_to_be_read_whole_ends_no_deadline_otherwise(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await town.submitted()
    path = f"/api/requests/{made['number']}"
    for n in range(2):
        await town.call("POST", f"{path}/messages", json={"text": f"Seguiamo {n}."})
    await town.call("POST", f"{path}/resolve", json={"outcome": "solved", "text": "Fatto."})
    whole = (await town.call("GET", path)).json()

    monkeypatch.setattr(conversation, "_MOST", 2)
    cut = (await town.call("GET", path)).json()

    assert len(cut["timeline"]) == 2 < len(whole["timeline"])
    assert states_of(cut) == {"acceptance": "void", "first_answer": "met", "resolution": "met"}
    assert cut["deadlines"] == whole["deadlines"]


async def test_a_page_computes_no_clock(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await town.submitted()
    parts, asked = town.service.app.state.parts, 0

    def counted(*facts: Any) -> tuple[Deadline, ...]:
        nonlocal asked
        asked += 1
        return deadlines_of(*facts)

    monkeypatch.setattr(reading, "deadlines_of", counted)
    found = await reading.read(parts, COORDINATOR, made["number"])

    assert asked == 0
    assert len(found.deadlines) == 3 and asked == 1
