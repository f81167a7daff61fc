"""`/api/requests/import`: many requests from one CSV file, with a report for each line."""

import tempfile
from collections.abc import AsyncIterator
from typing import Annotated, Any, BinaryIO

import orjson
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_, language_of
from services.chassis.middleware import media_type
from services.chassis.problems import Problem
from services.intake.api.answers import parts_of
from services.intake.handlers.importing import Import
from services.intake.handlers.parts import Parts
from services.intake.handlers.quotas import Meter

routes = APIRouter(prefix="/api/requests", tags=["requests"])
Here = Annotated[Parts, Depends(parts_of)]
Importer = Annotated[Caller, Depends(allow("official", "representative", "front_end", "coordinator", "secretariat"))]
LARGEST = 50_000_000
_IN_MEMORY = 1_000_000
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file in UTF-8: semicolons or commas, the first line names the columns.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}
_REPORT: dict[int | str, dict[str, Any]] = {
    200: {"description": "A report for each line (NDJSON), and a summary.", "content": {"application/x-ndjson": {}}},
    413: {},
    415: {},
}


@routes.post("/import", response_class=Response, responses=_REPORT, openapi_extra=_BODY)
async def import_requests(
    request: Request,
    caller: Importer,
    parts: Here,
    dry_run: Annotated[bool, Query(description="Checks every line and stores nothing.")] = False,
    batch: Annotated[
        str, Query(max_length=100, description="A name for files that belong together: keys hold within it.")
    ] = "",
) -> StreamingResponse:
    """Makes a request of every line that is in order; sending the same lines again makes nothing twice."""
    if media_type(request) != "text/csv":
        detail = N_("Send one of: {types}.")
        raise Problem(415, N_("This content type is not accepted"), detail, values={"types": "text/csv"})
    # Kept on disk first: who sends does not read our answer yet, and both sides would wait for each other.
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed when it has been read)
    try:
        async for piece in request.stream():
            file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    say = request.app.state.translations.translator(language_of(request, caller))
    work = Import(parts, caller, say, dry_run, batch, meter=Meter(parts, caller))
    return StreamingResponse(_lines(work, file), media_type="application/x-ndjson")  # type: ignore[arg-type]


async def _lines(work: Import, file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        async for line in work.run(file):
            yield orjson.dumps(line) + b"\n"
