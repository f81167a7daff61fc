"""/api/experts/{id}/absences: read, corrected and taken back. An absence has no id but its first and its last day."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.paging import Cursor, Limit, page_of, position
from services.chassis.preconditions import IfMatch, version_tag
from services.chassis.problems import invalid, not_found
from services.chassis.work import Work
from services.routing.api.availability import allowed, away_from
from services.routing.api.profiles import Absence
from services.routing.domain import ROME
from services.routing.handlers import own
from services.routing.store import EXPERTS
from services.routing.store.day import Days as Meetings
from services.routing.store.reading import Reading

Reader = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)
First = Annotated[date, Query(alias="from", ge=_EARLIEST, le=_LATEST)]
Last = Annotated[date, Query(alias="to", ge=_EARLIEST, le=_LATEST)]
Past = Annotated[bool, Query(description="True: also those that are over.")]


class Days(BaseModel):
    """The first and the last day of an absence, both included; `from` and `to` name it to PATCH and DELETE."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")


class Absences(BaseModel):
    """Absences, by their first day."""

    items: list[Days]
    next_cursor: str | None


class OtherDays(BaseModel):
    """What was wrong; a day that is not sent stays."""

    model_config = ConfigDict(extra="forbid")
    first: Annotated[date | None, Field(alias="from", ge=_EARLIEST, le=_LATEST)] = None
    last: Annotated[date | None, Field(alias="to", ge=_EARLIEST, le=_LATEST)] = None

    def document(self, first: date, last: date) -> dict[str, Any]:
        """The corrected absence, as it is stored. Raises 422 for one that ends before it begins."""
        new_first, new_last = self.first or first, self.last or last
        if new_last < new_first:
            pointer = "/to" if self.last else "/from"
            raise invalid([{"pointer": pointer, "detail": N_("The last day must not be before the first.")}])
        return Absence.model_validate({"from": new_first, "to": new_last}).document()


def router(reading: Reading, executor: Executor, now: Callable[[], datetime], days: Meetings) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/experts/{id}", tags=["experts"])

    @routes.get("/absences", response_model=Absences, responses={404: {}})
    async def list_absences(
        response: Response, caller: Reader, id: str, past: Past = False, limit: Limit = 50, cursor: Cursor = None
    ) -> dict[str, Any]:
        """Those that are not over, by their first day; with `past` all of them."""
        behind = position(cursor, _day, _day) if cursor else ("", "")
        known = await reading.one(EXPERTS, id)
        if known is None or not (caller.id == id or caller.has("coordinator", "secretariat")):
            raise not_found()
        today = "" if past else now().astimezone(ROME).date().isoformat()
        rows = [row for row in known["absences"] if row["to"] >= today and _days(row) > behind]
        shown, next_cursor = page_of(sorted(rows, key=_days), limit, "from", "to")
        response.headers["ETag"] = version_tag(known["version"])
        return {"items": shown, "next_cursor": next_cursor}

    @routes.patch("/absences", responses={404: {}, 412: {}})
    async def change_absence(
        request: Request,
        response: Response,
        caller: Reader,
        seen: IfMatch,
        id: str,
        first: First,
        last: Last,
        changes: OtherDays,
    ) -> dict[str, Any]:
        """The absence `from`-`to` has other days; one that is there already is not there twice. With If-Match: 412."""
        absence, booked = changes.document(first, last), await days.talks_of(id, now())

        def change(work: Work) -> Document:
            allowed(work, caller, id)
            return own.change_absence(work, id, (first.isoformat(), last.isoformat()), absence, seen)

        made = await executor.run({EXPERTS: [id]}, change, request.state.correlation)
        response.headers["ETag"] = version_tag(made["version"])
        return away_from(made, booked)

    @routes.delete("/absences", status_code=204, responses={404: {}})
    async def remove_absence(caller: Reader, id: str, first: First, last: Last) -> Response:
        """The expert will be there after all."""

        def remove(work: Work) -> None:
            allowed(work, caller, id)
            own.remove_absence(work, id, first.isoformat(), last.isoformat())

        await executor.run({EXPERTS: [id]}, remove)
        return Response(status_code=204)

    return routes


def _days(row: Document) -> tuple[str, str]:
    return row["from"], row["to"]


def _day(key: str) -> str:
    return date.fromisoformat(key).isoformat()
