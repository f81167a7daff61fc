"""What experts did and how long it took: /api/assignments/{id}/actions, and hours of a person or a task force."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from contracts.vocabulary import theme
from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.chassis.preconditions import IfMatch, version_tag
from services.chassis.problems import invalid, not_found
from services.routing.api.entries import Action, Actions, Correction, ForceHours, Hours, NewAction, action_document
from services.routing.store import ASSIGNMENTS
from services.routing.worklog import Worklog, by_request, csv_of, minutes_of

Expert = Annotated[Caller, Depends(allow("expert"))]
Reader = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Coordinator = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
_MONTH: dict[str, Any] = {"pattern": r"^2\d{3}-(0[1-9]|1[0-2])$", "description": "Such as 2026-11."}
Month = Annotated[str, Query(**_MONTH)]
First = Annotated[str, Query(alias="from", **_MONTH)]
Last = Annotated[str, Query(alias="to", **_MONTH)]
_MOST_MONTHS = 24


def router(worklog: Worklog, executor: Executor) -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["actions"])

    @routes.get("/api/assignments/{id}/actions", response_model=Actions)
    async def list_actions(caller: Reader, id: str) -> dict[str, Any]:
        """What was done for a request: one's own entries; all of them for who coordinates the task force."""
        rows = await worklog.entries(await worklog.assignment(id, caller), caller)
        return {"items": [action_document(row) for row in rows], "minutes": minutes_of(rows)}

    @routes.post("/api/assignments/{id}/actions", status_code=201, response_model=Action)
    async def record_action(
        sent: Repeatable, response: Response, caller: Expert, id: str, action: NewAction
    ) -> dict[str, Any]:
        """The expert records what was done for a request."""
        entry = action.document()
        spent = await worklog.spent(str(caller.id), entry["day"])
        made = await once(
            sent, caller, executor, {ASSIGNMENTS: [id]},
            lambda work: action_document(worklog.recording(work, id, caller, entry, spent)),
        )  # fmt: skip
        response.headers["ETag"] = version_tag(made["version"])
        return made

    @routes.patch("/api/assignments/{id}/actions/{action}", response_model=Action)
    async def correct_action(
        response: Response, caller: Expert, seen: IfMatch, id: str, action: str, correction: Correction
    ) -> dict[str, Any]:
        """Corrects an entry; what it said before is kept. With If-Match: 412 if it changed meanwhile."""
        made = await worklog.correct(id, action, caller, correction.document(), seen)
        response.headers["ETag"] = version_tag(made["version"])
        return action_document(made)

    @routes.get("/api/experts/{id}/hours", response_model=Hours)
    async def hours(caller: Expert, id: str, month: Month) -> dict[str, Any]:
        """One's own minutes of a month, by request."""
        rows = await worklog.month(_own(caller, id), month)
        items = [{"number": number, "minutes": minutes} for number, _, minutes in by_request(rows)]
        return {"month": month, "minutes": minutes_of(rows), "items": items}

    @routes.get("/api/experts/{id}/hours.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
    async def hours_as_csv(caller: Expert, id: str, first: First, last: Last) -> Response:
        """One's own entries of some months, for a spreadsheet."""
        months = months_between(first, last)
        return csv_answer(await worklog.months(_own(caller, id), months), first, last)

    @routes.get("/api/task-forces/{code}/hours", response_model=ForceHours)
    async def hours_of_task_force(caller: Coordinator, code: str, month: Month) -> dict[str, Any]:
        """The minutes of a task force in a month, for who coordinates it: by request and kind, never by person."""
        if theme(code) is None:
            raise not_found()
        found = await worklog.task_force(code, month, caller)
        parts = {
            name: [{"code": row["_id"], "minutes": row["minutes"], "actions": row["actions"]} for row in rows]
            for name, rows in found.items()
        }
        return {"task_force": code, "month": month, "minutes": sum(row["minutes"] for row in parts["kinds"]), **parts}

    return routes


def months_between(first: str, last: str) -> list[str]:
    """All months from one to the other. Raises 422 for none, or for more than two years."""
    number, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    if not 0 <= end - number < _MOST_MONTHS:
        raise invalid(
            [{"pointer": "/query/to", "detail": N_("Choose at most 24 months, the last not before the first.")}]
        )
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(number, end + 1)]


def csv_answer(rows: list[Document], first: str, last: str) -> Response:
    """The file."""
    headers = {"Content-Disposition": f'attachment; filename="affianca-hours-{first}-{last}.csv"'}
    return Response(csv_of(rows), headers=headers, media_type="text/csv; charset=utf-8")


def _own(caller: Caller, id: str) -> str:
    if caller.id != id:
        raise not_found()
    return id
