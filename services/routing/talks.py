"""What people do about talks, for API and pages alike: load, check, decide, save; and the job that frees slots.

The body of a request books; the body and the expert move or cancel; experts offer and withdraw their own slots.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from services.chassis.auth import Caller
from services.chassis.execution import Executor
from services.chassis.mongo import Document
from services.chassis.problems import forbidden, not_found
from services.chassis.work import Keys, Work
from services.routing.agenda import Wanted, ahead, bookable
from services.routing.desk import may_know
from services.routing.domain import OVER
from services.routing.handlers import talks
from services.routing.store import AGENDAS, ASSIGNMENTS, CASES, EXPERTS, TALKS
from services.routing.store.day import Days
from services.routing.store.reading import Reading

_AT_ONCE = 100
log = structlog.get_logger()


@dataclass(frozen=True)
class Meetings:
    """The talks about one request. free: slots that can be booked; may_book: whether the reader may take one."""

    case: Document
    lead: Document | None
    talks: list[Document]
    free: list[Document] = field(default_factory=list)
    may_book: bool = False


class Talks:
    """Talks and slots."""

    def __init__(self, days: Days, reading: Reading, executor: Executor, now: Callable[[], datetime]) -> None:
        self._days = days
        self._reading = reading
        self._executor = executor
        self._now = now

    async def about(self, number: str, caller: Caller) -> Meetings:
        """The talks about a request, and the slots that its expert offers; 404 for who has no part in it."""
        case, lead = await self._request(number, caller)
        inside = caller.has("coordinator", "secretariat") or bool(lead and caller.id in lead["people"])
        # Monitors see figures and states, not where people meet.
        booked = await self._days.talks_about(case["_id"]) if inside or is_of_body(caller, case) else []
        follows = lead is not None and lead["status"] == "accepted" and case["status"] not in OVER
        free: list[Document] = []
        of_body = is_of_body(caller, case)
        mine = lead is not None and lead["expert"] == caller.id
        if lead and follows and (of_body or mine):
            profile = await self._days.expert(lead["expert"])
            slots = await self._days.agenda(lead["expert"])
            free = [dict(slot) for slot in bookable(slots, (profile or {}).get("absences", []), self._now())]
        return Meetings(case, lead if follows else None, booked, free, of_body and follows)

    async def talk(self, id: str, caller: Caller) -> Document:
        """A talk of the caller's own, or of a body of theirs; coordination sees all."""
        found = await self._days.talk(id)
        if found is None or not (takes_part(caller, found) or caller.has("coordinator", "secretariat")):
            raise not_found()
        return found

    def book_keys(self, found: Meetings) -> Keys:
        """The documents that booking reads."""
        lead = found.lead
        assert lead is not None
        return {
            CASES: [found.case["_id"]], ASSIGNMENTS: [lead["_id"]], AGENDAS: [lead["expert"]],
            EXPERTS: [lead["expert"]],
        }  # fmt: skip

    def book(self, found: Meetings, slot: str, caller: Caller) -> Callable[[Work], Document]:
        """Books for a request that `about` has found; forbidden for who is not of its body."""
        if not is_of_body(caller, found.case):
            raise forbidden()
        lead = found.lead["_id"] if found.lead else ""

        def decide(work: Work) -> Document:
            case, assignment = work.get(CASES, found.case["_id"]), work.get(ASSIGNMENTS, lead)
            assert case
            assert assignment
            return talks.book(work, case, assignment, slot, str(caller.id))

        return decide

    async def booked(self, found: Meetings, slot: str, caller: Caller) -> Document:
        """Books."""
        return await self._executor.run(self.book_keys(found), self.book(found, slot, caller))

    async def move(self, id: str, slot: str, caller: Caller) -> Document:
        """The talk takes another slot."""
        return await self._change(id, caller, lambda work, case, talk: talks.move(work, case, talk, slot))

    async def cancel(self, id: str, caller: Caller) -> Document:
        """The talk does not take place."""
        found = await self.talk(id, caller)
        by = "expert" if found["expert"] == caller.id else "official"
        return await self._change(id, caller, lambda work, case, talk: talks.cancel(work, case, talk, by))

    async def slots(self, expert: str) -> list[Document]:
        """What an expert offers from now on."""
        return [dict(slot) for slot in ahead(await self._days.agenda(expert), self._now())]

    async def withdraw(self, expert: str, slot: str, following: bool) -> int:
        """An expert's slot, or it and all later ones of its series, can no longer be booked."""
        return await self._executor.run(
            {AGENDAS: [expert]}, lambda work: talks.withdraw_slot(work, expert, slot, following)
        )

    async def offer(self, expert: str, wanted: Wanted, way: str, place: str) -> tuple[list[Document], int]:
        """An expert can be met."""
        return await self._executor.run(
            {AGENDAS: [expert]}, lambda work: talks.offer_slots(work, expert, wanted, way, place)
        )

    async def free_loose(self) -> bool:
        """The job: talks whose expert no longer follows the request are called off."""
        rows = await self._days.loose(self._now(), _AT_ONCE)
        found = [talk for row in rows if (talk := await self._days.talk(row["talk"]))]
        if found:
            keys = {
                CASES: [talk["request"] for talk in found],
                TALKS: [talk["_id"] for talk in found],
                AGENDAS: [talk["expert"] for talk in found],
            }
            await self._executor.run(keys, lambda work: _free(work, found))
            log.info("talks_freed", talks=len(found))
        if rows:
            await self._days.settled([row["_id"] for row in rows])
        return len(rows) == _AT_ONCE

    async def _request(self, number: str, caller: Caller) -> tuple[Document, Document | None]:
        case = await self._reading.case(number)
        lead = await self._reading.one(ASSIGNMENTS, case["lead"]["assignment"]) if case and case["lead"] else None
        if case is None or not may_know(caller, case, lead):
            raise not_found()
        return case, lead

    async def _change(self, id: str, caller: Caller, act: Callable[[Work, Document, Document], Document]) -> Document:
        known = await self.talk(id, caller)
        if not takes_part(caller, known):
            raise forbidden()
        keys: dict[str, list[Any]] = {
            CASES: [known["request"]], TALKS: [id], AGENDAS: [known["expert"]], EXPERTS: [known["expert"]],
        }  # fmt: skip

        def decide(work: Work) -> Document:
            case, talk = work.get(CASES, known["request"]), work.get(TALKS, id)
            assert case
            assert talk
            return act(work, case, talk)

        return await self._executor.run(keys, decide)


def is_of_body(caller: Caller, row: Document) -> bool:
    """Whether the caller works for the body of a request or talk."""
    return row["body"] in caller.scopes("official", "representative")


def takes_part(caller: Caller, talk: Document) -> bool:
    """Whether the caller may change a talk."""
    return is_of_body(caller, talk) or (caller.has("expert") and talk["expert"] == caller.id)


def _free(work: Work, found: list[Document]) -> None:
    for row in found:
        case, talk = work.get(CASES, row["request"]), work.get(TALKS, row["_id"])
        if case and talk:
            talks.free(work, case, talk)
