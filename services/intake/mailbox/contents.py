"""What a mail holds: its text, its attachments, and what Outlook hid in a winmail.dat.

Bounded in parts, depth and characters, and without recursion: a mail of ten thousand nested messages costs as much
as one of three hundred. A message within the message is an attachment: what it says is not what the sender says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import Message

from services.intake.domain.files import distinct_names, safe_name
from services.intake.domain.texts import without_control_characters
from services.intake.mailbox.charsets import decoded_text, one_line
from services.intake.mailbox.plain_text import plain_text
from services.intake.mailbox.winmail import Winmail, read_winmail

LONGEST_TEXT = 20_000
_LONGEST_READ = 1_000_000
"""Characters of a part that are looked at; the rest is in the original."""
_MOST_PARTS = 300
_MOST_FILES = 100
_RAW_NAME = re.compile(r"name\s*=\s*\"?([^\";\r\n]+)")
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})


@dataclass(frozen=True)
class AttachedFile:
    """An attachment: a safe name, unlike the others of the mail, what it claims to be, and its content.

    inline: shown within the text, such as the picture of a signature.
    """

    name: str
    type: str
    size: int
    inline: bool = False
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Contents:
    """The words of a mail and the files beside them."""

    text: str
    files: tuple[AttachedFile, ...]


def parts_of(message: Message) -> Iterator[Message]:
    """The parts that are no containers, outermost first, a limited number; a message within is one part."""
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting.extend(inner_of(part))
        else:
            yield part


def inner_of(part: Message) -> list[Message]:
    """The messages or parts within a part. Asking others for text would let their charset choose the codec."""
    content = part.get_payload() if part.is_multipart() else []
    return [piece for piece in content[:_MOST_PARTS] if isinstance(piece, Message)] if isinstance(content, list) else []


def contents_of(message: Message) -> Contents:
    """The plain texts, else the first HTML as text, else what a winmail.dat says; and all files."""
    plain: list[str] = []
    html: list[str] = []
    hidden: list[Winmail] = []
    files: list[AttachedFile] = []
    for part in parts_of(message):
        kind = part.get_content_type()
        name = _name(part)
        if kind in ("text/plain", "text/html") and not name and not _is_attachment(part):
            wanted = plain if kind == "text/plain" else html
            wanted.append(_text_of(part))
        elif kind in _TNEF or name.lower() == "winmail.dat":
            hidden.append(read_winmail(_bytes_of(part)))
        elif len(files) < _MOST_FILES and kind not in _SIGNATURES:
            files.append(_file(part, kind, name))
    files += [_hidden(name, content) for w in hidden for name, content in w.files]
    # Apple Mail writes a text before and one after each picture.
    words = "\n\n".join(dict.fromkeys(text.strip("\r\n") for text in plain if text.strip())) or _of_html(html)
    words = words or next((w.text or plain_text(w.html) for w in hidden if w.text or w.html), "")
    kept = files[:_MOST_FILES]
    named = zip(kept, distinct_names(file.name for file in kept), strict=True)
    return Contents(cleaned(words), tuple(replace(file, name=name) for file, name in named))


def cleaned(text: str) -> str:
    """Text without carriage returns and control characters, of a length that can be kept."""
    return without_control_characters(text.replace("\r\n", "\n").replace("\r", "\n")).strip()[:LONGEST_TEXT]


def _of_html(html: list[str]) -> str:
    return next((text for text in map(plain_text, html) if text), "")


def _text_of(part: Message) -> str:
    content = _bytes_of(part)
    if len(content) > _LONGEST_READ:
        # Cut between lines: half a sign would look like another charset.
        content = content[: content.rfind(b"\n", 0, _LONGEST_READ) + 1] or content[:_LONGEST_READ]
    return decoded_text(content, part.get_content_charset())


def _bytes_of(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _is_attachment(part: Message) -> bool:
    return str(part.get("content-disposition", "")).strip().lower().startswith("attachment")


def _name(part: Message) -> str:
    """The name that a part gives itself, in whatever encoding; empty if it has none."""
    found = part.get_filename()
    if found and "\ufffd" in found:
        # Bytes that are no ASCII: the parser has given them up, the header still has them.
        raw = (str(value)[:2_000] for _, value in part.raw_items())
        found = next((match[1] for value in raw if (match := _RAW_NAME.search(value))), found)
    return one_line(str(found)) if found else ""


def _file(part: Message, kind: str, name: str) -> AttachedFile:
    within = inner_of(part)
    if kind == "message/rfc822" and within:
        subject, content = one_line(str(within[0].get("subject", ""))), _whole(within[0])
        shown = safe_name(name or f"{subject[:100] or 'message'}.eml")
        return AttachedFile(shown, kind, len(content), content=content)
    inline = not _is_attachment(part) and part.get("content-id") is not None
    ending = re.sub(r"[^a-z0-9]", "", part.get_content_subtype().lower())[:8] or "bin"
    content = _bytes_of(part)
    return AttachedFile(safe_name(name or f"file.{ending}"), kind, len(content), inline, content)


def _hidden(name: str, content: bytes) -> AttachedFile:
    return AttachedFile(safe_name(name), "application/octet-stream", len(content), content=content)


def _whole(message: Message) -> bytes:
    """A message within the message; some cannot be written again."""
    try:
        return message.as_bytes()
    except Exception:
        return b""
