"""Mail of people who are not registered: kept in quarantine, and answered politely, once a day at most.

The answer discloses nothing, quotes nothing, and goes to nobody who may be a machine or somebody else. It is written
in the transaction that keeps the mail, and sent by a job.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import structlog

from contracts.envelope import derived_id
from contracts.mail_references import WIRE
from services.chassis.i18n import N_, ROME, translator
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.handlers.mails.arrivals import Arrival, Door, original
from services.intake.handlers.mails.effects import waiting
from services.intake.handlers.mails.matching import Match
from services.intake.handlers.parts import Parts
from services.intake.store.mails import ANSWERS, MAILS

log = structlog.get_logger()
Send = Callable[[EmailMessage, str], Awaitable[bool | None]]
"""Sends a mail: True when it was taken, False when it never will be, None when it may be later."""
_INTAKE = Path(__file__).parents[2]
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(\.[\w-]+)+", re.ASCII)
_GIVE_UP = timedelta(hours=48)
_AT_ONCE = 20
_SUBJECT = N_("Your message to the assistance service")
_GREETING = N_("Good morning,")
_UNKNOWN = N_(
    "we have received your message, but this address is not enabled to write to the assistance service: only officials "
    "and representatives of a registered body can. Ask your body's representative to add you, or use the portal: {url}"
)
_AUTOMATIC = N_("This is an automatic answer, sent at most once a day. Your message is kept and has not been lost.")


async def keep_stranger(parts: Parts, door: Door, arrival: Arrival, about: Match | None, reason: str) -> None:
    """Keeps the mail in quarantine and, where that harms nobody, queues the answer of the day."""
    kept = await original(parts, arrival)
    mail, now = arrival.mail, parts.clock.now()
    day = now.astimezone(ROME).date().isoformat()
    answer = derived_id("mail-answer", mail.senders[0], day)
    wanted = (
        bool(_ADDRESS.fullmatch(mail.senders[0]))
        and mail.answerable
        and door.policy.answers_strangers
        and mail.authentication.verdict != "forged"
    )
    wanted = wanted and await parts.stores.mails.answers_of(day) < door.policy.answers_daily

    def decide(work: Work) -> bool:
        if work.get(MAILS, arrival.id) is not None:
            return False
        waiting(work, arrival, kept, "quarantined", reason, about)
        if not wanted or work.get(ANSWERS, answer) is not None:
            return False
        facts = {"to": mail.senders[0], "about": mail.message_id, "day": day, "attempts": 0}
        work.put(ANSWERS, {"_id": answer, "schema_version": 1, "at": work.now, "due_at": work.now, **facts})
        return True

    answered = await parts.executor.run({MAILS: [arrival.id], ANSWERS: [answer]}, decide)
    log.info("mail_of_a_stranger", mail_id=arrival.id, reason=reason, answered=answered)


async def send_answers(parts: Parts, door: Door, url: str, send: Send) -> bool:
    """Sends the answers that are due; whether more wait. A job calls it, one process at a time."""
    due = await parts.stores.mails.answers_due(parts.clock.now(), _AT_ONCE)
    for row in due:
        try:
            sent = await send(_letter(row, door, url), row["to"])
        except Exception as error:
            # An address that nothing can be written to must not hold up the answers behind it.
            log.warning("mail_answer_impossible", error=type(error).__name__)
            sent = False
        await parts.executor.run({ANSWERS: [row["_id"]]}, partial(_sent, id=row["_id"], sent=sent))
    return len(due) == _AT_ONCE


def _sent(work: Work, id: str, sent: bool | None) -> None:
    row = work.get(ANSWERS, id)
    if row is None or row["due_at"] is None:
        return
    row["attempts"] += 1
    if sent is None and work.now < row["at"] + _GIVE_UP:
        row["due_at"] = work.now + timedelta(minutes=min(60, 2 ** row["attempts"]))
    else:
        # The address has served; that this day's answer was given is all that is kept.
        row |= {"due_at": None, "to": None, "about": None}
    work.put(ANSWERS, row)


def _letter(row: Document, door: Door, url: str) -> EmailMessage:
    """In Italian, then in English: nobody knows what a stranger reads."""
    languages = [translator("it", _INTAKE), translator("en", _INTAKE)]
    letter = EmailMessage(policy=WIRE)
    letter["Subject"] = languages[0](_SUBJECT)
    letter["From"] = door.own
    letter["To"] = row["to"]
    letter["Date"] = format_datetime(row["at"])
    letter["Message-ID"] = f"<{row['_id']}@{door.own.rpartition('@')[2]}>"
    with suppress(ValueError):
        # A stranger's id may be nothing that a header can hold.
        letter["In-Reply-To"] = letter["References"] = row["about"]
    letter["Auto-Submitted"] = "auto-replied"
    letter["X-Auto-Response-Suppress"] = "All"
    texts = ["\n\n".join((say(_GREETING), say(_UNKNOWN, url=url), say(_AUTOMATIC))) for say in languages]
    letter.set_content("\n\n---\n\n".join(texts), charset="utf-8", cte="quoted-printable")
    return letter
