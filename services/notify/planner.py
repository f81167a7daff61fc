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
from services.chassis.i18n import ROME
from services.chassis.mongo import Database, Document
from services.chassis.work import Work
from services.notify import domain
from services.notify.channels import CHANNELS
from services.notify.messages import READERS, Audience
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
        reopened = await notices.reopen_for_arrivals(self._database, now, _ARRIVALS_AT_ONCE)
        due = await notices.due_notices(self._database, now, _AT_ONCE)
        if due:
            await self._plan(due)
        return reopened or len(due) == _AT_ONCE

    async def _plan(self, due: list[Document]) -> None:
        states = await notices.states_of(self._database, (notice["request"] for notice in due))
        expansions = await self._expand(due, states)
        people = {person for expansion in expansions for person in expansion.recipients or ()}
        wishes = await notices.wishes_of(self._database, people)
        keys = {
            NOTICES: [notice["_id"] for notice in due],
            NOTIFICATIONS: [
                notification_id(each.notice, person) for each in expansions for person in each.recipients or ()
            ],
            DELIVERIES: [
                delivery_id(each.notice, person, channel)
                for each in expansions
                for person in each.recipients or ()
                for channel in CHANNELS
            ],
        }

        def decide(work: Work) -> None:
            for expansion in expansions:
                apply(work, expansion, wishes)

        await self._executor.run(keys, decide)

    async def _expand(self, due: list[Document], states: dict[str, Document]) -> list[Expansion]:
        known = [(notice, state) for notice in due if (state := _known(notice, states))]
        scopes: set[str | None] = {None}
        for notice, state in known:
            scopes |= {*_bodies(notice, state), _task_force(notice, state)}
        roles = {role for audience in notices.GRANTED for role in READERS[audience]}  # type: ignore[index]
        holders = await notices.holders(self._database, roles, scopes) if known else []
        reached = {notice["_id"]: recipients(notice, state, holders) for notice, state in known}
        return [Expansion(notice, reached.get(notice["_id"])) for notice in due]


def _known(notice: Document, states: dict[str, Document]) -> Document | None:
    """The state that says whom a notice reaches; of a body itself its code is enough."""
    if notice["facts"].get("body"):
        return {"body": notice["facts"]["body"], "theme": None, "requester": None}
    state = states.get(notice["request"])
    return state if state and tuple(state["order"]) >= tuple(notice["needs"]) else None


def _task_force(notice: Document, state: Document) -> str | None:
    """The task force whose coordinators are told: task forces bear the codes of their themes."""
    force: str | None = notice["task_force"] or state["theme"]
    return force


def recipients(notice: Document, state: Document, holders: list[Document]) -> frozenset[str]:
    """Whom a notice reaches; nobody is told what they did themselves.

    The requester is told for as long as they hold a role in the body; then, as for a front-end, its other people are.
    """
    found: set[str | None] = set()
    for audience in notice["audiences"]:
        if audience in ("lead", "expert", "registrant"):
            found.add(notice[audience])
            continue
        programme: list[str | None] = [None, _task_force(notice, state)] if audience == "coordinators" else [None]
        scopes = programme if audience in ("coordinators", "secretariat") else _bodies(notice, state)
        reached = _holding(audience, scopes, notice["at"], holders)
        if audience == "booker":
            found |= reached & {notice["facts"]["booked_by"]}
            continue
        asked_by = state["requester"] if audience == "requester" else None
        found |= {asked_by} if asked_by in reached else reached
    return frozenset(person for person in found if person and person != notice["facts"].get("author"))


def _bodies(notice: Document, state: Document) -> list[str | None]:
    return [*domain.acting_for(state["body"], notice["at"].astimezone(ROME).date())]


def _holding(audience: Audience, scopes: list[str | None], at: datetime, holders: list[Document]) -> set[str]:
    """Those of `holders` who held a role of the audience at that moment."""
    return {
        person["_id"]
        for person in holders
        if domain.holds(person["grants"], person.get("told", ()), READERS[audience], scopes, at)
    }


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
