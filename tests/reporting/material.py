"""Requests told as events, for the tests of reporting; and what reads them into facts without a broker."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiokafka import ConsumerRecord

from contracts import assignments, requests
from contracts.envelope import Event, derived_id, new_id
from services.chassis.consumption import Batches, Outcome
from services.chassis.mongo import Document
from services.chassis.service import Service
from services.chassis.work import Origin, View, Work
from services.reporting.consumers import EVENTS
from services.reporting.store import FACTS

ROME = ZoneInfo("Europe/Rome")
BODY = "012133"
EXPERT = derived_id("expert")
HANDLERS = {entry.model: entry for entry in EVENTS}


def rome(text: str) -> datetime:
    """`2026-11-23 10:00` on the wall of Rome."""
    return datetime.fromisoformat(text).replace(tzinfo=ROME).astimezone(UTC)


class Story:
    """One request, whose owner and assignment tell what happens, each with its own sequence."""

    def __init__(self, at: datetime, number: int = 1, **state: Any) -> None:
        self.id = derived_id("story", str(number), str(at))
        self.events: list[Event] = []
        self.state = {
            "id": self.id, "number": f"2026-{number:06d}", "body": BODY, "province": "VA", "kind": "technical",
            "theme": "waste", "procedure": None, "theme_source": "given", "urgency": "normal", "channel": "web",
            "status": "submitted", "requester": None, "lead": None, "submitted_at": at, "received_at": at,
        } | state  # fmt: skip
        self._sequences = {"request": 0, "assignment": 0}
        self._tell(requests.RequestSubmitted, at)

    def message(
        self, at: datetime, role: str = "expert", visibility: str = "shared", automatic: bool = False
    ) -> "Story":
        extra = {"message": new_id(), "author": EXPERT, "author_role": role, "visibility": visibility}
        return self._tell(requests.RequestMessagePosted, at, **extra, automatic=automatic)

    def offered(self, at: datetime) -> "Story":
        self.state |= {"lead": EXPERT, "status": "assigned"}
        return self._assigned(assignments.AssignmentOffered, at, "offered")

    def declined(self, at: datetime) -> "Story":
        self.state |= {"lead": None, "status": "submitted"}
        return self._assigned(assignments.AssignmentDeclined, at, "declined", reason="no_time")

    def accepted(self, at: datetime) -> "Story":
        self.state |= {"lead": EXPERT, "status": "in_progress"}
        return self._assigned(assignments.AssignmentAccepted, at, "accepted")

    def _assigned(self, model: type[Event], at: datetime, status: str, **extra: Any) -> "Story":
        state = {
            "id": self.id, "request": self.id, "number": self.state["number"], "request_order": (1, 1), "round": 1,
            "status": status, "expert": EXPERT, "task_force": self.state["theme"],
            "accepted_at": at if status == "accepted" else None,
        }  # fmt: skip
        self._add(model, at, "assignment", {"state": state, **extra})
        return self

    def asked(self, at: datetime) -> "Story":
        self.state["status"] = "waiting"
        extra = {"message": new_id(), "author": EXPERT, "author_role": "expert", "visibility": "shared"}
        return self._tell(requests.RequestInformationAsked, at, **extra)

    def provided(self, at: datetime) -> "Story":
        self.state["status"] = "in_progress"
        extra = {"message": new_id(), "author": None, "author_role": "requester", "visibility": "shared"}
        return self._tell(requests.RequestInformationProvided, at, **extra)

    def resolved(self, at: datetime) -> "Story":
        self.state["status"] = "resolved"
        return self._tell(requests.RequestResolved, at, outcome="solved", message=new_id())

    def reopened(self, at: datetime) -> "Story":
        self.state["status"] = "in_progress"
        return self._tell(requests.RequestReopened, at)

    def closed(self, at: datetime) -> "Story":
        self.state["status"] = "closed"
        return self._tell(requests.RequestClosed, at)

    def withdrawn(self, at: datetime) -> "Story":
        self.state["status"] = "withdrawn"
        return self._tell(requests.RequestWithdrawn, at)

    def merged(self, at: datetime) -> "Story":
        self.state["status"] = "merged"
        return self._tell(requests.RequestMerged, at, into=new_id(), into_number="2026-000999")

    def reclassified(self, at: datetime, **state: Any) -> "Story":
        self.state |= state
        return self._tell(requests.RequestClassified, at, confidence=1, corrected=True)

    def _tell(self, model: type[Event], at: datetime, **extra: Any) -> "Story":
        self._add(model, at, "request", {"state": dict(self.state), **extra})
        return self

    def _add(self, model: type[Event], at: datetime, aggregate: str, data: dict[str, Any]) -> None:
        self._sequences[aggregate] += 1
        sequence = self._sequences[aggregate]
        facts = {"id": new_id(), "source": "urn:test", "subject": self.id, "time": at, "correlationid": self.id}
        self.events.append(model.model_validate({**facts, "sequence": sequence, "data": data}))


def half_hours(start: datetime, count: int) -> datetime:
    return start + timedelta(minutes=30 * count)


def random_story(chance: random.Random, number: int) -> Story:
    """A plausible life at full half hours, anywhere between submitted and merged."""
    at = half_hours(rome("2026-09-01 08:00"), chance.randrange(48 * 60))
    story = Story(
        at, number, theme=chance.choice(["waste", "renewables", None]), province=chance.choice(["VA", "MI", "SO"]),
        kind=chance.choice(["technical", "legal"]), urgency=chance.choice(["normal", "normal", "high"]),
        channel=chance.choice(["web", "pec"]), synthetic=chance.random() < 0.5,
    )  # fmt: skip
    steps = {
        "submitted": ["offered", "accepted", "message", "withdrawn", "closed"],
        "assigned": ["accepted", "accepted", "declined"],
        "in_progress": ["message", "asked", "resolved", "closed", "merged", "message"],
        "waiting": ["provided", "resolved", "withdrawn"],
        "resolved": ["reopened", "closed", "reopened"],
        "closed": ["reopened"],
    }
    for _ in range(chance.randrange(9)):
        choices = steps.get(story.state["status"])
        if not choices:
            break
        at = half_hours(at, 1 + chance.randrange(chance.choice([6, 48, 48 * 8])))
        getattr(story, chance.choice(choices))(at)
    return story


def in_memory(events: Iterable[Event], view: View | None = None) -> View:
    """What the handlers make of these events, one after the other, without any server."""
    view = view or View()
    for event in events:
        for collection, ids in HANDLERS[type(event)].keys(event).items():
            for id in ids:
                view.documents.setdefault((collection, id), None)
        work = Work(view, datetime(2026, 12, 1, tzinfo=UTC), Origin("urn:test"), cause=event)
        HANDLERS[type(event)].handle(work, event)
        view.absorb(work)
    return view


def fact_of(story: Story) -> Document:
    """The fact of a story, from its events in order."""
    fact = in_memory(story.events).documents[(FACTS, story.id)]
    assert fact is not None
    return fact


def clock_of(fact: Document, metric: str) -> dict[str, Any]:
    """One clock of a fact."""
    return next(clock for clock in fact["clocks"] if clock["metric"] == metric)


async def consume(service: Service, events: Sequence[Event]) -> Outcome:
    """Applies events as the service's consumer does, in one batch, with claims and transaction."""
    batches = Batches(service.database, service.table, service.clock, service.metrics)
    outcome = await batches.apply([_record(event) for event in events])
    assert outcome.parked == []
    return outcome


def _record(event: Event) -> Any:
    value = event.model_dump_json().encode()
    return ConsumerRecord("topic", 0, 0, 0, 0, event.subject.encode(), value, None, 0, len(value), ())
