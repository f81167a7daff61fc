"""A mail that came in, with the identity under which it is kept, and its original bytes."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from contracts.envelope import derived_id, new_id
from contracts.mail_references import read_reply_address
from contracts.requests import Channel
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.handlers.parts import Parts
from services.intake.mailbox.messages import IncomingMail
from services.intake.mailbox.settings import MailSettings
from services.intake.store.mails import INLINE, MAILS, ORIGINAL

State = Literal["taken", "aside", "held", "quarantined"]
"""aside: by a machine, about nothing we know. held: somebody must approve it. quarantined: nobody we know wrote it."""


@dataclass(frozen=True)
class Door:
    """own: the address that our mails come from. secret: signs what they carry. policy: see `MailSettings`."""

    own: str
    secret: str
    policy: MailSettings


@dataclass(frozen=True)
class Arrival:
    """A mail with the identity under which it is kept. tagged: the number in the address that it was sent to.

    came_at, kept: when it came and where its bytes are, if it has waited in the queue.
    """

    id: str
    recipient: str
    raw: bytes
    mail: IncomingMail
    tagged: str | None
    came_at: datetime | None = None
    kept: Document | None = None

    @property
    def channel(self) -> Channel:
        """As what it counts."""
        return "pec" if self.mail.certificate else "email"


def arrival_of(door: Door, raw: bytes, mail: IncomingMail, recipient: str) -> Arrival:
    """The same mail to the same address is the same arrival, whatever the tag; another one under its id is not."""
    address, tagged = read_reply_address(door.secret, recipient)
    return Arrival(derived_id("mail", mail.message_id, address, mail.fingerprint), address, raw, mail, tagged)


async def original(parts: Parts, arrival: Arrival) -> Document:
    """Where the original bytes are: in the document, or before it in GridFS."""
    return arrival.kept or await keep_bytes(parts, arrival.raw)


async def keep_bytes(parts: Parts, raw: bytes) -> Document:
    """The fields of a document that will hold these bytes, or names the file that does."""
    if len(raw) <= INLINE:
        return {"raw": raw, "file": None}

    async def whole() -> AsyncIterator[bytes]:
        yield raw

    file = new_id(parts.clock.now())
    await parts.stores.files.keep(file, "original.eml", whole(), ORIGINAL)
    return {"raw": b"", "file": file}


def note(work: Work, arrival: Arrival, kept: Document, **links: Any) -> None:
    """Writes the mail's document, in the transaction of its effect. links: sender, request, state, reason, quoted."""
    mail = arrival.mail
    usual = {"sender": None, "request": None, "state": "taken", "reason": None, "quoted": None, "author": None}
    found = [asdict(finding) for finding in mail.authentication.findings]
    row = {
        "_id": arrival.id,
        "schema_version": 1,
        "received_at": arrival.came_at or work.now,
        "message_id": mail.message_id,
        "recipient": arrival.recipient,
        "size": len(arrival.raw),
        "automatic": mail.automatic,
        "channel": arrival.channel,
        "files": [{name: getattr(file, name) for name in ("name", "type", "size", "inline")} for file in mail.files],
        "authentication": {"verdict": mail.authentication.verdict, "findings": found},
        "certificate": _certified(mail),
    }
    work.put(MAILS, row | usual | links | kept)


def _certified(mail: IncomingMail) -> Document | None:
    told = mail.certificate
    if told is None:
        return None
    return {"sender": told.sender, "at": told.at, "identifier": told.identifier, "provider": told.provider}
