"""What a mail says, as well as can be told: charsets lie, headers are broken, and none of it may stop the channel.

The original bytes are kept beside whatever was read. Each question has a file of its own: `contents`, `replies`,
`authentication`, `reports`, `pec`.
"""

import email
import email.policy
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import Message
from email.utils import getaddresses

from services.intake.mailbox.authentication import UNKNOWN, Authentication, authentication_of
from services.intake.mailbox.charsets import one_line, shown
from services.intake.mailbox.contents import AttachedFile, contents_of
from services.intake.mailbox.pec import Certificate, envelope_of, receipt_of
from services.intake.mailbox.reports import Report, report_of

_MESSAGE_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]{1,500}>")
_BARE_ID = re.compile(r"\s*([^<>\s@\x00-\x1f\x7f]{1,250}@[^<>\s@\x00-\x1f\x7f]{1,250})\s*")
_MOST_REFERENCES = 50
_LONGEST_HEADER = 20_000
_COSTLIEST = 2_000_000_000
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_MACHINES = ("list-id", "list-unsubscribe", "list-post", "x-loop", "x-autoreply", "x-autorespond")
_AWAY = re.compile(
    r"^\s*(risposta automatica|automatic reply|auto(matic)?[- ]?(reply|risposta)|autoreply|out of (the )?office"
    r"|fuori (sede|ufficio)\s*[:\-]|assente\s*:|assen(te|za) dal(l['’])?\s*(\d|ufficio|lavoro|servizio)"
    r"|automatische antwort|r[ée]ponse automatique|abwesen)", re.IGNORECASE
)  # fmt: skip
_SILENT_SENDERS = re.compile(r"^(no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?|non-?rispondere)\b", re.I)


class Unreadable(ValueError):
    """The bytes are no mail that can be taken apart."""


@dataclass(frozen=True)
class IncomingMail:
    """A mail. senders: the addresses in From. automatic: written by a machine, or sent to many.

    references: ids of earlier mails that it answers, the nearest first. fingerprint: what tells it from another mail
    under the same Message-ID. report: it tells of a mail of ours. certificate: of a PEC. anomaly: a PEC envelope that
    certifies nothing, or not this sender. answerable: an automatic answer to it starts no loop. unreadable: nothing but
    its bytes is known.
    """

    message_id: str
    senders: tuple[str, ...]
    subject: str
    text: str
    automatic: bool
    references: tuple[str, ...]
    fingerprint: str = ""
    files: tuple[AttachedFile, ...] = ()
    authentication: Authentication = UNKNOWN
    report: Report | None = None
    certificate: Certificate | None = None
    anomaly: bool = False
    answerable: bool = False
    unreadable: bool = False

    @property
    def certified_at(self) -> datetime | None:
        """When the provider of a PEC took the mail."""
        return self.certificate.at if self.certificate else None


def read_mail(raw: bytes, return_path: str | None, trusted: frozenset[str] = frozenset()) -> IncomingMail:
    """Takes a mail apart. Raises Unreadable; never anything else.

    return_path: empty or None for a bounce. trusted: the servers whose Authentication-Results are believed.
    """
    if raw.count(b"boundary") * len(raw) > _COSTLIEST:
        # Each line is compared with the boundary of every part around it.
        raise Unreadable("TooManyParts")
    try:
        return _read(email.message_from_bytes(raw, policy=email.policy.compat32), raw, return_path, trusted)
    except Exception as error:
        # Whatever a hostile or broken mail makes the parser do: the channel goes on.
        raise Unreadable(type(error).__name__) from error


def _read(message: Message, raw: bytes, return_path: str | None, trusted: frozenset[str]) -> IncomingMail:
    headers = _headers(message)
    if receipt := receipt_of(message, headers):
        return replace(_plain(message, headers, raw, return_path), automatic=True, report=receipt, answerable=False)
    envelope = envelope_of(message, headers)
    if envelope is None:
        mail = _plain(message, headers, raw, return_path)
        authentication = _authentication(message, mail.senders, trusted)
        report = report_of(message, mail.senders, mail.subject, not return_path)
        return replace(mail, authentication=authentication, report=report, automatic=mail.automatic or bool(report))
    # The provider's envelope has a return path of its own: only the mail within tells whether a machine wrote it.
    inner = _headers(envelope.inner)
    mail = _plain(envelope.inner, inner, raw, "postacert")
    mail = replace(mail, report=report_of(envelope.inner, mail.senders, mail.subject, False))
    told = envelope.certificate
    proven = told is not None and mail.senders == (told.sender,)
    answerable = proven and mail.answerable
    return replace(mail, certificate=told if proven else None, anomaly=not proven, answerable=answerable)


def _plain(message: Message, headers: dict[str, str], raw: bytes, return_path: str | None) -> IncomingMail:
    senders = _addresses([str(value) for name, value in message.raw_items() if name.lower() == "from"])
    subject = one_line(headers.get("subject", ""))
    contents = contents_of(message)
    automatic = not return_path or _is_automatic(headers) or bool(_AWAY.match(subject))
    files = (f"{file.name}:{file.size}" for file in contents.files)
    # Of a mail without an author nothing but its bytes tells it from another one.
    whole = () if senders else (hashlib.sha256(raw).hexdigest(),)
    told = "\0".join((*senders, subject, headers.get("date", ""), contents.text, *files, *whole))
    return IncomingMail(
        message_id=_message_id(headers.get("message-id", ""), raw),
        senders=senders,
        subject=subject,
        text=contents.text,
        automatic=automatic,
        references=_references(headers),
        fingerprint=hashlib.sha256(told.encode("utf-8", "replace")).hexdigest(),
        files=contents.files,
        answerable=not automatic and not any(map(_SILENT_SENDERS.match, senders)),
    )


def _authentication(message: Message, senders: tuple[str, ...], trusted: frozenset[str]) -> Authentication:
    """What the receiving server wrote above the mail."""
    results: list[str] = []
    spf: list[str] = []
    for name, value in list(message.raw_items())[:2_000]:
        if name.lower() in ("authentication-results", "received-spf"):
            wanted = results if name.lower() == "authentication-results" else spf
            wanted.append(" ".join(str(value)[:_LONGEST_HEADER].split()))
    return authentication_of(results, spf, senders[0] if len(senders) == 1 else "", trusted)


def _headers(message: Message) -> dict[str, str]:
    """The first value of each header, bytes that are not ASCII kept as surrogates."""
    found: dict[str, str] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), str(value)[:_LONGEST_HEADER])
    return found


def _message_id(value: str, raw: bytes) -> str:
    found = _MESSAGE_ID.search(value)
    # Without one, the same bytes are the same mail. What is not ASCII cannot be kept.
    id = found.group(0) if found else f"<{hashlib.sha256(raw).hexdigest()}@none>"
    return id.encode("ascii", "replace").decode()


def _addresses(values: list[str]) -> tuple[str, ...]:
    """Whoever stands in any From: a second header of that name is somebody else, not an oversight."""
    written = [shown(value[:_LONGEST_HEADER]) for value in values[:5]]
    found = [address.strip().lower() for _, address in getaddresses(written)]
    return tuple(dict.fromkeys(address for address in found if "@" in address))[:20]


def _references(headers: dict[str, str]) -> tuple[str, ...]:
    told = headers.get("in-reply-to", "")
    # Some programs leave the brackets away.
    bare = _BARE_ID.fullmatch(told)
    nearest = [f"<{bare[1]}>"] if bare else _MESSAGE_ID.findall(told)
    earlier = _MESSAGE_ID.findall(headers.get("references", ""))[::-1]
    ids = [*dict.fromkeys(id.encode("ascii", "replace").decode() for id in [*nearest, *earlier])]
    # Of a long chain the first one stays, too, as mail programs shorten it: with it the conversation began.
    return tuple(ids if len(ids) <= _MOST_REFERENCES else [*ids[: _MOST_REFERENCES - 1], ids[-1]])


def _is_automatic(headers: dict[str, str]) -> bool:
    """RFC 3834, mailing lists, what Exchange writes by itself, and reports about deliveries."""
    # Behind the word there may be a parameter or a comment.
    submitted = re.split(r"[;(]", headers.get("auto-submitted", "no"))[0].strip().lower()
    precedence = headers.get("precedence", "").strip().lower()
    report = headers.get("content-type", "").strip().lower().startswith("multipart/report")
    suppressed = headers.get("x-auto-response-suppress", "").lower()
    away = "all" in suppressed or "autoreply" in suppressed or "oof" in suppressed
    return submitted != "no" or precedence in _BULK or report or away or any(name in headers for name in _MACHINES)
