"""Small units of work and events for the tests of the chassis."""

from typing import Any

from contracts.bodies import BodyData, BodyRegistered, BodyState
from contracts.envelope import Event, new_id
from services.chassis.clock import Clock
from services.chassis.mongo import Database, Document
from services.chassis.outbox import OUTBOX
from services.chassis.saving import save
from services.chassis.work import Origin, View, Work

ORIGIN = Origin("urn:affianca:test")
STREAM = "bodies"


def unit(*documents: Document, view: View | None = None, cause: Event | None = None) -> Work:
    """A unit of work that puts `documents`, each with its collection under "in" (else "things")."""
    work = Work(view or View(), Clock().now(), ORIGIN, cause)
    for document in documents:
        work.put(document.pop("in", "things"), document)
    return work


def tell(work: Work, subject: str | None = None, sequence: int = 1, at: Any = None) -> Event:
    """Publishes an event of the stream `bodies`."""
    subject = subject or new_id()
    state = BodyState(
        id=subject, code="017029", ipa_code="c_b157", province="BS", kind="comune", population=sequence, status="known"
    )
    return work.publish(BodyRegistered, subject, sequence, BodyData(state=state), at)


def telling(subject: str | None = None, sequence: int = 1, at: Any = None) -> Work:
    """A unit of work that only publishes one event."""
    work = unit()
    tell(work, subject, sequence, at)
    return work


async def published(database: Database, *told: tuple[str, int]) -> list[Event]:
    """Stores an event per (subject, sequence), one transaction each, in the order given."""
    works = [telling(subject, sequence) for subject, sequence in told]
    for work in works:
        await save(database, [work])
    return [work.events[0] for work in works]


async def stored(database: Database, collection: str = "things") -> dict[str, Document]:
    """Every document of a collection by its id."""
    return {row["_id"]: row async for row in database[collection].find()}


async def waiting(database: Database) -> int:
    """How many events are marked for the relay."""
    return int(await database[OUTBOX].count_documents({"unpublished": True}))
