"""Probes and the event history of a service: /live, /ready, /status, /metrics and /api/<service>/events."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pymongo.errors import PyMongoError
from starlette.responses import JSONResponse, Response, StreamingResponse

from services.chassis.auth import Caller, allow, public
from services.chassis.epoch import read_epoch
from services.chassis.i18n import N_
from services.chassis.outbox import OUTBOX, history, settled
from services.chassis.problems import invalid

if TYPE_CHECKING:
    from services.chassis.service import Service

EPOCH = "X-Epoch"
_WITHIN = 2.0
_UNSETTLED = "Also the newest events: for who reads all of them once. Going on behind the last one might miss some."
Anyone = Annotated[Caller, Depends(public)]
Reader = Annotated[Caller, Depends(allow("monitor", "service", "secretariat"))]


async def faults(service: "Service") -> list[str]:
    """Why the service cannot do its work now; empty when all is well."""
    found = []
    if service.waiting_for:
        found.append(f"starting: {service.waiting_for} does not answer yet")
    elif not service.started:
        found.append("starting or stopping")
    if service.consumer and service.consumer.flooded:
        found.append("consumption stopped: too many messages were parked")
    try:
        await asyncio.wait_for(service.database.ping(), _WITHIN)
    except (PyMongoError, TimeoutError):
        found.append("the database does not answer")
    return found


def router(service: "Service") -> APIRouter:
    """The routes, on the service's own port and below /api/<service>."""
    routes = APIRouter()
    below = f"/api/{service.name}"

    async def live(caller: Anyone) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(caller: Anyone) -> Response:
        found = await faults(service)
        return JSONResponse({"status": "not ready" if found else "ready", "faults": found}, 503 if found else 200)

    async def status(caller: Anyone) -> Response:
        found = await faults(service)
        code, title = (503, "Unwell") if found else (200, "Well")
        detail = "; ".join(found) or "The service works."
        content = {"type": "about:blank", "title": title, "status": code, "detail": detail}
        headers = {"Retry-After": "5"} if found else {}
        return JSONResponse(content, code, headers, media_type="application/problem+json")

    async def metrics(caller: Anyone) -> Response:
        return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    for path, endpoint in (("/live", live), ("/ready", ready), ("/status", status), ("/metrics", metrics)):
        routes.add_api_route(path, endpoint, include_in_schema=False)
        routes.add_api_route(below + path, endpoint, include_in_schema=path == "/status", tags=["probes"])

    epoch = {"description": "The owner's epoch, raised by each restore.", "schema": {"type": "integer"}}
    lines: dict[int | str, dict[str, Any]] = {
        200: {"description": "One event a line.", "content": {"application/x-ndjson": {}}, "headers": {EPOCH: epoch}}
    }

    @routes.get(below + "/events", tags=["events"], response_class=Response, responses=lines)
    async def events(
        caller: Reader,
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
        unsettled: Annotated[bool, Query(description=_UNSETTLED)] = False,
    ) -> StreamingResponse:
        """The events this service published, oldest first, one JSON document a line (NDJSON).

        Told when they are 15 seconds old (`AFFIANCA_HISTORY_DELAY_SECONDS`): by then nothing can appear before them any
        more, so who goes on with `after` = the id of the last one misses nothing.
        """
        if after is not None and not await service.database.by_ids(OUTBOX, [after]):
            raise invalid([{"pointer": "/query/after", "detail": N_("This service published no event with this id.")}])
        # Positions have the real time, also where the service's clock was moved.
        before = None if unsettled else settled(datetime.now(UTC), service.settings.history_delay_seconds)
        found = _lines(history(service.database, after, limit, before=before))
        headers = {EPOCH: str(await read_epoch(service.database))}
        return StreamingResponse(found, headers=headers, media_type="application/x-ndjson")

    return routes


async def _lines(bodies: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for body in bodies:
        yield body + b"\n"
