"""How large the body of a request may be: one limit for all, and a larger one for forms with files, where they go."""

import re

from starlette.types import Message, Receive

from services.chassis.i18n import N_
from services.chassis.problems import Problem

FORM_WITH_FILES = "multipart/form-data"


class BodyLimits:
    """The limits of one service; its `main.build` adds where files go (`Web.takes_files`)."""

    def __init__(self, usual: int) -> None:
        self._usual = usual
        self._uploads: list[tuple[re.Pattern[str], int, str]] = []

    def add(self, pattern: str, most: int, media_type: str = FORM_WITH_FILES) -> None:
        """Lets bodies of this type be larger at the addresses that match."""
        self._uploads.append((re.compile(pattern), most, media_type))

    def largest(self, path: str, media_type: str) -> int:
        """Bytes of a body of this type at this address."""
        fitting = (most for pattern, most, kind in self._uploads if kind == media_type and pattern.fullmatch(path))
        return max(fitting, default=self._usual)


def too_large(largest: int) -> Problem:
    """413: a body over the limit."""
    detail = N_("Send at most {bytes} bytes.")
    return Problem(413, N_("The content is too large"), detail, values={"bytes": largest})


def bounded_body(receive: Receive, largest: int) -> Receive:
    """The same body, up to the limit. Raises 413 beyond it, also when no length was announced."""
    total = 0

    async def bounded() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > largest:
            raise too_large(largest)
        return message

    return bounded
