"""A new request: everything that must be true of it, then one decision that stores and announces it.

`prepare` reads (the body's state, a number); `submit` decides over a Work without any further read.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from contracts import vocabulary
from contracts.envelope import new_id
from contracts.requests import (
    Channel,
    ClassifiedData,
    Kind,
    RequestClassified,
    RequestData,
    RequestSubmitted,
    ThemeSource,
    Urgency,
)
from services.chassis.auth import Caller
from services.chassis.i18n import N_, ROME
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.classifier import Recognition
from services.intake.domain.texts import has_control_characters
from services.intake.domain.words import tokens
from services.intake.handlers.admission import check_admitted, check_sender
from services.intake.handlers.aggregate import record, refresh, tell
from services.intake.handlers.parts import Parts
from services.intake.handlers.subjects import Subject, checked_body, checked_subject
from services.intake.store.requests import REQUESTS


def _clean(text: str) -> str:
    if has_control_characters(text):
        raise ValueError(N_("Remove the control characters."))
    return text


def _filled(text: str) -> str:
    if not text:
        raise ValueError(N_("Write something."))
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError(N_("Write it on one line."))
    return text


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(N_("A date such as 2026-03-28 is needed.")) from error
    return text


_STRIPPED = StringConstraints(strip_whitespace=True)
Line = Annotated[str, _STRIPPED, AfterValidator(_clean), AfterValidator(_one_line)]
"""A text of one line."""
Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=20_000), AfterValidator(_clean), AfterValidator(_filled)
]
"""A text of any number of lines, not empty."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Protocol(BaseModel):
    """The sender's own registration of the document."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[Line, Field(min_length=1, max_length=50)]
    date: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_day)]
    registry: Annotated[Line, Field(max_length=100)] = ""


class NewRequest(BaseModel):
    """What a front-end sends; field by field as the API documents it."""

    model_config = ConfigDict(extra="forbid")

    body: Code
    kind: Kind
    title: Annotated[Line, AfterValidator(_filled), Field(max_length=200)]
    description: Prose
    theme: Code | None = None
    procedure: Code | None = None
    urgency: Urgency = "normal"
    tags: Annotated[list[Annotated[Line, Field(min_length=1, max_length=40)]], Field(max_length=20)] = []
    protocol: Protocol | None = None
    channel: Channel | None = None
    synthetic: bool = False


@dataclass(frozen=True)
class Submission:
    """A checked request, ready to be decided."""

    id: str
    number: str
    form: NewRequest
    body: vocabulary.Body
    subject: Subject
    theme_source: ThemeSource
    recognition: Recognition
    channel: Channel
    requester: str | None
    sent_by: str
    received_at: datetime | None = None


async def prepare(
    parts: Parts, caller: Caller, form: NewRequest, channel: Channel = "web", id: str | None = None
) -> Submission:
    """Checks what only reads can tell. Raises 422 for unknown codes, 403 for a body that may not ask (now).

    channel: where it came by, unless the form says so. id: for a front-end whose ids derive from what was sent.
    """
    now = parts.clock.now()
    body = checked_body(form.body, now.astimezone(ROME).date())
    subject = checked_subject(form.theme, form.procedure)
    check_sender(caller, body, form.synthetic)
    check_admitted(parts.programme, body, await parts.stores.bodies.state(body.code))
    recognition = Recognition(confidence=1.0) if subject.theme else parts.recognise(f"{form.title}\n{form.description}")
    given = subject.theme is not None
    if recognition.theme:
        subject = Subject(recognition.theme, recognition.procedure)
    source: ThemeSource = "given" if given else "recognised" if recognition.theme else "triage"
    assert caller.id is not None
    return Submission(
        id=id or new_id(now),
        number=await parts.stores.numbers.take(now),
        form=form,
        body=body,
        subject=subject,
        theme_source=source,
        recognition=recognition,
        channel=form.channel or channel,
        requester=caller.id if body.code in caller.scopes("official", "representative") else None,
        sent_by=caller.id,
    )


def submit(work: Work, submission: Submission) -> Document:
    """Accepts a request for assistance: from here on it is kept, and everybody concerned will be told."""
    request = _document(submission, work.now)
    refresh(request)
    event = tell(work, request, RequestSubmitted, RequestData)
    caller = Caller(submission.sent_by)
    record(work, request, event, "submitted", caller, {"channel": submission.channel})
    if submission.theme_source == "recognised":
        facts = {"confidence": submission.recognition.confidence, "corrected": False}
        event = tell(work, request, RequestClassified, ClassifiedData, **facts)
        record(work, request, event, "classified", None, submission.subject.codes() | facts)
    work.put(REQUESTS, request)
    return request


def _document(submission: Submission, now: datetime) -> Document:
    form, body = submission.form, submission.body
    protocol = form.protocol.model_dump() if form.protocol else None
    registered = [form.protocol.number] if form.protocol else []
    return {
        "_id": submission.id,
        "schema_version": 1,
        "sequence": 0,
        "number": submission.number,
        "body": body.code,
        "body_name": body.name,
        "province": body.province,
        **form.model_dump(include={"kind", "title", "description", "urgency", "tags", "synthetic"}),
        "protocol": protocol,
        "theme_source": submission.theme_source,
        "confidence": submission.recognition.confidence,
        "recognition": submission.recognition.kept(),
        **submission.subject.codes(),
        "channel": submission.channel,
        "requester": submission.requester,
        "sent_by": submission.sent_by,
        "submitted_at": now,
        "received_at": submission.received_at or now,
        "updated_at": now,
        "base": "open",
        "assignment": None,
        "freed_round": -1,
        "last_lead": None,
        "deadlines": {},
        "resolution": None,
        "rating": None,
        "merged_into": None,
        "merged_from": [],
        "tokens": tokens(submission.number, form.title, *registered, body.name, form.description),
    }
