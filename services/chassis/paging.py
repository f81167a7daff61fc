"""Cursors of lists: the sort keys of the last row that was given, opaque to callers and never trusted when they return.

A list that reads one row more than it gives calls `page_of`; the next page begins behind what `key_of` or `position`
reads out of the caller's cursor. For a key of another kind: one function from text that raises ValueError, passed to
them.
"""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid

Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most.")]
Cursor = Annotated[str | None, Query(max_length=500, description="The next_cursor of the answer before.")]
Kind = Callable[[str], Any]


def text(key: str) -> str:
    """Any text that can be looked for: half of a character cannot."""
    key.encode()
    return key


def moment(key: str) -> datetime:
    """An instant with its zone, in UTC."""
    found = datetime.fromisoformat(key)
    if found.tzinfo is None:
        raise ValueError
    return found.astimezone(UTC)


def uuid(key: str) -> str:
    """An id as it is stored."""
    return str(UUID(key))


def cursor_of(row: Document, *fields: str) -> str:
    """Where a list that is ordered by these fields goes on after this row."""
    keys = [key.isoformat() if isinstance(key := row[field], datetime) else key for field in fields]
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def page_of(rows: list[Document], limit: int, *fields: str) -> tuple[list[Document], str | None]:
    """The rows of a page of which one more was read, and the cursor of the next page."""
    return rows[:limit], cursor_of(rows[limit - 1], *fields) if len(rows) > limit else None


def key_of(cursor: str | None, kind: Kind) -> Any:
    """The key in the cursor of a list that is ordered by one field; None at the beginning. Raises 422."""
    return None if cursor is None else position(cursor, kind)[0]


def position(cursor: str, *kinds: Kind) -> tuple[Any, ...]:
    """The sort keys in a cursor, one for each kind. Raises 422 for one that is none of ours, or of another list."""
    try:
        keys = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise _foreign()
        return tuple(kind(key) for kind, key in zip(kinds, keys, strict=True))
    except (ValueError, RecursionError, OverflowError) as error:
        raise _foreign() from error


def _foreign() -> Problem:
    return invalid([{"pointer": "/query/cursor", "detail": N_("Use the next_cursor of the answer before.")}])
