"""What a mail says, as well as can be told: charsets lie, headers are broken, and none of it may stop the channel.

Declared charset first, then UTF-8, then Windows-1252; the original bytes are kept beside whatever was read.
"""

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from services.intake.domain.texts import without_control_characters
from services.intake.mailbox.plain_text import plain_text

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
_MOST_PARTS = 300
_MOST_REFERENCES = 50
_LONGEST_HEADER = 20_000
LONGEST_TEXT = 20_000
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})


class Unreadable(ValueError):
    """The bytes are no mail that can be taken apart."""


@dataclass(frozen=True)
class IncomingMail:
    """A mail. senders: the addresses in From. automatic: written by a machine, or sent to many.

    references: ids of earlier mails that it answers, the nearest first.
    """

    message_id: str
    senders: tuple[str, ...]
    subject: str
    text: str
    automatic: bool
    references: tuple[str, ...]


def read_mail(raw: bytes, return_path: str | None) -> IncomingMail:
    """Takes a mail apart. Raises Unreadable; never anything else. return_path: empty or None for a bounce."""
    try:
        message = email.message_from_bytes(raw, policy=email.policy.compat32)
        headers = _headers(message)
        return IncomingMail(
            message_id=_message_id(headers.get("message-id", ""), raw),
            senders=_addresses(headers.get("from", "")),
            subject=" ".join(_shown(headers.get("subject", "")).split()),
            text=_text(message),
            automatic=not return_path or _is_automatic(headers),
            references=_references(headers),
        )
    except Exception as error:
        # Whatever a hostile or broken mail makes the parser do: the channel goes on.
        raise Unreadable(type(error).__name__) from error


def _headers(message: Message) -> dict[str, str]:
    """The first value of each header, bytes that are not ASCII kept as surrogates."""
    found: dict[str, str] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), str(value)[:_LONGEST_HEADER])
    return found


def _message_id(value: str, raw: bytes) -> str:
    found = _MESSAGE_ID.search(value)
    # Without one, the same bytes are the same mail.
    return found.group(0) if found else f"<{hashlib.sha256(raw).hexdigest()}@none>"


def _addresses(value: str) -> tuple[str, ...]:
    found = [address.strip().lower() for _, address in getaddresses([_shown(value)])]
    return tuple(dict.fromkeys(address for address in found if "@" in address))


def _references(headers: dict[str, str]) -> tuple[str, ...]:
    nearest = _MESSAGE_ID.findall(headers.get("in-reply-to", ""))
    earlier = _MESSAGE_ID.findall(headers.get("references", ""))[::-1]
    return tuple(dict.fromkeys([*nearest, *earlier]))[:_MOST_REFERENCES]


def _is_automatic(headers: dict[str, str]) -> bool:
    """RFC 3834, mailing lists, and reports about deliveries."""
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    precedence = headers.get("precedence", "").strip().lower()
    report = headers.get("content-type", "").strip().lower().startswith("multipart/report")
    return submitted != "no" or precedence in _BULK or "list-id" in headers or "x-loop" in headers or report


def _shown(value: str) -> str:
    """A header as people read it."""
    pieces = []
    try:
        decoded = decode_header(value)
    except Exception:
        # Encoded words that are none: shown as they came.
        decoded = [(value, None)]
    for piece, charset in decoded:
        content = piece.encode("utf-8", "surrogateescape") if isinstance(piece, str) else piece
        pieces.append(decoded_text(content, charset))
    return without_control_characters("".join(pieces))


def decoded_text(content: bytes, charset: str | None) -> str:
    """Text of bytes whose charset may be a lie or unknown."""
    for candidate in (charset, "utf-8"):
        if candidate:
            try:
                return content.decode(candidate)
            except (LookupError, ValueError):
                continue
    return content.decode("cp1252", "replace")


def _text(message: Message) -> str:
    """The first plain text, else the first HTML as text."""
    html = None
    for part in _parts(message):
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or part.get_filename():
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            continue
        shown = decoded_text(payload, part.get_content_charset())
        if kind == "text/plain" and shown.strip():
            return _cleaned(shown)
        html = html or shown
    return _cleaned(plain_text(html)) if html else ""


def _parts(message: Message) -> Iterator[Message]:
    """The parts, outermost first, a limited number; without recursion."""
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        content = part.get_payload()
        if part.is_multipart() and isinstance(content, list):
            waiting.extend(piece for piece in content if isinstance(piece, Message))
        else:
            yield part


def _cleaned(text: str) -> str:
    return without_control_characters(text.replace("\r\n", "\n").replace("\r", "\n")).strip()[:LONGEST_TEXT]
