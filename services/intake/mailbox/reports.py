"""What mail servers tell about mails of ours: delivered, delayed, not delivered (RFC 3464), or in words of their own.

A report names our mail by its Message-ID, in the headers that it returns. Reports never make a request.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import Message

from contracts.mails import Fate
from services.intake.domain.texts import without_control_characters
from services.intake.mailbox.contents import inner_of, parts_of

_ACTIONS: dict[str, Fate] = {
    "failed": "failed", "delayed": "delayed", "delivered": "delivered", "relayed": "relayed", "expanded": "delivered",
}  # fmt: skip
_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]{1,500}>")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_BOUNCERS = re.compile(r"^(mailer-daemon|postmaster|mail-daemon)@", re.IGNORECASE)
_BOUNCED = re.compile(
    r"undeliver|delivery (status|failure|has failed)|returned mail|failure notice|mancat\w+ (consegna|recapito)"
    r"|non (è stato )?recapita\w*|mail delivery failed|impossibile recapitare", re.IGNORECASE
)  # fmt: skip
_LONGEST = 20_000
_MOST = 100


@dataclass(frozen=True)
class Told:
    """What became of a mail for one recipient. code: an enhanced status (`5.1.1`) or a word of the PEC."""

    fate: Fate
    recipient: str = ""
    code: str = ""


@dataclass(frozen=True)
class Report:
    """about: the Message-IDs that it names. told: one entry a recipient, at least one. at: certified time of a PEC."""

    about: tuple[str, ...]
    told: tuple[Told, ...]
    at: datetime | None = None


def report_of(message: Message, senders: tuple[str, ...], subject: str, empty_path: bool) -> Report | None:
    """The report that a mail is, None if it is something else."""
    kind = str(message.get_param("report-type", "")).lower() if message.get_content_type() == "multipart/report" else ""
    if kind in ("delivery-status", ""):
        told = _statuses(message)
        if told:
            return Report(_named(message), tuple(told))
    if kind:
        return None
    bouncer = any(_BOUNCERS.match(sender) for sender in senders)
    if not (bouncer or (empty_path and not senders)) or not _BOUNCED.search(subject):
        return None
    words = " ".join(_words(part) for part in list(parts_of(message))[:10])
    status = _STATUS.search(words)
    fate: Fate = "delayed" if status and status[1] == "4" else "failed"
    return Report(_named(message), (Told(fate, code=status[0] if status else ""),))


def _statuses(message: Message) -> list[Told]:
    """One entry for each recipient that a delivery-status part names."""
    found = []
    for part in parts_of(message):
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in inner_of(part)[:_MOST]:
            action = str(block.get("action", "")).strip().lower()
            if action in _ACTIONS:
                status = _STATUS.search(str(block.get("status", ""))[:100])
                found.append(Told(_fate(action, status), _recipient(block), status[0] if status else ""))
    return found


def _fate(action: str, status: re.Match[str] | None) -> Fate:
    # Some servers say "failed" of what they will try again: the status class tells.
    return "delayed" if action == "failed" and status and status[1] == "4" else _ACTIONS[action]


def _recipient(block: Message) -> str:
    """The address as we wrote it, else as the last server knew it."""
    for name in ("original-recipient", "final-recipient"):
        if value := str(block.get(name, ""))[:500]:
            return without_control_characters(value.rpartition(";")[2].strip().strip("<>").lower())
    return ""


def _named(message: Message) -> tuple[str, ...]:
    """The Message-IDs in the returned headers, else anywhere in the report."""
    found: list[str] = []
    for part in parts_of(message):
        kind, within = part.get_content_type(), inner_of(part)
        if kind == "message/rfc822" and within:
            found += _MESSAGE_ID.findall(str(within[0].get("message-id", ""))[:_LONGEST])
        elif kind in ("text/rfc822-headers", "text/plain"):
            found += _MESSAGE_ID.findall(_words(part))
    for name in ("in-reply-to", "references", "x-failed-message-id"):
        found += _MESSAGE_ID.findall(str(message.get(name, ""))[:_LONGEST])
    return tuple(dict.fromkeys(found))[:_MOST]


def _words(part: Message) -> str:
    payload = part.get_payload(decode=True) if not part.is_multipart() else None
    return payload[:_LONGEST].decode("utf-8", "replace") if isinstance(payload, bytes) else ""
