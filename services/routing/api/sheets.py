"""`POST /api/experts/import`: experts from a CSV sheet; a report line by line, a dry run first if wished."""

import codecs
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ValidationError

from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_, Translator, language_of
from services.chassis.pages import Pages
from services.chassis.problems import Problem, invalid
from services.chassis.validation import problem_of
from services.routing.api.profiles import Changes, Profile
from services.routing.bulk.importing import Importing, Line

Manager = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "description": "UTF-8, with the names of the columns."}}},
    }
}


class CellFault(BaseModel):
    """What is wrong in which column; where a code is unknown, the nearest valid ones."""

    column: str
    detail: str


class LineReport(BaseModel):
    """What became of one line."""

    line: int
    expert: str | None
    outcome: Literal["created", "updated", "unchanged", "refused"]
    errors: list[CellFault]


class ImportReport(BaseModel):
    """What became of the sheet."""

    dry_run: bool
    counts: dict[str, int]
    items: list[LineReport]


def checked(told: dict[str, Any], *, whole: bool = True) -> dict[str, Any]:
    """The profile that a line tells, as it is stored: the same checks as one expert's. Raises 422.

    whole: what every profile has must be told.
    """
    faults: list[dict[str, str]] = []
    try:
        # The person is found afterwards.
        Profile.model_validate({**told, "id": "00000000-0000-7000-8000-000000000000"})
    except ValidationError as error:
        faults = [one for one in problem_of(error).errors if whole or one["pointer"].split("/")[1] in told]
    # One fault does not hide the others: the codes of all other fields are looked up all the same.
    wrong = {fault["pointer"].split("/")[1] for fault in faults}
    try:
        fields = Changes.model_validate({name: value for name, value in told.items() if name not in wrong}).document()
    except Problem as problem:
        raise invalid([*faults, *problem.errors]) from problem
    if faults:
        raise invalid(faults)
    return fields


def router(importing: Importing, pages: Pages) -> APIRouter:
    """The route."""
    routes = APIRouter(tags=["experts"])

    @routes.post("/api/experts/import", summary="Import experts from a sheet", openapi_extra=_BODY)
    async def import_experts(
        request: Request, caller: Manager, dry_run: Annotated[bool, Query(description="Check only.")] = False
    ) -> ImportReport:
        """Creates or changes the expert of each line, whole or not at all; sent again it changes nothing."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "text/csv":
            raise Problem(415, N_("This content type is not accepted"), N_("Send the sheet as text/csv."))
        lines = await importing.run(_decoded(request.stream()), caller, dry_run=dry_run)
        translator = pages.translations.translator(language_of(request, caller))
        return report(lines, translator, dry_run)

    return routes


def report(lines: list[Line], translator: Translator, dry_run: bool) -> ImportReport:
    """What became of each line, in the reader's language."""
    counts = dict.fromkeys(("created", "updated", "unchanged", "refused"), 0)
    items = []
    for line in lines:
        counts[line.outcome] += 1
        errors = [CellFault(column=fault["column"], detail=translator(fault["detail"])) for fault in line.faults]
        items.append(LineReport.model_validate(
            {"line": line.number, "expert": line.expert, "outcome": line.outcome, "errors": errors}
        ))  # fmt: skip
    return ImportReport(dry_run=dry_run, counts=counts, items=items)


async def _decoded(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        async for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise invalid([{"pointer": "", "detail": N_("The sheet must be written in UTF-8.")}]) from error
