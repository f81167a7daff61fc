"""A mail becomes a request, or a message of the request that it answers; kept before it is answered 250.

The same mail to the same recipient is taken once: its document has an id derived from both, written in the same
transaction. What machines write never creates a request. Nobody joins a request that they have no part in.
"""

import asyncio
import hashlib
import unicodedata
from pathlib import Path

import structlog

from services.chassis.auth import Caller
from services.chassis.errors import TransientError
from services.chassis.i18n import translator
from services.chassis.mongo import is_infrastructure
from services.chassis.problems import Problem
from services.chassis.saving import AlreadyExists
from services.intake.handlers.mails.arrivals import Arrival, Door, arrival_of
from services.intake.handlers.mails.effects import join, keep, open_request
from services.intake.handlers.mails.matching import Match, asker_of, author_of, match, senders
from services.intake.handlers.mails.reports import keep_report
from services.intake.handlers.mails.strangers import keep_stranger
from services.intake.handlers.parts import Parts
from services.intake.mailbox.listener import Reply
from services.intake.mailbox.messages import IncomingMail, Unreadable, read_mail
from services.intake.store.mails import MAILS

log = structlog.get_logger()
_INTAKE = Path(__file__).parents[2]
_SMALL = 16_000
"""Bytes of a mail that is taken apart at once: going to a thread costs as much."""
TAKEN = Reply(250, "2.0.0 OK")
LATER = Reply(451, "4.3.0 Not possible now, try again later")


async def receive(parts: Parts, door: Door, raw: bytes, return_path: str, recipient: str) -> Reply:
    """Keeps a mail and says how to answer it. Never raises: what is not understood stays with the sender's server."""
    try:
        await take(parts, door, await opened(door, raw, return_path, recipient))
        return TAKEN
    except Problem as problem:
        return Reply(550, f"5.7.1 {_ascii(problem)}")
    except Exception as error:
        return delayed(error)


def delayed(error: Exception) -> Reply:
    """The answer to a mail that is not possible now."""
    expected = isinstance(error, TransientError) or is_infrastructure(error)
    log.warning("mail_delayed", error=type(error).__name__, exc_info=None if expected else error)
    return LATER


async def opened(door: Door, raw: bytes, return_path: str, recipient: str) -> Arrival:
    """The mail taken apart, or called unreadable."""
    mail = await _read(door, raw, return_path)
    return arrival_of(door, raw, mail, recipient) if mail else unread(door, raw, recipient)


def unread(door: Door, raw: bytes, recipient: str) -> Arrival:
    """A mail of which nothing but its bytes is known."""
    id = f"<{hashlib.sha256(raw).hexdigest()}@unreadable>"
    return arrival_of(door, raw, IncomingMail(id, (), "", "", True, (), unreadable=True), recipient)


async def take(parts: Parts, door: Door, arrival: Arrival) -> None:
    """Lets the mail have its effect, once. Raises Problem for a sender who may not ask, and what may pass."""
    with parts.stores.mails.wave:
        try:
            await _once(parts, door, arrival)
        except AlreadyExists:
            # Another process took the same mail at the same moment.
            if not await parts.stores.mails.known(arrival.id):
                raise


async def _once(parts: Parts, door: Door, arrival: Arrival) -> None:
    if await parts.stores.mails.known(arrival.id):
        return
    mail = arrival.mail
    with parts.stores.mails.wave.setting_out(), parts.executor.expecting_new(MAILS, arrival.id):
        if mail.unreadable:
            await keep(parts, arrival, "quarantined", "unreadable")
        elif door.own.lower() in mail.senders:
            await keep(parts, arrival, "aside", "loop")
        elif mail.report:
            await keep_report(parts, door, arrival, mail.report)
        else:
            await _decide(parts, door, arrival)


async def _decide(parts: Parts, door: Door, arrival: Arrival) -> None:
    """A mail that somebody, or something, wrote to us."""
    mail = arrival.mail
    found = await match(parts, door, arrival)
    if doubt := _doubt(door, arrival):
        await keep(parts, arrival, "quarantined", doubt, found)
        return
    callers = await senders(parts, mail)
    author = author_of(callers, found.request) if found else None
    if found and author:
        await join(parts, door, arrival, author, found.request)
    elif mail.automatic:
        await keep(parts, arrival, "aside", "automatic", found)
    elif len(mail.senders) != 1:
        await keep(parts, arrival, "quarantined", "authors", found)
    elif not callers:
        await keep_stranger(parts, door, arrival, found, "sender-unknown")
    else:
        await _other(parts, door, arrival, found, asker_of(callers))


async def _other(parts: Parts, door: Door, arrival: Arrival, found: Match | None, asker: Caller | None) -> None:
    """Somebody we know, about no request of theirs: a new one, unless they answer somebody else's."""
    if found and found.answers:
        await keep(parts, arrival, "held", "third-party", found)
    elif asker is None:
        await keep_stranger(parts, door, arrival, found, "no-body")
    else:
        await open_request(parts, door, arrival, asker)


def _doubt(door: Door, arrival: Arrival) -> str | None:
    """Why the sender may be somebody else than the mail says, by the policy."""
    mail, policy = arrival.mail, door.policy
    if mail.anomaly:
        return "pec-anomaly"
    if mail.certificate:
        return None if policy.certifies(arrival.recipient) else "pec-unproven"
    if mail.authentication.verdict == "forged" and policy.forged == "quarantine":
        return "forged"
    unproven = mail.authentication.verdict == "unproven" and policy.unproven == "quarantine"
    return "unproven" if unproven else None


async def _read(door: Door, raw: bytes, return_path: str) -> IncomingMail | None:
    """The mail; None if it cannot be taken apart."""
    try:
        if len(raw) <= _SMALL:
            return read_mail(raw, return_path, door.policy.trusted)
        # Taking 30 MB apart would hold up everybody else.
        return await asyncio.to_thread(read_mail, raw, return_path, door.policy.trusted)
    except Unreadable as error:
        log.warning("mail_unreadable", reason=str(error))
        return None


def _ascii(problem: Problem) -> str:
    """The problem in Italian, for a mail server's answer: one line, ASCII."""
    translate = translator("it", _INTAKE)
    text = translate(problem.detail or problem.title).format(**problem.values)
    plain = unicodedata.normalize("NFKD", text.replace("’", "'")).encode("ascii", "ignore").decode()
    return " ".join(plain.split())[:400]
