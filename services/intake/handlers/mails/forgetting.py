"""Mail of a person who is erased: what waits to be taken, what waits for a decision, and what has had its effect.

Ids stay, also of what waited: who takes such a mail at the same moment finds it taken, and nothing is taken twice.
"""

import asyncio
from functools import partial

import structlog

from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.handlers.mails.arrivals import Arrival, Door, note
from services.intake.handlers.mails.receiving import opened
from services.intake.handlers.parts import Parts
from services.intake.store.mails import MAILS
from services.intake.store.persons import email_key

log = structlog.get_logger()
_AT_ONCE = 64


async def forget_mails(parts: Parts, door: Door, person: str, addresses: list[str]) -> None:
    """Empties every mail that this person wrote. addresses: those that they share with nobody. Safe to repeat."""
    if addresses:
        await _forget_queued(parts, door, frozenset(addresses))
    await parts.stores.mails.forget_waiting(addresses)
    await parts.stores.mails.forget(person)


async def _forget_queued(parts: Parts, door: Door, addresses: frozenset[str]) -> None:
    """Looks at all that waits: only the mail itself says who wrote it, and a rush is rare."""
    after, count = "", 0
    while rows := await parts.stores.mail_queue.first(_AT_ONCE, after):
        after = rows[-1]["_id"]
        for row in rows:
            await asyncio.sleep(0)  # Others have a turn between two mails.
            count += await _forget(parts, door, row, addresses)
    if count:
        log.info("queued_mails_forgotten", count=count)


async def _forget(parts: Parts, door: Door, row: Document, addresses: frozenset[str]) -> bool:
    raw = await parts.stores.mails.original(row)
    arrival = await opened(door, raw, row["return_path"], row["recipient"])
    if not addresses & {*arrival.mail.senders, email_key(row["return_path"])}:
        return False
    await parts.executor.run({MAILS: [arrival.id]}, partial(_empty, arrival=arrival))
    if row["file"]:
        await parts.stores.files.remove(row["file"])
    await parts.stores.mail_queue.remove([row["_id"]])
    return True


def _empty(work: Work, arrival: Arrival) -> None:
    if work.get(MAILS, arrival.id) is None:
        note(work, arrival, {"raw": b"", "file": None}, files=[], certificate=None, erased=True)
