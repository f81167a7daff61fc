"""Stream `mails`: what was told of mails that we sent (bounces, receipts of the PEC), owned by intake, which hears it.

Keyed by the delivery's id. No addresses and no words of mail servers: ids, codes and times only.
"""

from typing import ClassVar, Literal, get_args

from pydantic import Field

from contracts.envelope import Code, Data, Event, Id, Instant, Number

Fate = Literal["accepted", "relayed", "delayed", "delivered", "failed", "virus"]
"""accepted, relayed: on its way. delayed: still tried. failed, virus: it will not arrive."""
RANK: dict[Fate, int] = {fate: rank for rank, fate in enumerate(get_args(Fate))}
"""Reports come in any order: the farthest fate is what became of a mail."""
LOST: tuple[Fate, ...] = ("failed", "virus")


class ReportedData(Data):
    """What one report tells of one mail.

    code: an enhanced status (`5.1.1`) or a word of the PEC. at: when it happened, as certified or else as received.
    unusable: the person's address does not exist; intake will say of the person since when, until it is changed.
    """

    delivery: Id
    fate: Fate
    code: Code | None = None
    at: Instant
    unusable: bool = Field(default=False)


class MailReportedData(ReportedData):
    """The request that the mail was about."""

    request: Id
    number: Number


class OtherMailReportedData(ReportedData):
    """What the mail was about: the code of a body, or the end of a good practice's id."""

    about: Code


class MailEvent(Event):
    """Base of the stream; `subject` is the delivery's id."""

    STREAM: ClassVar[str] = "mails"
    data: ReportedData


class MailReported(MailEvent):
    """A mail server, or a provider of the PEC, told what became of a mail of ours about a request."""

    type: Literal["affianca.mail.reported.v1"] = "affianca.mail.reported.v1"
    data: MailReportedData


class OtherMailReported(MailEvent):
    """The same of a mail that is about no request: about a body, or a good practice."""

    type: Literal["affianca.mail.other-reported.v1"] = "affianca.mail.other-reported.v1"
    data: OtherMailReportedData


EVENTS: tuple[type[MailEvent], ...] = (MailReported, OtherMailReported)
