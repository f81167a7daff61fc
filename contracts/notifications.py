"""Stream `notifications`: what became of each message to a person, owned by notify. Keyed by the delivery's id."""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.envelope import Code, Data, Event, Id


class NotificationData(Data):
    """One delivery: which event caused it, to whom, by which channel, after how many attempts."""

    delivery: Id
    cause: Id
    request: Id | None
    recipient: Id
    channel: Code
    message: Code
    attempts: int = Field(ge=1)


class FailedData(NotificationData):
    """Why no further attempt is made: a code, never the server's words (they hold addresses)."""

    reason: Code


class NotificationEvent(Event):
    """Base of the stream; `subject` is the delivery's id."""

    STREAM: ClassVar[str] = "notifications"
    data: NotificationData


class NotificationSent(NotificationEvent):
    """The channel took the message."""

    type: Literal["affianca.notification.sent.v1"] = "affianca.notification.sent.v1"


class NotificationFailed(NotificationEvent):
    """The message cannot be delivered."""

    type: Literal["affianca.notification.failed.v1"] = "affianca.notification.failed.v1"
    data: FailedData


EVENTS: tuple[type[NotificationEvent], ...] = (NotificationSent, NotificationFailed)
