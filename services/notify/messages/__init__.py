"""The catalogue of what people are told: event type -> message, for whom, under which condition.

To tell something new: one line in `LINES` (and the message in `MESSAGES`), a template
`templates/mail/<code>.txt`, its Italian in `locale/it.po`. The facts that conditions see are those that
`consumers.py` takes from the event.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.notify.messages.readers import READERS, Audience
from services.notify.messages.words import N_

Facts = Mapping[str, Any]


def _always(facts: Facts) -> bool:
    return True


def _written_by(*roles: str) -> Callable[[Facts], bool]:
    """A message for both sides, written by a person of one of them: notes and automatic answers are not told."""

    def condition(facts: Facts) -> bool:
        return facts["visibility"] == "shared" and not facts["automatic"] and facts["author_role"] in roles

    return condition


def _by_no_machine(facts: Facts) -> bool:
    """A machine would answer the acknowledgement, and the answer would be a request to acknowledge."""
    return not facts.get("automatic")


def _not_about_itself(facts: Facts) -> bool:
    """A mail that tells of an undelivered mail, and comes back itself, would go round for ever."""
    return facts["undelivered"] not in ("undelivered", "undelivered-body", "undelivered-practice")


def _of_a_body(facts: Facts) -> bool:
    return "body" in facts and _not_about_itself(facts)


def _of_a_practice(facts: Facts) -> bool:
    return "practice" in facts and _not_about_itself(facts)


def _of(role: str) -> Callable[[Facts], bool]:
    """A right to act for a body, in this role."""
    return lambda facts: bool(facts["role"] == role)


@dataclass(frozen=True)
class Message:
    """title: subject of the mail and entry of the list. link: the address below the public one."""

    code: str
    title: str
    link: str = "/requests/{number}"


@dataclass(frozen=True)
class Line:
    """One line of the catalogue."""

    event: str
    message: str
    audiences: tuple[Audience, ...]
    when: Callable[[Facts], bool] = _always


_TALKS = "/desk/requests/{number}/talks"
APPOINTMENTS = frozenset({"talk-booked", "talk-moved", "talk-cancelled"})
"""Messages that bring an appointment for the reader's calendar, or take it out."""
ABOUT_BODIES = frozenset({
    "registration-waiting", "registration-approved", "registration-refused", "delegate-enabled", "delegate-removed",
    "representative-enabled", "representative-removed", "undelivered-body",
})  # fmt: skip
"""Messages about a body itself: their `request` is the body's id, their `number` its code."""
ABOUT_PRACTICES = frozenset({"practice-waiting", "practice-published", "practice-returned", "undelivered-practice"})
"""Messages about a good practice: their `request` is its id, their `number` the end of that, as in its address."""
OF_NO_REQUEST = ABOUT_BODIES | ABOUT_PRACTICES

MESSAGES: dict[str, Message] = {
    message.code: message
    for message in (
        Message("received", N_("The request has been received")),
        Message("taken", N_("An expert has taken the request")),
        Message("answer", N_("There is an answer to the request")),
        Message("question", N_("The expert needs information")),
        Message("resolved", N_("The request is resolved")),
        Message("merged", N_("The request goes on as another one")),
        Message("offer", N_("A request is offered to you"), "/desk/assignments/{assignment}"),
        Message("reminder", N_("A request still waits for your decision"), "/desk/assignments/{assignment}"),
        Message("requester-wrote", N_("The body has written to you")),
        Message("information", N_("The body has given the information")),
        Message("reopened", N_("The request has been reopened")),
        Message("closed", N_("The request has been closed")),
        Message("withdrawn", N_("The request has been withdrawn")),
        Message("unroutable", N_("Nobody can be offered a request")),
        Message("talk-booked", N_("A talk is booked"), _TALKS),
        Message("talk-moved", N_("A talk is moved"), _TALKS),
        Message("talk-cancelled", N_("A talk is cancelled"), _TALKS),
        Message("file-quarantined", N_("A file was set aside because of a virus")),
        Message("undelivered", N_("A mail could not be delivered")),
        Message("undelivered-body", N_("A mail about a body could not be delivered"), "/bodies/{number}"),
        Message(
            "undelivered-practice",
            N_("A mail about a good practice could not be delivered"),
            "/practices/{practice}/draft",
        ),
        Message("deadline-at-risk", N_("A deadline is near")),
        Message("deadline-breached", N_("A deadline has passed")),
        Message("registration-waiting", N_("A body's registration waits for you"), "/bodies/{number}"),
        Message("registration-approved", N_("The body's registration is approved"), "/my-body/{number}"),
        Message("registration-refused", N_("The body's registration is not approved"), "/my-body/{number}"),
        Message("delegate-enabled", N_("You are enabled to act for a body"), "/my-body/{number}"),
        Message("delegate-removed", N_("You no longer act for a body"), "/"),
        Message("representative-enabled", N_("You are enabled as mayor or president of a body"), "/my-body/{number}"),
        Message("representative-removed", N_("You are no longer mayor or president of a body"), "/"),
        Message("practice-waiting", N_("A good practice waits for your review"), "/practices/{practice}/draft"),
        Message("practice-published", N_("Your good practice is published"), "/practices/{practice}"),
        Message("practice-returned", N_("Your good practice has been sent back"), "/practices/{practice}/draft"),
    )
}

LINES: tuple[Line, ...] = (
    Line("affianca.request.submitted.v1", "received", ("requester",), _by_no_machine),
    Line("affianca.request.message-posted.v1", "answer", ("requester",), _written_by("expert", "coordinator")),
    Line("affianca.request.message-posted.v1", "requester-wrote", ("lead",), _written_by("requester")),
    Line("affianca.request.information-asked.v1", "question", ("requester",)),
    Line("affianca.request.information-provided.v1", "information", ("lead",)),
    Line("affianca.request.resolved.v1", "resolved", ("requester",)),
    Line("affianca.request.reopened.v1", "reopened", ("lead",)),
    Line("affianca.request.closed.v1", "closed", ("lead",)),
    Line("affianca.request.withdrawn.v1", "withdrawn", ("lead",)),
    Line("affianca.request.merged.v1", "merged", ("requester",)),
    Line("affianca.request.file-quarantined.v1", "file-quarantined", ("uploader", "lead")),
    Line("affianca.assignment.offered.v1", "offer", ("expert",)),
    Line("affianca.assignment.reminded.v1", "reminder", ("expert",)),
    Line("affianca.assignment.accepted.v1", "taken", ("requester",)),
    Line("affianca.assignment.unroutable.v1", "unroutable", ("coordinators", "secretariat")),
    Line("affianca.talk.booked.v1", "talk-booked", ("booker", "expert")),
    Line("affianca.talk.moved.v1", "talk-moved", ("booker", "expert")),
    Line("affianca.talk.cancelled.v1", "talk-cancelled", ("booker", "expert")),
    Line("affianca.mail.reported.v1", "undelivered", ("coordinators", "secretariat"), _not_about_itself),
    Line("affianca.mail.other-reported.v1", "undelivered-body", ("coordinators", "secretariat"), _of_a_body),
    Line("affianca.mail.other-reported.v1", "undelivered-practice", ("reviewers", "secretariat"), _of_a_practice),
    Line("affianca.deadline.at-risk.v1", "deadline-at-risk", ("lead",)),
    Line("affianca.deadline.breached.v1", "deadline-breached", ("lead", "coordinators")),
    Line("affianca.body.registered.v1", "registration-waiting", ("secretariat",)),
    Line("affianca.body.approved.v1", "registration-approved", ("registrant", "representatives")),
    Line("affianca.body.rejected.v1", "registration-refused", ("registrant", "representatives")),
    Line("affianca.access.granted.v1", "delegate-enabled", ("delegate",), _of("official")),
    Line("affianca.access.revoked.v1", "delegate-removed", ("delegate",), _of("official")),
    Line("affianca.access.granted.v1", "representative-enabled", ("appointee",), _of("representative")),
    Line("affianca.access.revoked.v1", "representative-removed", ("appointee",), _of("representative")),
    Line("affianca.practice.sent-for-review.v1", "practice-waiting", ("reviewers", "secretariat")),
    Line("affianca.practice.published.v1", "practice-published", ("writer",)),
    Line("affianca.practice.returned.v1", "practice-returned", ("writer",)),
)


def told(event: str, facts: Facts) -> list[Line]:
    """The lines that apply to an event."""
    return [line for line in LINES if line.event == event and line.when(facts)]


def messages_for(roles: frozenset[str]) -> list[Message]:
    """The messages that people with these roles may get, in the order of the catalogue."""
    codes = {line.message for line in LINES for audience in line.audiences if not roles.isdisjoint(READERS[audience])}
    return [message for code, message in MESSAGES.items() if code in codes]
