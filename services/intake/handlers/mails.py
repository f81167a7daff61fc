"""A mail becomes a request, or a message of the request that it answers; kept before it is answered 250.

The same mail to the same recipient is taken once: its document has an id derived from both, written in the same
transaction. What machines write never creates a request. Nobody joins a request that they may not see.
"""

import asyncio
import hashlib
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from contracts.access import Grant
from contracts.envelope import derived_id, new_id
from contracts.requests import Kind
from services.chassis.access import Principal
from services.chassis.auth import Caller, in_force
from services.chassis.errors import TransientError
from services.chassis.i18n import N_, translator
from services.chassis.mongo import Document, is_infrastructure
from services.chassis.problems import Problem
from services.chassis.work import Work
from services.intake.domain.numbers import quoted_number
from services.intake.domain.texts import stems
from services.intake.handlers.conversation import post_message
from services.intake.handlers.parts import Parts
from services.intake.handlers.reading import survivor_of
from services.intake.handlers.submission import NewRequest, Submission, prepare, submit
from services.intake.mailbox.listener import Reply
from services.intake.mailbox.messages import IncomingMail, Unreadable, read_mail
from services.intake.store.conversation import MESSAGES
from services.intake.store.mails import INLINE, MAILS
from services.intake.store.requests import REQUESTS
from services.intake.store.visibility import sees

log = structlog.get_logger()
_INTAKE = Path(__file__).parents[1]
_TAKEN = Reply(250, "2.0.0 OK")
_LATER = Reply(451, "4.3.0 Not possible now, try again later")
_UNKNOWN_SENDER = N_(
    "This address is not enabled: only officials and representatives of a registered body can write. "
    "Ask your body's representative to add you, or use the portal."
)


@dataclass(frozen=True)
class _Arrival:
    """A mail with the identity under which it is kept."""

    id: str
    recipient: str
    raw: bytes
    mail: IncomingMail


async def receive(parts: Parts, own_address: str, raw: bytes, return_path: str, recipient: str) -> Reply:
    """Keeps a mail and says how to answer it. Never raises: what is not understood stays with the sender's server."""
    try:
        return await _receive(parts, own_address, raw, return_path, recipient)
    except Problem as problem:
        return Reply(550, f"5.7.1 {_ascii(problem)}")
    except Exception as error:
        expected = isinstance(error, TransientError) or is_infrastructure(error)
        log.warning("mail_delayed", error=type(error).__name__, exc_info=None if expected else error)
        return _LATER


async def _receive(parts: Parts, own_address: str, raw: bytes, return_path: str, recipient: str) -> Reply:
    try:
        # Taking 30 MB apart would hold up everybody else.
        mail = await asyncio.to_thread(read_mail, raw, return_path)
    except Unreadable as error:
        mail = IncomingMail(f"<{hashlib.sha256(raw).hexdigest()}@unreadable>", (), "", "", True, ())
        log.warning("mail_unreadable", reason=str(error))
    arrival = _Arrival(derived_id("mail", mail.message_id, recipient.lower()), recipient.lower(), raw, mail)
    if await parts.stores.mails.known(arrival.id):
        return _TAKEN
    looping = own_address.lower() in mail.senders
    senders = [] if looping else await _senders(parts, mail)
    quoted = await _quoted(parts, mail)
    author = next((sender for sender in senders if quoted and sees(sender, quoted)), None)
    if quoted and author:
        await _join(parts, arrival, author, quoted)
    elif mail.automatic or looping:
        await _keep_aside(parts, arrival)
    elif not senders:
        raise Problem(403, _UNKNOWN_SENDER, kind="sender-unknown")
    else:
        await _open(parts, arrival, senders[0])
    return _TAKEN


async def _senders(parts: Parts, mail: IncomingMail) -> list[Caller]:
    """Who may have written: persons with the address in From who act for a body now. Two addresses are nobody's."""
    if len(mail.senders) != 1:
        return []
    persons = await parts.stores.persons.by_email(mail.senders[0])
    access = await parts.stores.persons.access(person["_id"] for person in persons)
    now, callers = parts.clock.now(), []
    for id, row in access.items():
        grants = tuple(Grant.model_validate(grant) for grant in row["grants"])
        caller = in_force(Principal(id, grants, row["language"]), now, "token")
        if caller.has("official", "representative"):
            callers.append(caller)
    return sorted(callers, key=lambda caller: caller.id or "")


async def _quoted(parts: Parts, mail: IncomingMail) -> Document | None:
    """The request that a mail answers, by the number in its subject or by an earlier mail; a merged one's survivor."""
    number = quoted_number(mail.subject)
    found = await parts.stores.requests.by_number(number) if number else None
    if found is None and mail.references:
        id = await parts.stores.mails.request_of(mail.references)
        found = next(iter(await parts.stores.requests.by_ids([id])), None) if id else None
    return await survivor_of(parts, found) if found else None


async def _join(parts: Parts, arrival: _Arrival, author: Caller, request: Document) -> None:
    """Adds the mail to the request that it answers."""
    id, message = request["_id"], derived_id(arrival.id, MESSAGES)
    text = arrival.mail.text or arrival.mail.subject or "-"
    kept = await _original(parts, arrival)

    def decide(work: Work) -> None:
        if work.get(MAILS, arrival.id) is None:
            automatic = arrival.mail.automatic
            post_message(work, id, author, text, message=message, automatic=automatic, channel="email")
            _note(work, arrival, kept, author.id, id)

    await parts.executor.run({MAILS: [arrival.id], REQUESTS: [id]}, decide)


async def _open(parts: Parts, arrival: _Arrival, author: Caller) -> None:
    """Makes a request of the mail, for the body of the sender's first grant: mail names no body."""
    of_a_body = (grant for grant in author.grants if grant.role in ("official", "representative") and grant.scope)
    submission = await prepare(parts, author, _form(arrival.mail, next(of_a_body).scope or "", author), "email",
                               derived_id(arrival.id, REQUESTS))  # fmt: skip
    kept = await _original(parts, arrival)
    await parts.executor.run({MAILS: [arrival.id]}, lambda work: _opened(work, arrival, kept, submission))


def _opened(work: Work, arrival: _Arrival, kept: Document, submission: Submission) -> None:
    if work.get(MAILS, arrival.id) is None:
        submit(work, submission)
        _note(work, arrival, kept, submission.sent_by, submission.id)


async def _keep_aside(parts: Parts, arrival: _Arrival) -> None:
    """Keeps what a machine sent about nothing we know of, for whoever looks for it."""
    kept = await _original(parts, arrival)

    def decide(work: Work) -> None:
        if work.get(MAILS, arrival.id) is None:
            _note(work, arrival, kept, None, None)

    await parts.executor.run({MAILS: [arrival.id]}, decide)
    log.info("mail_kept_aside", mail_id=arrival.id)


async def _original(parts: Parts, arrival: _Arrival) -> Document:
    """Where the original bytes are: in the document, or before it in GridFS."""
    if len(arrival.raw) <= INLINE:
        return {"raw": arrival.raw, "file": None}

    async def whole() -> AsyncIterator[bytes]:
        yield arrival.raw

    file = new_id(parts.clock.now())
    await parts.stores.files.keep(file, "original.eml", whole())
    return {"raw": b"", "file": file}


def _note(work: Work, arrival: _Arrival, kept: Document, sender: str | None, request: str | None) -> None:
    facts = {"message_id": arrival.mail.message_id, "recipient": arrival.recipient, "size": len(arrival.raw)}
    links = {"sender": sender, "request": request, "automatic": arrival.mail.automatic}
    work.put(MAILS, {"_id": arrival.id, "schema_version": 1, "received_at": work.now, **facts, **links, **kept})


def _form(mail: IncomingMail, body: str, author: Caller) -> NewRequest:
    translate = translator(author.language or "it", _INTAKE)
    title = mail.subject[:200].strip() or translate(N_("(no subject)"))
    kind: Kind = "legal" if {"legal", "avvocat"} & set(stems(mail.subject)) else "technical"
    return NewRequest(body=body, kind=kind, title=title, description=mail.text or title)


def _ascii(problem: Problem) -> str:
    """The problem in Italian, for a mail server's answer: one line, ASCII."""
    translate = translator("it", _INTAKE)
    text = translate(problem.detail or problem.title).format(**problem.values)
    plain = unicodedata.normalize("NFKD", text.replace("’", "'")).encode("ascii", "ignore").decode()
    return " ".join(plain.split())[:400]
