"""PEC, the certified mail of Italy: transport envelopes are unwrapped, receipts are told apart (DPR 68/2005).

What a provider certifies stands in `daticert.xml`: who sent the mail, when, under which identifier. It is read by a
parser that knows no DTDs and no entities. The envelope itself is the original that is kept.
"""

import base64
import email
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.message import Message
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from contracts.envelope import in_utc
from contracts.mails import Fate
from services.intake.mailbox.contents import inner_of, parts_of
from services.intake.mailbox.reports import Report, Told

_RECEIPTS: dict[str, Fate | None] = {
    "accettazione": "accepted",
    "non-accettazione": "failed",
    "presa-in-carico": "relayed",
    "avvenuta-consegna": "delivered",
    "errore-consegna": "failed",
    "preavviso-errore-consegna": "delayed",
    "rilevazione-virus": "virus",
}
"""`X-Ricevuta`, which is also the `tipo` of daticert.xml, and what it means for the mail that it is about."""
_LARGEST = 1_000_000
_MOST_RECIPIENTS = 100
_LONGEST = 1_000


@dataclass(frozen=True)
class Certificate:
    """What the provider certifies. kind: `posta-certificata` for a mail, else the receipt's name."""

    kind: str
    fault: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    provider: str
    identifier: str
    message_id: str
    at: datetime | None
    delivered_to: str


@dataclass(frozen=True)
class Envelope:
    """A mail in an envelope. certificate: None for an anomaly, whose sender nobody vouches for."""

    inner: Message
    certificate: Certificate | None


def envelope_of(message: Message, headers: Mapping[str, str]) -> Envelope | None:
    """What a transport envelope (or an anomaly) holds, None for every other mail."""
    transport = _word(headers.get("x-trasporto", ""))
    if transport not in ("posta-certificata", "errore"):
        return None
    inner = _inner(message)
    if inner is None:
        return None
    certificate = certificate_of(message) if transport == "posta-certificata" else None
    if certificate and (certificate.kind != "posta-certificata" or not certificate.sender):
        certificate = None
    return Envelope(inner, certificate)


def receipt_of(message: Message, headers: Mapping[str, str]) -> Report | None:
    """What a receipt or notice of the PEC tells about a mail of ours, None for every other mail."""
    name = _word(headers.get("x-ricevuta", ""))
    if not name:
        return None
    certificate = certificate_of(message)
    fate = _RECEIPTS.get(name) or (_RECEIPTS.get(certificate.kind) if certificate else None)
    ids = [headers.get("x-riferimento-message-id", ""), certificate.message_id if certificate else ""]
    about = tuple(dict.fromkeys(id for id in map(_bracketed, ids) if id))
    if fate is None:
        # A receipt that is not known yet: kept, and nothing follows from it.
        return Report(about, ())
    code = name if not certificate or certificate.fault in ("", "nessuno") else f"{name}:{certificate.fault}"
    if certificate and certificate.fault == "virus" and fate == "failed":
        fate = "virus"
    recipient = certificate.delivered_to if certificate else ""
    return Report(about, (Told(fate, recipient, code[:80]),), certificate.at if certificate else None)


def certificate_of(message: Message) -> Certificate | None:
    """The content of daticert.xml; None if there is none that can be read."""
    for part in parts_of(message):
        named = (part.get_filename() or "").strip().lower() == "daticert.xml"
        if named or part.get_content_type() in ("application/xml", "text/xml"):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and len(content) <= _LARGEST and (found := _certificate(content)):
                return found
    return None


def _certificate(content: bytes) -> Certificate | None:
    try:
        root = fromstring(content, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except Exception:
        # Broken XML, a DTD, an entity: nothing is certified by it.
        return None
    if root.tag != "postacert":
        return None
    recipients = [_text(one) for one in root.findall("intestazione/destinatari")[:_MOST_RECIPIENTS]]
    return Certificate(
        kind=_word(root.get("tipo", "")),
        fault=_word(root.get("errore", "")),
        sender=_text(root.find("intestazione/mittente")).lower(),
        recipients=tuple(one.lower() for one in recipients),
        subject=_text(root.find("intestazione/oggetto")),
        provider=_text(root.find("dati/gestore-emittente")),
        identifier=_text(root.find("dati/identificativo")),
        message_id=_bracketed(_text(root.find("dati/msgid"))),
        at=_moment(root.find("dati/data")),
        delivered_to=_text(root.find("dati/consegna")).lower(),
    )


def _moment(found: Element | None) -> datetime | None:
    """`giorno` dd/mm/yyyy and `ora` hh:mm:ss in the `zona` that is given, such as +0200."""
    if found is None:
        return None
    zone = re.fullmatch(r"([+-])(\d{2}):?(\d{2})", (found.get("zona") or "").strip())
    if not zone:
        return None
    ahead = timedelta(hours=int(zone[2]), minutes=int(zone[3])) * (-1 if zone[1] == "-" else 1)
    told = f"{_text(found.find('giorno'))} {_text(found.find('ora'))}"
    try:
        return in_utc(datetime.strptime(told, "%d/%m/%Y %H:%M:%S").replace(tzinfo=timezone(ahead)))
    except ValueError:
        return None


def _inner(message: Message) -> Message | None:
    """The mail in `postacert.eml`, in whatever encoding; else the first message that is attached."""
    first: Message | None = None
    for part in parts_of(message):
        within = inner_of(part)
        named = (part.get_filename() or "").strip().lower() == "postacert.eml"
        is_message = part.get_content_type() == "message/rfc822" and bool(within)
        if named and (not is_message or _word(str(part.get("content-transfer-encoding", ""))) == "base64"):
            raw = base64.b64decode(within[0].as_string()) if is_message else part.get_payload(decode=True)
            return email.message_from_bytes(raw) if isinstance(raw, bytes) else None
        if is_message and (named or first is None):
            first = within[0]
            if named:
                break
    return first


def _text(found: Element | None) -> str:
    return " ".join((found.text or "").split())[:_LONGEST] if found is not None else ""


def _word(value: str) -> str:
    return value.strip().lower()[:60]


def _bracketed(value: str) -> str:
    value = value.strip().strip("<>").strip()
    return f"<{value}>" if value and " " not in value else ""
