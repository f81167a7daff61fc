"""A new request: everything that must be true of it, then one decision that stores and announces it.

`prepare` reads (the body's state, a number); `submit` decides over a Work without any further read.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from contracts import vocabulary
from contracts.envelope import Id, new_id
from contracts.requests import (
    Channel,
    ClassifiedData,
    Kind,
    RequestClassified,
    RequestSubmitted,
    SubmittedData,
    ThemeSource,
    Urgency,
)
from services.chassis.auth import Caller
from services.chassis.mongo import Document
from services.chassis.work import Keys, Work
from services.intake.classifier import Recognition
from services.intake.domain.words import tokens
from services.intake.handlers.aggregate import record, refresh, tell
from services.intake.handlers.callers import caller_of, followed_by
from services.intake.handlers.checking import check_request
from services.intake.handlers.fields import Code, Companies, FurtherThemes, Number, Prose, Protocol, Tags, Title
from services.intake.handlers.links import follow
from services.intake.handlers.parts import Parts
from services.intake.handlers.subjects import Subject, checked_further
from services.intake.store.requests import REQUESTS


class NewRequest(BaseModel):
    """What a front-end sends; field by field as the API documents it."""

    model_config = ConfigDict(extra="forbid")

    body: Code
    kind: Kind
    title: Title
    description: Prose
    theme: Code | None = None
    further_themes: FurtherThemes = []
    procedure: Code | None = None
    companies: Companies = []
    urgency: Urgency = "normal"
    tags: Tags = []
    protocol: Protocol | None = None
    channel: Channel | None = None
    requester: Id | None = None
    """Who telephoned, when coordination writes for them."""
    follows: Number | None = None
    """An earlier request that this one goes on from."""
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
    further_themes: tuple[str, ...] = ()
    follows: str | None = None
    """The id of the request that this one goes on from."""
    automatic: bool = False
    """Nobody thanks for it: its sender may be a machine that would answer."""

    def needs(self) -> Keys:
        """The documents that `submit` decides over."""
        return {REQUESTS: [self.follows] if self.follows else []}


async def prepare(
    parts: Parts,
    caller: Caller,
    form: NewRequest,
    channel: Channel = "web",
    id: str | None = None,
    imported: bool = False,
) -> Submission:
    """Checks what only reads can tell. Raises 422 for unknown codes, 403 for a body that may not ask (now).

    channel: where it came by, unless the form says so. id: for a front-end whose ids derive from what was sent.
    imported: it is a line of a file, which coordinators may bring, too.
    """
    now = parts.clock.now()
    channel = form.channel or channel
    body, subject = await check_request(parts, caller, form, channel, imported)
    recognition = Recognition(confidence=1.0) if subject.theme else parts.recognise(f"{form.title}\n{form.description}")
    given = subject.theme is not None
    further = checked_further(form.further_themes)
    if recognition.theme:
        subject = Subject(recognition.theme, recognition.procedure)
    source: ThemeSource = "given" if given else "recognised" if recognition.theme else "triage"
    assert caller.id is not None
    return Submission(
        id=id or new_id(now),
        form=form,
        body=body,
        subject=subject,
        theme_source=source,
        recognition=recognition,
        channel=channel,
        requester=await caller_of(parts, caller, body.code, form.requester),
        sent_by=caller.id,
        further_themes=tuple(theme for theme in further if theme != subject.theme),
        follows=await followed_by(parts, caller, form.follows),
        # Last: what is refused takes no number.
        number=await parts.stores.numbers.take(now),
    )


def submit(work: Work, submission: Submission) -> Document:
    """Accepts a request for assistance: from here on it is kept, and everybody concerned will be told."""
    request = _document(submission, work.now)
    refresh(request)
    event = tell(work, request, RequestSubmitted, SubmittedData, automatic=submission.automatic)
    caller = Caller(submission.sent_by)
    record(work, request, event, "submitted", caller, {"channel": submission.channel})
    if submission.theme_source == "recognised":
        facts = {"confidence": submission.recognition.confidence, "corrected": False}
        event = tell(work, request, RequestClassified, ClassifiedData, **facts)
        record(work, request, event, "classified", None, submission.subject.codes() | facts)
    if submission.follows:
        follow(work, request, submission.follows, caller)
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
        "further_themes": list(submission.further_themes),
        "companies": list(dict.fromkeys(form.companies)),
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
