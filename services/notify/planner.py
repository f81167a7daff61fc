"""The planner turns notices into notifications and deliveries: one for each recipient, and for each channel.

A notice waits while the state of its request is not known as far as its event needs it. Ids derive from (event,
recipient, channel, message): planning again, after a crash or for somebody whose role was heard of late, adds
only what is missing, and nothing is told twice.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.envelope import derived_id, new_id
from services.chassis.clock import Clock
from services.chassis.execution import Executor
from services.chassis.mongo import Database, Document
from services.chassis.work import Key, Work
from services.notify import domain
from services.notify.audiences import bodies, recipients, state_for, task_forces
from services.notify.channels import CHANNELS
from services.notify.messages.readers import BY_ROLE, ONE_PERSON, READERS
from services.notify.store import DELIVERIES, NOTICES, NOTIFICATIONS, notices

_AT_ONCE = 300
_ARRIVALS_AT_ONCE = 500


@dataclass(frozen=True)
class Expansion:
    """A notice as it was read, and whom it reaches; None while that cannot be said."""

    notice: Document
    recipients: frozenset[str] | None


class Planner:
    """The job `planner`."""

    def __init__(self, database: Database, executor: Executor, clock: Clock) -> None:
        self._database = database
        self._executor = executor
        self._clock = clock

    async def run(self) -> bool:
        """Plans a batch; returns whether more may wait."""
        now = self._clock.now()
        reopened = await notices.reopen_for_arrivals(self._database, (*BY_ROLE, *ONE_PERSON), now, _ARRIVALS_AT_ONCE)
        due = await notices.due_notices(self._database, now, _AT_ONCE)
        if due:
            await self._plan(due)
        return reopened or len(due) == _AT_ONCE

    async def _plan(self, due: list[Document]) -> None:
        states = await notices.states_of(self._database, (notice["request"] for notice in due))
        expansions = await self._expand(due, states)
        people = {person for expansion in expansions for person in expansion.recipients or ()}
        wishes = await notices.wishes_of(self._database, people)
        keys: dict[str, list[str]] = {NOTICES: [], NOTIFICATIONS: [], DELIVERIES: []}
        known: dict[Key, Document | None] = {(NOTICES, notice["_id"]): notice for notice in due}
        for each in expansions:
            keys[NOTICES].append(each.notice["_id"])
            for name, id in _told(each):
                keys[name].append(id)
                known |= {(name, id): None} if each.notice["version"] == 1 else {}  # Never planned: nothing is there.

        def decide(work: Work) -> None:
            for expansion in expansions:
                apply(work, expansion, wishes)

        await self._executor.run(keys, decide, known=known)

    async def _expand(self, due: list[Document], states: dict[str, Document]) -> list[Expansion]:
        known = [(notice, state) for notice in due if (state := state_for(notice, states))]
        scopes: set[str | None] = {None}
        for notice, state in known:
            scopes |= {*bodies(notice, state), *task_forces(notice, state)}
        roles = {role for audience in BY_ROLE for role in READERS[audience]}
        named = {notice["person"] for notice, _ in known if not set(ONE_PERSON).isdisjoint(notice["audiences"])}
        holders = await notices.holders(self._database, roles, scopes, named) if known else []
        reached = {notice["_id"]: recipients(notice, state, holders) for notice, state in known}
        return [Expansion(notice, reached.get(notice["_id"])) for notice in due]


def _told(each: Expansion) -> list[Key]:
    told: list[Key] = []
    for person in each.recipients or ():
        told.append((NOTIFICATIONS, notification_id(each.notice, person)))
        told += [(DELIVERIES, delivery_id(each.notice, person, channel)) for channel in CHANNELS]
    return told


def notification_id(notice: Document, person: str) -> str:
    """The id of what one person sees of a notice."""
    return derived_id(notice["cause"], person, notice["message"])


def delivery_id(notice: Document, person: str, channel: str) -> str:
    """The id of the delivery of a notice to one person by one channel."""
    return derived_id(notice["cause"], person, channel, notice["message"])


def apply(work: Work, expansion: Expansion, wishes: dict[str, Document]) -> None:
    """Writes what is missing of a notice, or lets it wait."""
    notice = work.get(NOTICES, expansion.notice["_id"])
    if notice is None or notice["version"] != expansion.notice["version"]:
        return  # Somebody else planned it, or it must be looked at again.
    age = work.now - notice["at"]
    if expansion.recipients is None:
        waits = {"due_at": work.now + domain.patience(age)}
        work.put(NOTICES, {**notice, **({"status": "given_up"} if age > domain.TOO_OLD else waits)})
        return
    for person in sorted(expansion.recipients):
        _notify(work, notice, person)
        for channel in CHANNELS:
            wish = wishes.get(person, {}).get(channel, {}).get(notice["message"])
            _deliver(work, notice, person, channel, wish == "off")
    work.put(NOTICES, {**notice, "status": "planned"})


def _shared(notice: Document) -> Document:
    """What notifications and deliveries keep of their notice."""
    return {name: notice[name] for name in ("cause", "message", "request", "number", "facts", "at")}


def _notify(work: Work, notice: Document, person: str) -> None:
    id = notification_id(notice, person)
    if work.get(NOTIFICATIONS, id) is None:
        own = {"_id": id, "person": person, "position": new_id(), "read_at": None}
        work.put(NOTIFICATIONS, {**own, **_shared(notice)})


def _deliver(work: Work, notice: Document, person: str, channel: str, unwanted: bool) -> None:
    """Also what is not sent leaves a delivery, so that planning again after a change of mind sends nothing old."""
    id = delivery_id(notice, person, channel)
    if work.get(DELIVERIES, id) is not None:
        return
    own = {
        "_id": id,
        "recipient": person,
        "channel": channel,
        "correlation": notice["correlation"],
        "position": new_id(),
        "status": _first_status(notice["at"], work.now, unwanted),
        "due_at": work.now,
        "give_up_at": work.now + domain.GIVE_UP_AFTER,
        "attempts": 0,
        "sent_at": None,
        "reason": None,
    }
    work.put(DELIVERIES, {**own, **_shared(notice)})


def _first_status(at: datetime, now: datetime, unwanted: bool) -> str:
    if unwanted:
        return "unwanted"
    return "late" if now - at > domain.TOO_OLD else "due"
