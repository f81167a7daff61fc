"""A notification as its person sees it, on the page, in the API and on the stream."""

from datetime import datetime

from pydantic import BaseModel

from contracts.vocabulary import body
from services.chassis.i18n import Language
from services.chassis.mongo import Document
from services.notify.domain import official_name
from services.notify.letters import link_of
from services.notify.messages import ABOUT_BODIES
from services.notify.texts import Texts


class Notification(BaseModel):
    """What happened, to which request, and where to go; `read_at` is null while it is new.

    about: what people call that: the number of a request, the name of a body, or that it is a good practice.
    """

    id: str
    message: str
    title: str
    request: str
    number: str
    about: str
    href: str
    at: datetime
    read_at: datetime | None


def page_of_body(row: Document) -> str | None:
    """The page of the body that a notification is about; whoever has a role may read it."""
    return f"/bodies/{row['number']}" if row["message"] in ABOUT_BODIES else None


def shown(row: Document, texts: Texts, language: Language) -> Notification:
    """A notification as its person sees it."""
    about = texts.about(row["message"], row["number"], language)
    if row["message"] in ABOUT_BODIES and (known := body(row["number"])):
        about = official_name(known.code, known.name)
    return Notification(
        id=row["_id"],
        message=row["message"],
        title=texts.title(row["message"], language),
        request=row["request"],
        number=row["number"],
        about=about,
        href=link_of(row["message"], row["number"], row["facts"]),
        at=row["at"],
        read_at=row["read_at"],
    )
