"""Mail of a person who is erased: what waits to be taken, what waits for a decision, and what has had its effect.

Ids stay, also of what waited: who takes such a mail at the same moment finds it taken, and nothing is taken twice.
"""

import asyncio
from datetime import timedelta
from functools import partial

import structlog

from contracts.envelope import new_id
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.handlers.mails.arrivals import Arrival, Door, note
from services.intake.handlers.mails.receiving import opened
from services.intake.handlers.parts import Parts
from services.intake.store.mails import MAILS
from services.intake.store.persons import email_key

log = structlog.get_logger()
_AT_ONCE = 64
_ADDING = timedelta(minutes=1)
"""How long it may take at most until a mail whose id is given is in the queue."""


async def forget_mails(parts: Parts, door: Door, person: str, addresses: list[str], after: str = "") -> str:
    """Empties every mail that this person wrote. addresses: those that they share with nobody. Safe to repeat.

    Of what waits, all that came until now, `after` the id that an earlier call returned: what came before is done.
    """
    begun = await _forget_queued(parts, door, frozenset(addresses), after) if addresses else after
    await parts.stores.mails.forget_waiting(addresses)
    await parts.stores.mails.forget(person)
    return begun


async def _forget_queued(parts: Parts, door: Door, addresses: frozenset[str], after: str) -> str:
    """Looks at all that waits now: only the mail itself says who wrote it. What comes meanwhile is left."""
    last = await parts.stores.mail_queue.last()
    # Who adds has taken the id a moment before.
    begun = min(last, new_id(parts.clock.now() - _ADDING))
    count = 0
    while rows := await parts.stores.mail_queue.first(_AT_ONCE, after, last):
        after = rows[-1]["_id"]
        for row in rows:
            await asyncio.sleep(0)  # Others have a turn between two mails.
            count += await _forget(parts, door, row, addresses)
    if count:
        log.info("queued_mails_forgotten", count=count)
    return begun


async def _forget(parts: Parts, door: Door, row: Document, addresses: frozenset[str]) -> bool:
    raw = await parts.stores.mails.original(row)
    arrival = await opened(door, raw, row["return_path"], row["recipient"])
    # Whoever sent it, the author is in From; only where that says nothing is there no other than the sender.
    if addresses.isdisjoint(arrival.mail.senders or (email_key(row["return_path"]),)):
        return False
    free = await parts.executor.run({MAILS: [arrival.id]}, partial(_empty, arrival=arrival, file=row["file"]))
    if free and row["file"]:
        await parts.stores.files.remove(row["file"])
    await parts.stores.mail_queue.remove([row["_id"]])
    return True


def _empty(work: Work, arrival: Arrival, file: str | None) -> bool:
    """Whether nothing names the file: who took the mail meanwhile has its file, too."""
    kept = work.get(MAILS, arrival.id)
    if kept is None:
        note(work, arrival, {"raw": b"", "file": None}, files=[], certificate=None, erased=True)
    return kept is None or kept["file"] != file
