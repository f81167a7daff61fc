"""/api/assignments: what an expert was asked, and the expert's answers. Repeating an answer gives the same answer."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from contracts.envelope import Id
from services.chassis.auth import Caller, allow
from services.chassis.execution import Executor
from services.chassis.i18n import N_
from services.chassis.idempotency import Repeatable
from services.chassis.paging import Cursor, Limit, key_of, text
from services.routing.api.decisions import Reason, Text, answered_once
from services.routing.api.documents import assignment, page
from services.routing.desk import Desk
from services.routing.store.reading import Reading

Reader = Annotated[Caller, Depends(allow("expert", "coordinator", "secretariat"))]
Answering = Annotated[Caller, Depends(allow("expert"))]
Status = Literal["offered", "accepted", "declined", "expired", "released"]


class Decline(BaseModel):
    """Why the expert does not take the request."""

    model_config = ConfigDict(extra="forbid")
    reason: Literal["no_time", "not_my_subject", "conflict_of_interest", "absent", "other"]
    reason_text: Annotated[
        Text,
        Field(description="Needed for `other`. Kept, and shown to who coordinates.", validate_default=True),
    ] = ""

    @field_validator("reason_text")
    @classmethod
    def _said(cls, value: str, told: ValidationInfo) -> str:
        if told.data.get("reason") == "other" and not value:
            raise ValueError(N_("Say in a few words for which other reason."))
        return value


class HandOver(BaseModel):
    """The colleague, and what they should know."""

    model_config = ConfigDict(extra="forbid")
    expert: Id
    note: Reason = ""


def router(desk: Desk, reading: Reading, executor: Executor) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/assignments", tags=["assignments"])

    @routes.get("")
    async def list_assignments(
        caller: Reader,
        expert: str | None = None,
        status: Status | None = None,
        province: str | None = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> dict[str, Any]:
        """Assignments, newest first; an expert's own only."""
        everything = caller.has("coordinator", "secretariat")
        rows = await reading.assignments(
            limit,
            key_of(cursor, text),
            person=expert if everything else caller.id,
            expert=None if everything else expert,
            status=status,
            province=province.upper() if province else None,
        )
        return page([assignment(row) for row in rows], rows, limit, "_id")

    @routes.get("/{id}")
    async def get_assignment(caller: Reader, id: str) -> dict[str, Any]:
        """One assignment."""
        return assignment(await desk.assignment(id, caller))

    @routes.post("/{id}/accept")
    async def accept(caller: Answering, id: str) -> dict[str, Any]:
        """The expert takes the request."""
        return assignment(await desk.accept(id, caller))

    @routes.post("/{id}/decline")
    async def decline(caller: Answering, id: str, answer: Decline) -> dict[str, Any]:
        """The expert does not take the request; somebody else is asked."""
        return assignment(await desk.decline(id, caller, answer.reason, answer.reason_text))

    @routes.post("/{id}/release")
    async def release(caller: Reader, id: str) -> dict[str, Any]:
        """The expert gives the request back, or a coordinator takes it away; somebody else is asked."""
        return assignment(await desk.release(id, caller))

    @routes.post("/{id}/hand-over", status_code=201)
    async def hand_over(sent: Repeatable, caller: Reader, id: str, wish: HandOver) -> dict[str, Any]:
        """Who follows the request names a colleague, who is asked next; the conversation stays with the request."""
        return await desk.hand_over(id, caller, wish.expert, wish.note, answered_once(sent, caller, executor))

    return routes
