"""/api/experts/{id}/...: absences, one or a whole calendar, and conflicts of interest: told by expert or manager."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.chassis.problems import forbidden, invalid, not_found
from services.chassis.work import Work
from services.routing.api.calendars import NotACalendar, absences
from services.routing.api.documents import expert
from services.routing.api.meetings import talk_document
from services.routing.api.profiles import Absence, Conflicts
from services.routing.desk import manages
from services.routing.domain import ROME
from services.routing.handlers import experts
from services.routing.store import EXPERTS
from services.routing.store.day import Days
from services.routing.warnings import missed

Reader = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]


class CalendarFile(BaseModel):
    """The content of an iCalendar file (.ics), as calendars export it."""

    model_config = ConfigDict(extra="forbid")
    calendar: Annotated[str, Field(min_length=1, max_length=500_000)]


def router(executor: Executor, now: Callable[[], datetime], days: Days) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/experts/{id}", tags=["experts"])

    @routes.post("/absences", status_code=201)
    async def add_absence(sent: Repeatable, caller: Reader, id: str, absence: Absence) -> dict[str, Any]:
        """The expert will be away. `missed_talks`: those booked with the expert for days of absence, to be moved."""
        away, booked = absence.document(), await days.talks_of(id, now())

        def add(work: Work) -> dict[str, Any]:
            known = allowed(work, caller, id)
            return away_from(experts.add_absence(work, id, away) or known, booked)

        return await once(sent, caller, executor, {EXPERTS: [id]}, add)

    @routes.post("/absences/import", status_code=201)
    async def import_absences(sent: Repeatable, caller: Reader, id: str, file: CalendarFile) -> dict[str, Any]:
        """All absences of an iCalendar file, repeating ones for two years; the rest is counted. Titles are not kept."""
        try:
            # Reading a large calendar takes a while: others are served meanwhile.
            today = now().astimezone(ROME).date()
            found, left_out = await asyncio.to_thread(absences, file.calendar.encode(), today)
            booked = await days.talks_of(id, now())
        except (NotACalendar, UnicodeEncodeError) as error:
            raise invalid([{"pointer": "/calendar", "detail": N_("This is no iCalendar file.")}]) from error

        def add(work: Work) -> dict[str, Any]:
            known = allowed(work, caller, id)
            kept = experts.add_absences(work, id, found) or known
            return {"expert": away_from(kept, booked), "absences": len(found), "left_out": left_out}

        return await once(sent, caller, executor, {EXPERTS: [id]}, add)

    @routes.post("/conflicts", status_code=201)
    async def add_conflicts(sent: Repeatable, caller: Reader, id: str, conflicts: Conflicts) -> dict[str, Any]:
        """The expert declares conflicts of interest: requests of these bodies or companies go to others."""
        more = conflicts.document()

        def add(work: Work) -> dict[str, Any]:
            allowed(work, caller, id)
            return expert(experts.add_conflicts(work, id, more))

        return await once(sent, caller, executor, {EXPERTS: [id]}, add)

    return routes


def away_from(profile: Document, booked: list[Document]) -> dict[str, Any]:
    """A profile whose absences changed, with the talks at which the expert would be missing."""
    return expert(profile) | {"missed_talks": [talk_document(talk) for talk in missed(profile, booked)]}


def allowed(work: Work, caller: Caller, id: str) -> Document:
    """The profile, for the expert and for who directs them. Raises 404 for whom it does not concern, 403 otherwise."""
    known = work.get(EXPERTS, id)
    if known is None or not (caller.id == id or caller.has("coordinator", "secretariat")):
        raise not_found()
    if caller.id != id and not manages(caller, known["task_forces"]):
        raise forbidden()
    return known
