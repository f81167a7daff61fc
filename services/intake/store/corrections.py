"""What people said a request is about, for the next learning: the collection `corrections`.

A line holds no text and no person: the text stays with the request, so that whatever removes it there also removes it
from what is learnt. `deploy.tools.corrections` puts both together, without what names somebody.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from contracts.envelope import Event, derived_id
from services.chassis.mongo import Database, Document, Index
from services.intake.store.persons import PERSONS
from services.intake.store.requests import REQUESTS

CORRECTIONS = "corrections"
INDEXES = (Index(CORRECTIONS, (("request", 1), ("at", 1))),)


def correction(event: Event, subject: Mapping[str, str | None], earlier: Document, role: str, at: datetime) -> Document:
    """The line of a correction; its id derives from the event, so the same correction is kept once."""
    return {
        "_id": derived_id(event.id, CORRECTIONS),
        "schema_version": 1,
        "request": event.subject,
        **subject,
        "earlier": earlier,
        "role": role,
        "at": at,
    }


def source_of(request: Document) -> str:
    """Who or what named the theme: given, recognised, triage (nobody yet) or corrected."""
    return "corrected" if request.get("corrected") else str(request["theme_source"])


async def corrected_texts(database: Database) -> AsyncIterator[Document]:
    """For each corrected request its newest theme and procedure, with title and description.

    Left out: requests that are gone, and those of people who were erased.
    """
    newest: list[Document] = [
        {"$sort": {"request": 1, "at": 1}},
        {"$group": {"_id": "$request", "last": {"$last": "$$ROOT"}}},
        {"$sort": {"_id": 1}},
    ]
    async for row in database[CORRECTIONS].aggregate(newest):
        request = await database[REQUESTS].find_one({"_id": row["_id"]})
        if request is None:
            continue
        people = [id for id in (request["requester"], request["sent_by"]) if id]
        if await database[PERSONS].find_one({"_id": {"$in": people}, "erased_at": {"$ne": None}}, {"_id": 1}):
            continue
        last = row["last"]
        told = {name: request[name] for name in ("title", "description", "body_name")}
        yield {"theme": last["theme"], "procedure": last["procedure"], **told}
