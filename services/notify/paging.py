"""Cursors of lists: the position of the last item, opaque to callers."""

import base64
import binascii
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import invalid

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=100)]


def position_of(cursor: str | None) -> str | None:
    """The position that a cursor names. Raises 422 for one that we did not give."""
    if cursor is None:
        return None
    try:
        return str(UUID(base64.urlsafe_b64decode(cursor.encode()).decode("ascii")))
    except (binascii.Error, ValueError) as error:
        raise invalid([{"pointer": "/query/cursor", "detail": N_("Use a cursor as it was given.")}]) from error


def page_of(rows: list[Document], limit: int) -> tuple[list[Document], str | None]:
    """The items of a page of which one more was read, and the cursor of the next page."""
    if len(rows) <= limit:
        return rows, None
    last: str = rows[limit - 1]["position"]
    return rows[:limit], base64.urlsafe_b64encode(last.encode()).decode()
