"""A notification as its person sees it, on the page, in the API and on the stream."""

from datetime import datetime

from pydantic import BaseModel

from services.chassis.i18n import Language
from services.chassis.mongo import Document
from services.notify.letters import link_of
from services.notify.texts import Texts


class Notification(BaseModel):
    """What happened, to which request, and where to go; `read_at` is null while it is new."""

    id: str
    message: str
    title: str
    request: str
    number: str
    href: str
    at: datetime
    read_at: datetime | None


def shown(row: Document, texts: Texts, language: Language) -> Notification:
    """A notification as its person sees it."""
    return Notification(
        id=row["_id"],
        message=row["message"],
        title=texts.title(row["message"], language),
        request=row["request"],
        number=row["number"],
        href=link_of(row["message"], row["number"], row["facts"]),
        at=row["at"],
        read_at=row["read_at"],
    )
