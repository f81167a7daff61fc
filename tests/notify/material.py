"""Events and people for the tests of notify."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka.structs import ConsumerRecord

from contracts.access import AccessData, AccessGranted, AccessState, Grant
from contracts.assignments import AssignmentState
from contracts.envelope import Event, derived_id, event_type
from contracts.mail_references import MailReference, message_id
from contracts.requests import RequestState
from contracts.talks import TalkState
from services.chassis.clock import Clock

BODY = "016024"
THEME = "environment"
NOW = Clock().now()
TALK_AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def id_of(name: str) -> str:
    """The same id for the same name."""
    return derived_id("tests", name)


OFFICIAL, LEAD, COORDINATOR = id_of("official"), id_of("lead"), id_of("coordinator")
REQUEST, MESSAGE = id_of("request"), id_of("message")


def an_event(model: type[Event], subject: str, sequence: int, data: Any, at: datetime | None = None) -> Event:
    at = at or NOW + timedelta(milliseconds=10 * sequence)
    id = derived_id(event_type(model), subject, str(sequence))
    facts = {"id": id, "source": "urn:test", "time": at, "correlationid": id_of("correlation")}
    return model(**facts, type=event_type(model), subject=subject, sequence=sequence, data=data)


def a_state(request: str = REQUEST, **changes: Any) -> RequestState:
    facts = {
        "id": request, "number": "2026-000123", "body": BODY, "province": "BG", "kind": "technical", "theme": THEME,
        "procedure": None, "theme_source": "given", "urgency": "normal", "channel": "web", "status": "submitted",
        "requester": OFFICIAL, "lead": None, "submitted_at": NOW, "received_at": NOW,
    }  # fmt: skip
    return RequestState.model_validate(facts | changes)


def about_request(model: type[Event], sequence: int = 1, request: str = REQUEST, **changes: Any) -> Event:
    """An event of the stream `requests`; changes that are no fields of the state go into the payload."""
    of_state = {name: value for name, value in changes.items() if name in RequestState.model_fields}
    payload = {name: value for name, value in changes.items() if name not in RequestState.model_fields}
    return an_event(model, request, sequence, {"state": a_state(request, **of_state), **payload})


def about_assignment(model: type[Event], sequence: int = 1, request: str = REQUEST, **changes: Any) -> Event:
    facts = {
        "id": id_of("assignment"), "request": request, "number": "2026-000123", "request_order": (1, 1), "round": 1,
        "status": "offered", "expert": LEAD, "expires_at": NOW + timedelta(days=1),
    }  # fmt: skip
    of_state = {name: value for name, value in changes.items() if name in AssignmentState.model_fields}
    payload = {name: value for name, value in changes.items() if name not in AssignmentState.model_fields}
    return an_event(model, request, sequence, {"state": AssignmentState(**facts | of_state), **payload})


def said(role: str = "expert", **changes: Any) -> dict[str, Any]:
    """The payload of a message."""
    facts = {"message": MESSAGE, "author": None, "author_role": role, "visibility": "shared", "automatic": False}
    return facts | changes


def about_talk(model: type[Event], sequence: int = 1, **changes: Any) -> Event:
    facts = {
        "id": id_of("talk"), "request": REQUEST, "number": "2026-000123", "request_order": (1, 1), "expert": LEAD,
        "assignment": id_of("assignment"), "booked_by": OFFICIAL, "starts_at": TALK_AT, "way": "remote",
        "ends_at": TALK_AT + timedelta(minutes=30), "status": "booked",
    }  # fmt: skip
    of_state = {name: value for name, value in changes.items() if name in TalkState.model_fields}
    payload = {name: value for name, value in changes.items() if name not in TalkState.model_fields}
    return an_event(model, REQUEST, sequence, {"state": TalkState(**facts | of_state), **payload})


def about_deadline(model: type[Event], sequence: int = 1, **changes: Any) -> Event:
    facts = {
        "request": REQUEST, "number": "2026-000123", "metric": "first_answer", "target_minutes": 480, "lead": LEAD,
        "due_at": NOW + timedelta(hours=3),
    }  # fmt: skip
    return an_event(model, REQUEST, sequence, facts | changes)


def granted(
    person: str, role: str, scope: str | None = None, sequence: int = 1, at: datetime | None = None, **changes: Any
) -> Event:
    kind = "programme" if scope is None else "body" if role == "official" else "task_force"
    start = NOW - timedelta(days=1)
    grant = Grant.model_validate({"role": role, "scope_kind": kind, "scope": scope, "start": start} | changes)
    state = AccessState(id=person, grants=(grant,))
    return an_event(AccessGranted, person, sequence, AccessData(state=state), at or start)


def record_of(event: Event, offset: int = 0) -> ConsumerRecord:
    topic = f"test.{event.STREAM}.v1"
    return ConsumerRecord(topic, 0, offset, 0, 0, None, event.model_dump_json().encode(), None, 0, 0, ())


def message_id_of(delivery: str) -> str:
    """The Message-ID under which a delivery about the usual request leaves."""
    return message_id("k" * 40, MailReference(delivery, "2026-000123"), "affianca.example")
