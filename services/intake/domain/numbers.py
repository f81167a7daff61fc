"""The numbers that people call requests by: `2026-000123`, the year in Rome and a running number.

Each process takes blocks of `BLOCK` numbers, so numbers are unique, not gapless, and only roughly in order.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from services.intake.domain.signs import plain_hyphens

BLOCK = 100
_ROME = ZoneInfo("Europe/Rome")
_NUMBER = re.compile(r"[0-9]{4}-[0-9]{6,12}")
_IN_SUBJECT = re.compile(r"\[\s*([0-9]{4}-[0-9]{6,12})\s*\]")


def year_of(at: datetime) -> int:
    """The year on the calendar of Rome: an hour or two before UTC's New Year it is the next one."""
    return at.astimezone(_ROME).year


def block(year: int, ordinal: int) -> Iterator[str]:
    """The numbers of the block with this ordinal, from 1."""
    first = (ordinal - 1) * BLOCK + 1
    return (f"{year:04d}-{running:06d}" for running in range(first, first + BLOCK))


def is_number(text: str) -> bool:
    """Whether a text has the form of a number."""
    return _NUMBER.fullmatch(text) is not None


def quoted_number(subject: str) -> str | None:
    """The number in square brackets that a subject quotes, None if it quotes none."""
    found = _IN_SUBJECT.search(plain_hyphens(subject[:1000]))
    return found.group(1) if found else None
