"""`/api/measurements`: the half-yearly table of a body, by procedure."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts import vocabulary
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_, ROME
from services.chassis.idempotency import Repeatable, once
from services.chassis.problems import forbidden, invalid
from services.chassis.service import Service
from services.chassis.work import Work
from services.reporting import measures
from services.reporting.handlers.measurements import row_id, shown, submit
from services.reporting.store import MEASUREMENTS, Store

Sender = Annotated[Caller, Depends(allow("official", "representative", "secretariat"))]
Reader = Annotated[Caller, Depends(allow("official", "representative", "secretariat", "coordinator", "monitor"))]
HalfYear = Annotated[str, Field(pattern=r"^20[0-9]{2}-H[12]$", examples=["2026-H1"])]
Figure = Annotated[int | None, Field(ge=0, le=measures.LARGEST)]

# The sentences of `measures.faults`, marked here because that file knows nothing of languages.
_SENTENCES = (
    N_("It cannot exceed the procedures concluded with an express act."),
    N_("Say also how many procedures were concluded with an express act."),
    N_("Without concluded procedures there are no days to sum."),
)


class MeasurementRow(BaseModel):
    """The figures of one procedure; a field that is left out was not measured, which is not zero."""

    model_config = ConfigDict(extra="forbid")
    procedure: str = Field(max_length=64)
    concluded_by_silence: Figure = None
    concluded_expressly: Figure = None
    with_services_conference: Figure = None
    with_suspension: Figure = None
    duration_days_sum: Annotated[int | None, Field(ge=0, le=10_000 * measures.LARGEST)] = None
    started: Figure = None
    backlog: Figure = None


class MeasurementTable(BaseModel):
    """What a body sends for a half-year."""

    model_config = ConfigDict(extra="forbid")
    body: str = Field(max_length=64)
    half_year: HalfYear
    rows: list[MeasurementRow] = Field(min_length=1, max_length=200)


def router(service: Service) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/api/measurements", tags=["measurements"])
    endpoints = Measurements(service)

    routes.add_api_route("", endpoints.send, methods=["POST"], status_code=201)
    routes.add_api_route("", endpoints.read)
    return routes


class Measurements:
    """The endpoints."""

    def __init__(self, service: Service) -> None:
        self._executor = service.executor
        self._store = Store(service.database)
        self._now = service.clock.now

    async def send(self, sent: Repeatable, table: MeasurementTable, caller: Sender) -> dict[str, Any]:
        """Keeps a body's figures; sent again with other values they are a correction."""
        body = vocabulary.body(table.body)
        if body is None:
            raise invalid([{"pointer": "/body", "detail": N_("No body has this code.")}])
        if not caller.has("secretariat") and body.code not in caller.scopes("official", "representative"):
            raise forbidden(N_("You can send the figures of your own body only."))
        _check(table, half_year_of(self._now()))
        rows = [row.model_dump() for row in table.rows]
        ids = [row_id(body.code, row["procedure"], table.half_year) for row in rows]

        def decide(work: Work) -> dict[str, Any]:
            return {"items": submit(work, body.code, body.province, table.half_year, rows, caller.id or "")}

        return await once(sent, caller, self._executor, {MEASUREMENTS: ids}, decide)

    async def read(
        self,
        caller: Reader,
        half_year: Annotated[HalfYear, Query()],
        body: Annotated[str | None, Query(max_length=64)] = None,
    ) -> dict[str, Any]:
        """The newest figures of a half-year, with means combined by weight; bodies see their own only."""
        everywhere = caller.has("secretariat", "coordinator", "monitor")
        bodies = None if everywhere else sorted(caller.scopes("official", "representative"))
        if body is not None:
            bodies = [body] if bodies is None or body in bodies else []
        rows = [shown(row) for row in await self._store.measurements(half_year, bodies)]
        items = [row | {"mean_duration_days": measures.mean_days([row])} for row in rows]
        # Whole, because the means are over all of it; lists everywhere say whether they go on.
        return {
            "half_year": half_year,
            "items": items,
            "next_cursor": None,
            "by_procedure": measures.by_procedure(rows),
        }


def half_year_of(at: datetime) -> str:
    """The half-year that an instant lies in, in Rome."""
    local = at.astimezone(ROME)
    return f"{local.year}-H{1 if local.month < 7 else 2}"


def _check(table: MeasurementTable, running: str) -> None:
    """Raises 422 naming every figure that cannot be."""
    errors = []
    if table.half_year > running:
        errors.append({"pointer": "/half_year", "detail": N_("This half-year has not begun.")})
    seen: set[str] = set()
    for number, row in enumerate(table.rows):
        at = f"/rows/{number}"
        if vocabulary.procedure(row.procedure) is None:
            errors.append({"pointer": f"{at}/procedure", "detail": N_("No procedure has this code.")})
        if row.procedure in seen:
            errors.append({"pointer": f"{at}/procedure", "detail": N_("This procedure is in the table already.")})
        seen.add(row.procedure)
        errors += [{"pointer": f"{at}/{name}", "detail": text} for name, text in measures.faults(row.model_dump())]
    if errors:
        raise invalid(errors)
