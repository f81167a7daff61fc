"""What our mails carry so that replies, bounces and receipts find back: written by notify, read by intake.

A Message-ID `<delivery.number.signature@host>` and a reply address `name+number-signature@host`. The signature
says that the mail was ours; it gives nobody any right: who answers must be allowed to see the request anyway. Ids are
written in base 32: short enough for a line, and mail servers may change capitals.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from email.headerregistry import HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from uuid import UUID

_ID = r"[a-z2-7]{26}"
_NUMBER = r"[0-9]{4}-[0-9]{6,12}"
_OTHER = r"[a-z0-9]{1,12}"
_SIGNATURE = r"[a-z2-7]{13}"
_MESSAGE = re.compile(rf"<?({_ID})\.({_NUMBER}|{_OTHER})\.({_SIGNATURE})@[^@<>\s]+>?", re.IGNORECASE)
_TAG = re.compile(rf"({_NUMBER})-({_SIGNATURE})", re.IGNORECASE)


def _wire() -> "EmailPolicy[EmailMessage]":
    registry = HeaderRegistry()
    for name in ("in-reply-to", "references"):
        registry.map_to_type(name, MessageIDHeader)  # type: ignore[arg-type]
    return SMTP.clone(header_factory=registry, max_line_length=100)


WIRE = _wire()
"""How mails are written: as for SMTP, and an id that is longer than a line stays whole in every header."""


@dataclass(frozen=True)
class MailReference:
    """A mail of ours: the delivery, and what it was about: the number of a request, else a code such as a body's."""

    delivery: str
    number: str

    @property
    def of_request(self) -> bool:
        """Whether the mail was about a request."""
        return re.fullmatch(_NUMBER, self.number) is not None


def message_id(secret: str, reference: MailReference, host: str) -> str:
    """The Message-ID of a mail, the same whenever it is made again; without a secret it names the delivery alone."""
    if not secret:
        return f"<{reference.delivery}@{host}>"
    told = f"{_written(UUID(reference.delivery).bytes)}.{reference.number}"
    return f"<{told}.{_signature(secret, told)}@{host}>"


def read_message_id(secret: str, value: str) -> MailReference | None:
    """The mail of ours that has this Message-ID, None for everybody else's."""
    found = _MESSAGE.fullmatch(value.strip())
    if not found or not secret:
        return None
    delivery, number, signature = (part.lower() for part in found.groups())
    expected = _signature(secret, f"{delivery}.{number}")
    if not hmac.compare_digest(signature, expected):
        return None
    return MailReference(_id(delivery), number)


def reply_address(secret: str, number: str, address: str) -> str:
    """Where answers about a request go: our address with a signed tag; without a secret the address itself."""
    name, _, host = address.rpartition("@")
    return f"{name}+{number}-{_signature(secret, number)}@{host}" if secret else address


def read_reply_address(secret: str, address: str) -> tuple[str, str | None]:
    """The address without its tag, and the number that the tag names; None if there is no tag, or it is not ours."""
    name, _, host = address.strip().lower().rpartition("@")
    plain, _, tag = name.partition("+")
    found = _TAG.fullmatch(tag)
    if not found or not secret or not hmac.compare_digest(found[2].lower(), _signature(secret, found[1])):
        return f"{plain}@{host}", None
    return f"{plain}@{host}", found[1]


def _signature(secret: str, told: str) -> str:
    return _written(hmac.new(secret.encode(), f"affianca-mail:{told}".encode(), hashlib.sha256).digest()[:8])


def _written(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()


def _id(written: str) -> str:
    return str(UUID(bytes=base64.b32decode(f"{written.upper()}======")))
