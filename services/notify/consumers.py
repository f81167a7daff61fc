"""The table of events in, and the one place where wire types are turned into what the handlers speak of."""

from typing import Any

from contracts import mails, practices, requests
from contracts.access import AccessEvent, AccessGranted, AccessRevoked, Grant, PersonErased
from contracts.assignments import (
    AssignmentAccepted,
    AssignmentEvent,
    AssignmentOffered,
    AssignmentReminded,
    RequestUnroutable,
)
from contracts.bodies import BodyApproved, BodyEvent, BodyRegistered, BodyRejected, body_id
from contracts.mails import MailEvent
from contracts.practices import PracticeEvent
from contracts.requests import RequestEvent, RequestFileQuarantined
from contracts.service_levels import DeadlineAtRisk, DeadlineBreached, DeadlineEvent
from contracts.talks import TalkBooked, TalkCancelled, TalkEvent, TalkMoved
from services.chassis import access
from services.chassis.access import ACCESS
from services.chassis.decoding import On
from services.chassis.work import Keys, Work
from services.notify import handlers
from services.notify.handlers import Happening
from services.notify.messages import ABOUT_BODIES, ABOUT_PRACTICES
from services.notify.receipts import note_receipt
from services.notify.store import ARRIVALS, DELIVERIES, NOTICES, REQUESTS, UNREACHABLE

_FACTS = {"message", "author", "author_role", "visibility", "automatic", "outcome", "rating", "into_number", "reason"}
"""What is kept of a payload beside the state: codes, ids and numbers."""


def _request(event: RequestEvent) -> Happening:
    state = event.data.state
    facts = event.data.model_dump(include=_FACTS)
    uploader = event.data.uploader if isinstance(event, RequestFileQuarantined) else None
    return Happening(event, state.id, state.number, event.order, lead=state.lead, facts=facts, person=uploader)


def _assignment(event: AssignmentEvent) -> Happening:
    state = event.data.state
    facts: dict[str, Any] = event.data.model_dump(include=_FACTS)
    facts |= {"assignment": state.id, "expert": state.expert, "expires_at": state.expires_at}
    return Happening(
        event, state.request, state.number, state.request_order, None, state.expert, state.task_force, facts
    )


def _deadline(event: DeadlineEvent) -> Happening:
    data = event.data
    facts = {"metric": data.metric, "due_at": data.due_at}
    return Happening(event, data.request, data.number, (0, 0), lead=data.lead, facts=facts)


def _talk(event: TalkEvent) -> Happening:
    state = event.data.state
    facts: dict[str, Any] = event.data.model_dump(include=_FACTS)
    facts |= state.model_dump(include={"assignment", "expert", "booked_by", "starts_at", "ends_at", "way"})
    facts |= {"talk": state.id, "sequence": event.sequence}
    return Happening(event, state.request, state.number, state.request_order, None, state.expert, None, facts)


def _body(event: BodyEvent) -> Happening:
    """It needs no other news: the body is all that is told of."""
    state, by = event.data.state, event.data.registered_by
    facts = {"body": state.code, "author": by if isinstance(event, BodyRegistered) else None}
    return Happening(event, state.id, state.code, (0, 0), registrant=by, facts=facts)


def _delegation(event: AccessEvent, grant: Grant) -> Happening:
    """What the person may do for a body from now on, or no longer."""
    code = grant.scope or ""
    facts: dict[str, Any] = {"body": code, "author": event.data.by, "start": grant.start, "end": grant.end}
    facts |= {"role": grant.role, "planned": grant.start > event.time or None}
    return Happening(event, body_id(code), code, (0, 0), person=event.subject, facts=facts)


def _practice(event: PracticeEvent) -> Happening:
    """It needs no other news: whoever reviews it is known by its themes."""
    state = event.data.state
    facts = {"practice": state.id, "themes": list(state.themes), "author": event.data.by}
    return Happening(event, state.id, state.id[-8:], (0, 0), person=state.author, facts=facts)


def _on_request(work: Work, event: RequestEvent) -> None:
    handlers.keep_state(work, event.subject, event.order, event.data.state.model_dump(include=handlers.KEPT))
    handlers.tell(work, _request(event))


def _on_assignment(work: Work, event: AssignmentEvent) -> None:
    handlers.tell(work, _assignment(event))


def _on_deadline(work: Work, event: DeadlineEvent) -> None:
    handlers.tell(work, _deadline(event))


def _on_talk(work: Work, event: TalkEvent) -> None:
    handlers.tell(work, _talk(event))


def _on_body(work: Work, event: BodyEvent) -> None:
    handlers.tell(work, _body(event))


def _on_practice(work: Work, event: PracticeEvent) -> None:
    handlers.tell(work, _practice(event))


def _on_mail(work: Work, event: MailEvent) -> None:
    data = event.data
    lost = note_receipt(work, data.delivery, event.id, data.fate, data.code, data.at, data.unusable)
    if lost:
        facts = {"code": data.code, "undelivered": lost["message"], "addressee": lost["recipient"]}
        if lost["message"] in ABOUT_BODIES:
            facts["body"] = lost["number"]
        elif lost["message"] in ABOUT_PRACTICES:
            facts |= {"practice": lost["request"], "themes": lost["facts"]["themes"]}
        handlers.tell(work, Happening(event, lost["request"], lost["number"], (0, 0), facts=facts))


def _on_access(work: Work, event: AccessEvent) -> None:
    access.apply(work, event)
    handlers.note_grants(work, event.subject, event.id, event.time, event.data.state.grants)
    if event.data.delegation:
        handlers.tell(work, _delegation(event, event.data.delegation))


def _of_request(event: RequestEvent) -> Keys:
    return {REQUESTS: [event.subject], NOTICES: handlers.notice_ids(event)}


def _notices(event: AssignmentEvent | BodyEvent | DeadlineEvent | TalkEvent | PracticeEvent) -> Keys:
    return {NOTICES: handlers.notice_ids(event)}


def _of_delivery(event: MailEvent) -> Keys:
    one = [event.data.delivery]
    return {DELIVERIES: one, UNREACHABLE: one, NOTICES: handlers.notice_ids(event)}


def _of_person(event: AccessEvent) -> Keys:
    return {ACCESS: [event.subject], ARRIVALS: [event.id], NOTICES: handlers.notice_ids(event)}


EVENTS: tuple[On[Any], ...] = (
    *(On(model, _on_request, _of_request) for model in requests.EVENTS),
    On(AssignmentOffered, _on_assignment, _notices),
    On(AssignmentReminded, _on_assignment, _notices),
    On(AssignmentAccepted, _on_assignment, _notices),
    On(RequestUnroutable, _on_assignment, _notices),
    *(On(model, _on_talk, _notices) for model in (TalkBooked, TalkMoved, TalkCancelled)),
    On(DeadlineAtRisk, _on_deadline, _notices),
    On(DeadlineBreached, _on_deadline, _notices),
    *(On(model, _on_body, _notices) for model in (BodyRegistered, BodyApproved, BodyRejected)),
    *(On(model, _on_practice, _notices) for model in practices.EVENTS),
    *(On(model, _on_mail, _of_delivery) for model in mails.EVENTS),
    *(On(model, _on_access, _of_person) for model in (AccessGranted, AccessRevoked, PersonErased)),
)
