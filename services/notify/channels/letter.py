"""What a channel is given to bring to a person, and what it answers."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from services.chassis.settings import Settings
from services.notify.texts import Texts


@dataclass(frozen=True)
class Recipient:
    """A person as their owner describes them; never stored here, never logged.

    usable: False when mail to the address comes back for good, or there is none.
    """

    id: str
    name: str
    email: str
    language: Literal["it", "en"] = "it"
    usable: bool = True


@dataclass(frozen=True)
class Letter:
    """One message to one person.

    id: the delivery; whatever a channel sends bears it, so that a repetition can be recognised.
    thread: the first delivery to this person about the same request, None for the first one.
    at: the moment of sending. values: what the texts are filled with.
    """

    id: str
    message: str
    number: str
    recipient: Recipient
    thread: str | None
    at: datetime
    values: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """sent: the other side has it. delayed: try again later. refused: it will never be taken.

    reason: a code, never the other side's words (they hold addresses).
    """

    kind: Literal["sent", "delayed", "refused"]
    reason: str | None = None


SENT = Outcome("sent")
Send = Callable[[Letter], Awaitable[Outcome]]


class Channel(Protocol):
    """A way to reach a person."""

    def __init__(self, settings: Settings, texts: Texts) -> None: ...

    def connected(self) -> AbstractAsyncContextManager[Send]:
        """What sends the letters of one batch, over one connection where there are connections; never raises."""
