"""What the mail catcher keeps: the last mails that Affianca sent, in memory, bounded in number and in size.

Of each mail only the readable parts are kept: headers, the text part, names of attachments. HTML is never kept.
"""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from itertools import count

_TEXT_LIMIT = 200_000
_HEADERS_LIMIT = 100
_HEADER_LIMIT = 2_000


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived, reduced to what is shown."""

    id: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str | None
    attachments: tuple[str, ...]

    @property
    def size(self) -> int:
        """Characters kept."""
        return len(self.text or "") + sum(len(name) + len(value) for name, value in self.headers)

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "received_at": self.received_at.isoformat().replace("+00:00", "Z"),
            "from": self.sender,
            "to": list(self.recipients),
            "subject": self.subject,
            "headers": [list(header) for header in self.headers],
            "text": self.text,
            "attachments": list(self.attachments),
        }


class Mailbox:
    """The last `limit` mails, at most `characters` of them in all; the oldest go first."""

    def __init__(self, limit: int = 2_000, characters: int = 50_000_000) -> None:
        self._mails: deque[Mail] = deque()
        self._limit = limit
        self._characters = characters
        self._held = 0
        self._ids = count(1)

    def add(self, sender: str, recipients: Sequence[str], raw: bytes) -> Mail:
        """Keeps a mail as SMTP delivered it."""
        mail = _read(next(self._ids), sender, recipients, raw)
        self._mails.append(mail)
        self._held += mail.size
        while len(self._mails) > self._limit or (self._held > self._characters and len(self._mails) > 1):
            self._held -= self._mails.popleft().size
        return mail

    def find(self, to: str = "") -> list[Mail]:
        """Newest first; only those to one address if `to` is given."""
        wanted = to.strip().casefold()
        return [mail for mail in reversed(self._mails) if not wanted or wanted in _folded(mail.recipients)]

    def get(self, number: int) -> Mail | None:
        return next((mail for mail in self._mails if mail.id == number), None)

    def clear(self, to: str = "") -> int:
        """Forgets them (only those to one address if `to` is given) and says how many."""
        gone = {mail.id for mail in self.find(to)}
        self._mails = deque(mail for mail in self._mails if mail.id not in gone)
        self._held = sum(mail.size for mail in self._mails)
        return len(gone)


def _folded(addresses: Iterable[str]) -> set[str]:
    return {address.casefold() for address in addresses}


def _read(number: int, sender: str, recipients: Sequence[str], raw: bytes) -> Mail:
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
    headers = tuple((name, _one_line(value)[:_HEADER_LIMIT]) for name, value in message.items()[:_HEADERS_LIMIT])
    return Mail(
        id=number,
        received_at=datetime.now(UTC),
        sender=sender,
        recipients=tuple(recipients),
        subject=_one_line(message.get("Subject", "")),
        headers=headers,
        text=_text(message),
        attachments=tuple(part.get_filename() or part.get_content_type() for part in message.iter_attachments()),
    )


def _text(message: EmailMessage) -> str | None:
    part = message.get_body(preferencelist=("plain",))
    if part is None:
        return None
    try:
        content = str(part.get_content())
    except (LookupError, KeyError, UnicodeError):
        payload = part.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return content[:_TEXT_LIMIT]


def _one_line(value: object) -> str:
    return re.sub(r"\s+", " ", str(value)).strip()
