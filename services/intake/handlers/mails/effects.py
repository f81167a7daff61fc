"""What becomes of a mail: a message of a request, a request of its own, or something kept until somebody decides."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from contracts import vocabulary
from contracts.envelope import derived_id
from contracts.requests import Kind
from services.chassis.auth import Caller
from services.chassis.i18n import N_, translator
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Work
from services.intake.domain.late_replies import Course
from services.intake.domain.texts import seen, stems
from services.intake.handlers.attachments import attach, holding
from services.intake.handlers.conversation import post_message
from services.intake.handlers.days import today
from services.intake.handlers.late_replies import course_of
from services.intake.handlers.mails.arrivals import Arrival, Door, State, note, original
from services.intake.handlers.mails.matching import OF_A_BODY, Match
from services.intake.handlers.parts import Parts
from services.intake.handlers.requests import reopen
from services.intake.handlers.subjects import body_now
from services.intake.handlers.submission import NewRequest, prepare, submit
from services.intake.mailbox.messages import IncomingMail
from services.intake.mailbox.replies import folded_reply, folded_signature
from services.intake.store.conversation import MESSAGES
from services.intake.store.mails import MAILS
from services.intake.store.requests import REQUESTS

log = structlog.get_logger()
_INTAKE = Path(__file__).parents[2]
_IN_A_ROW = timedelta(minutes=10)
_OLDEST = timedelta(days=30)


async def join(parts: Parts, door: Door, arrival: Arrival, author: Caller, request: Document) -> None:
    """Adds the mail to the request that it answers; one that is over it reopens, or goes on from as a new one."""
    id, message, mail = request["_id"], derived_id(arrival.id, MESSAGES), arrival.mail
    reply = folded_reply(mail.text, mail.subject)
    text = seen(reply.said) or seen(mail.subject) or "-"
    automatic = mail.automatic or await _in_a_row(parts, door, author, id)

    def course(known: Document) -> Course:
        return "message" if automatic else course_of(parts.programme, known, author, text, parts.clock.now())

    if course(request) == "follow":
        await _go_on(parts, arrival, author, request, text, await _in_a_row(parts, door, author))
        return
    kept = await original(parts, arrival)
    async with holding(parts) as holder:
        held = await holder.take_all_from_mail(mail.files, arrival.id)

        def decide(work: Work) -> None:
            if work.get(MAILS, arrival.id) is None:
                said: dict[str, Any] = {"message": message, "channel": arrival.channel, "folded": reply.folded}
                known = work.get(REQUESTS, id)
                if known is not None and course(known) == "reopen":
                    reopen(work, id, author, text, **said)
                else:
                    post_message(work, id, author, text, automatic=automatic, **said)
                attach(work, parts.files, id, author.id, held, channel=arrival.channel, message=message, mail=True)
                note(work, arrival, kept, sender=author.id, request=id)

        await parts.executor.run({MAILS: [arrival.id], REQUESTS: [id]}, decide)


async def _go_on(parts: Parts, arrival: Arrival, author: Caller, earlier: Document, text: str, automatic: bool) -> None:
    """Makes a new request of what somebody answers too late, about the same and linked to it.

    For a body that has ended its successor asks. Where the author may not, coordination decides: no answer is refused.
    """
    about = {name: earlier[name] for name in ("kind", "title", "theme", "procedure")}
    body = body_now(earlier["body"], today(parts))
    form = NewRequest(**about, body=body, description=text, follows=earlier["number"])
    try:
        await _submit(parts, arrival, author, form, automatic)
    except Problem as problem:
        log.info("late_mail_held", reason=problem.kind)
        await keep(parts, arrival, "held", "too-late", Match(earlier, answers=True))


async def _in_a_row(parts: Parts, door: Door, author: Caller, request: str = "") -> bool:
    """Whether the author has just written more than people do; answers count by request, for who answers many of them
    in one go is no machine.
    """
    id, since, most = author.id or "", parts.clock.now() - _IN_A_ROW, door.policy.in_a_row
    if request:
        found = await parts.stores.conversation.mailed(request, id, since, most)
    else:
        found = await parts.stores.mails.openings(id, since, most)
    if found >= most:
        log.warning("mail_brake", person_id=id, request_id=request or None)
    return found >= most


async def open_request(parts: Parts, door: Door, arrival: Arrival, author: Caller) -> None:
    """Makes a request of the mail, for the body of the sender's first grant: mail names no body."""
    body = _first_body(author, today(parts))
    automatic = await _in_a_row(parts, door, author)
    await _submit(parts, arrival, author, form_of(arrival.mail, body, author), automatic)


async def _submit(parts: Parts, arrival: Arrival, author: Caller, form: NewRequest, automatic: bool = False) -> None:
    submission = await prepare(parts, author, form, arrival.channel, derived_id(arrival.id, REQUESTS))
    submission = replace(submission, received_at=_received_at(arrival, parts.clock.now()))
    kept = await original(parts, arrival)
    keys = {MAILS: [arrival.id], **submission.needs()}
    async with holding(parts) as holder:
        held = await holder.take_all_from_mail(arrival.mail.files, arrival.id)

        def decide(work: Work) -> None:
            if work.get(MAILS, arrival.id) is None:
                submit(work, replace(submission, automatic=automatic))
                attach(
                    work, parts.files, submission.id, author.id, held, channel=arrival.channel, mail=True
                )  # fmt: skip
                note(work, arrival, kept, sender=submission.sent_by, request=submission.id, opened=True)

        await parts.executor.run(keys, decide)


def _first_body(author: Caller, day: date) -> str:
    """The first body that the author acts for; one that has ended only where there is no other."""
    codes = [grant.scope for grant in author.grants if grant.role in OF_A_BODY and grant.scope]
    in_force = (code for code in codes if (body := vocabulary.body(code)) and body.valid_on(day))
    return next(in_force, codes[0])


def _received_at(arrival: Arrival, now: datetime) -> datetime | None:
    """The time that a provider certifies, unless it cannot be: then the mail counts from its arrival."""
    certified = arrival.mail.certified_at
    if certified is None or not now - _OLDEST <= certified <= now:
        return arrival.came_at
    return certified.astimezone(UTC)


async def keep(parts: Parts, arrival: Arrival, state: State, reason: str, about: Match | None = None) -> None:
    """Keeps a mail that changes nothing until somebody decides."""
    kept = await original(parts, arrival)

    def decide(work: Work) -> None:
        if work.get(MAILS, arrival.id) is None:
            waiting(work, arrival, kept, state, reason, about)

    await parts.executor.run({MAILS: [arrival.id]}, decide)
    log.info("mail_kept_aside", mail_id=arrival.id, state=state, reason=reason)


def waiting(work: Work, arrival: Arrival, kept: Document, state: State, reason: str, about: Match | None) -> None:
    """Writes the document of a mail that waits for somebody's decision, with what that person must see."""
    mail = arrival.mail
    author = {"addresses": list(mail.senders), "subject": mail.subject[:300]}
    quoted = {"id": about.request["_id"], "number": about.request["number"]} if about else None
    note(work, arrival, kept, state=state, reason=reason, quoted=quoted, author=author)


def form_of(mail: IncomingMail, body: str, author: Caller) -> NewRequest:
    """The request that a mail makes: what it quotes belongs to it, its signature does not."""
    translate = translator(author.language or "it", _INTAKE)
    title = seen(mail.subject[:200].strip()) or translate(N_("(no subject)"))
    kind: Kind = "legal" if {"legal", "avvocat"} & set(stems(mail.subject)) else "technical"
    return NewRequest(body=body, kind=kind, title=title, description=seen(folded_signature(mail.text).said) or title)
