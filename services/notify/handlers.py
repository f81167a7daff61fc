"""What an event changes here: the newest state of a request, who holds which role, and *notices* of what to tell.

A notice has the id of (event, message), so an event that comes again adds nothing. Whom it reaches is decided
by the planner, when the state of the request is known: no topic has to come before another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.access import Grant
from contracts.envelope import Event, derived_id
from services.chassis.access import ACCESS
from services.chassis.mongo import Document
from services.chassis.preconditions import Seen, version_tag
from services.chassis.work import Work
from services.notify import messages
from services.notify.store import ARRIVALS, DELIVERIES, NOTICES, NOTIFICATIONS, PREFERENCES, REQUESTS

KEPT = {"number", "body", "theme", "requester", "lead", "status"}
"""What is kept of a request's state."""


@dataclass(frozen=True)
class Happening:
    """An event as this service sees it.

    order: the (epoch, sequence) of the request that must be known before anybody is told.
    person: the one whom the event itself is about.
    """

    event: Event
    request: str
    number: str
    order: tuple[int, int]
    lead: str | None = None
    expert: str | None = None
    task_force: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    registrant: str | None = None
    person: str | None = None


class NotYours(LookupError):
    """No such notification or delivery, or not one of this person's."""


class WrongState(Exception):
    """The delivery cannot be tried again: it was sent, is being sent, or was not wanted."""


def notice_id(event_id: str, message: str) -> str:
    """The id of the notice that an event makes of a message."""
    return derived_id(event_id, message)


def notice_ids(event: Event) -> list[str]:
    """The ids of every notice that an event of this type can make."""
    return [notice_id(event.id, line.message) for line in messages.LINES if line.event == event.type]


def keep_state(work: Work, request: str, order: tuple[int, int], state: Document) -> None:
    """Keeps the newest state of a request; older news change nothing."""
    known = work.get(REQUESTS, request)
    if known and tuple(known["order"]) >= order:
        return
    work.put(REQUESTS, {**(known or {"_id": request}), **state, "order": list(order)})


def tell(work: Work, happening: Happening) -> None:
    """Leaves a notice for each line of the catalogue that applies."""
    event = happening.event
    for line in messages.told(event.type, happening.facts):
        id = notice_id(event.id, line.message)
        if work.get(NOTICES, id):
            continue
        notice = {
            "_id": id,
            "cause": event.id,
            "message": line.message,
            "audiences": list(line.audiences),
            "request": happening.request,
            "number": happening.number,
            "needs": list(happening.order),
            "lead": happening.lead,
            "expert": happening.expert,
            "task_force": happening.task_force,
            "registrant": happening.registrant,
            "person": happening.person,
            "facts": happening.facts,
            "at": event.time,
            "correlation": event.correlationid,
            "status": "waiting",
            "due_at": work.now,
        }
        work.put(NOTICES, notice)


def note_grants(work: Work, person: str, event_id: str, at: datetime, grants: Sequence[Grant]) -> None:
    """Remembers since when each grant has been told: the earliest event counts, in whatever order they come.

    News of a grant that comes late lets the planner look again at the notices since then.
    """
    known = work.get(ACCESS, person) or {"_id": person}
    told = {(row["role"], row["scope"], row["start"]): row for row in known.get("told", ())}
    earlier = False
    for grant in grants:
        key = (grant.role, grant.scope, _to_milliseconds(grant.start))
        row = told.get(key)
        if row is None or at < row["told"]:
            told[key] = {"role": key[0], "scope": key[1], "start": key[2], "told": _to_milliseconds(at)}
            earlier = True
    if earlier:
        work.put(ACCESS, {**known, "told": list(told.values())})
        if work.get(ARRIVALS, event_id) is None:
            work.put(ARRIVALS, {"_id": event_id, "person": person, "since": at})


def mark_read(work: Work, person: str, id: str) -> Document:
    """The person has seen a notification; the first time counts."""
    found = work.get(NOTIFICATIONS, id)
    if found is None or found["person"] != person:
        raise NotYours(id)
    if found["read_at"] is None:
        found["read_at"] = work.now
        work.put(NOTIFICATIONS, found)
    return found


def prefer(work: Work, person: str, email: dict[str, str], seen: Seen) -> Document | None:
    """Replaces what a person wants by e-mail; None when it is not what was seen."""
    known = work.get(PREFERENCES, person)
    if not seen.covers(version_tag((known or {}).get("version", 0))):
        return None
    wanted = {**(known or {"_id": person}), "email": email}
    work.put(PREFERENCES, wanted)
    return {**wanted, "version": wanted.get("version", 0) + 1}


def retry(work: Work, id: str, give_up_at: datetime) -> Document:
    """Makes a delivery that failed or waits due at once."""
    found = work.get(DELIVERIES, id)
    if found is None:
        raise NotYours(id)
    if found["status"] not in ("failed", "due"):
        raise WrongState(found["status"])
    # What was reported of the earlier mail says nothing of the new one.
    again = {"retried_at": work.now, "receipt": None}
    found |= {"status": "due", "due_at": work.now, "give_up_at": give_up_at, "reason": None, **again}
    work.put(DELIVERIES, found)
    return found


def _to_milliseconds(at: datetime) -> datetime:
    """What MongoDB keeps of a moment, so that what is stored equals what is told."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
