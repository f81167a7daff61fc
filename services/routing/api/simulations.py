"""/api/routing/simulations: what would be if, over a past period or a set of requests. Nothing is changed by it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from services.chassis.auth import Caller, allow
from services.chassis.idempotency import Repeatable
from services.chassis.mongo import Document
from services.chassis.paging import Cursor, Limit, cursor_of, key_of, text
from services.routing.simulation.asked import Question
from services.routing.simulation.asking import Asking

Asker = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Reader = Annotated[Caller, Depends(allow("coordinator", "secretariat", "monitor"))]


class Simulation(BaseModel):
    """A simulation: `result` holds `baseline`, `variant` and, for real requests, `observed` with the same figures.

    Times are minutes of working time; shares are from 0 to 1. `failure` says why there are no figures; for `crashed`
    `fault` says where in the code, for those who mend it.
    """

    id: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    asked: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    failure: str | None
    fault: str | None = None
    result: dict[str, Any] | None = None


class Simulations(BaseModel):
    """Simulations without their figures, newest first."""

    items: list[Simulation]
    next_cursor: str | None


def router(asking: Asking) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/routing/simulations", tags=["simulations"])

    @routes.post(
        "",
        status_code=201,
        response_model=Simulation,
        summary="What would be if",
        responses={202: {"model": Simulation, "description": "It takes longer: look it up at `Location`."}},
    )
    async def simulate(sent: Repeatable, response: Response, caller: Asker, question: Question) -> Any:
        """Plays a past period, made-up requests or a set of requests with other weights, places or experts.

        A short one is answered with its figures (201), a longer one is looked up later (202).
        """
        row = await asking.ended(await asking.ask(sent, caller, question))
        response.headers["Location"] = f"/api/routing/simulations/{row['_id']}"
        response.status_code = 202 if row["status"] in ("queued", "running") else 201
        return document(row)

    @routes.get("", response_model=Simulations)
    async def list_simulations(caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Any:
        """Simulations of the last 90 days, newest first, without their figures."""
        rows = await asking.store.newest(limit, key_of(cursor, text))
        more = cursor_of(rows[-1], "_id") if len(rows) == limit else None
        return {"items": [document(row) for row in rows], "next_cursor": more}

    @routes.get("/{id}", response_model=Simulation)
    async def get_simulation(caller: Reader, id: str) -> Any:
        """A simulation, with its figures once they are there."""
        return document(await asking.one(id))

    @routes.post("/{id}/cancel", response_model=Simulation)
    async def cancel_simulation(caller: Asker, id: str) -> Any:
        """Stops one that has not ended; 409 for one that has."""
        return document(await asking.cancel(id))

    return routes


def document(row: Document) -> dict[str, Any]:
    """A simulation as it is told."""
    names = ("status", "progress", "asked", "created_at", "started_at", "ended_at", "failure")
    return {
        "id": row["_id"],
        **{name: row[name] for name in names},
        "fault": row.get("fault"),
        "result": row.get("result"),
    }
