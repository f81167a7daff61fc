"""Many requests from one file, in two steps: the file is looked at and nothing stored, then imported on a yes.

For files of up to some thousand lines; larger ones go through the API, whose report comes line by line.
"""

import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import PurePath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import HTMLResponse

from contracts.envelope import Id, new_id
from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, language_of
from services.chassis.problems import not_found
from services.chassis.service import Service
from services.intake.domain.files import safe_name
from services.intake.domain.tables import NAMES, REQUIRED
from services.intake.handlers.importing import Import
from services.intake.handlers.parts import Parts

Importer = Annotated[Caller, Depends(allow("official", "representative", "coordinator", "secretariat"))]
Form = Annotated[FormData, Depends(checked_form)]
LARGEST = 10_000_000
MOST_LINES = 5_000
SHOWN = 200
"""Lines of a report that a page shows; those with faults come first."""
_PIECE = 256 * 1024
_KEPT = timedelta(hours=24)
_AT_ONCE = 50
_GONE = N_("The file was imported already, or waited too long. Choose it again: nothing is taken twice.")
STATES = {
    "imported": (N_("Imported"), "success"),
    "valid": (N_("In order"), "success"),
    "already": (N_("Imported before"), "info"),
    "refused": (N_("To correct"), "danger"),
}


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)

    def shown(request: Request, caller: Caller, status: int = 200, **context: Any) -> HTMLResponse:
        usual: dict[str, Any] = {"errors": {}, "report": None, "file": None, "summary": None, "name": ""}
        columns = [(names[0], names[1], column in REQUIRED) for column, names in NAMES.items()]
        return service.web.pages.render(
            request, "requests/import.html", caller, status=status, columns=columns, most=MOST_LINES, states=STATES,
            **(usual | context),
        )  # fmt: skip

    async def report_of(request: Request, caller: Caller, id: str, dry_run: bool) -> dict[str, Any]:
        say = service.web.pages.translations.translator(language_of(request, caller))
        work = Import(parts, caller, say, dry_run, most=MOST_LINES)
        with tempfile.TemporaryFile() as file:
            async for piece in parts.stores.imports.read(id):
                file.write(piece)
            file.seek(0)
            lines = [line async for line in work.run(file)]
        summary = lines.pop()["summary"]
        for line in lines:
            line["told"] = " ".join(map(_told, line.get("errors", ())))
        lines.sort(key=lambda line: (line["status"] != "refused", line["line"]))
        return {"report": lines[:SHOWN], "summary": summary}

    @routes.get("/requests/import")
    async def empty(request: Request, caller: Importer) -> HTMLResponse:
        return shown(request, caller)

    @routes.post("/requests/import")
    async def looked_at(request: Request, caller: Importer, form: Form) -> HTMLResponse:
        upload = form.get("file")
        try:
            if not isinstance(upload, UploadFile) or not upload.filename:
                return shown(request, caller, 422, errors={"file": N_("Choose the file to import.")})
            id, name = new_id(parts.clock.now()), safe_name(PurePath(upload.filename).name)
            await parts.stores.imports.keep(id, str(caller.id), name, parts.clock.now(), _pieces(upload))
        finally:
            await form.close()
        return shown(request, caller, file=id, name=name, **await report_of(request, caller, id, dry_run=True))

    @routes.post("/requests/import/{id}")
    async def imported(request: Request, caller: Importer, form: Form, id: Annotated[Id, Path()]) -> HTMLResponse:
        kept = await parts.stores.imports.find(id, str(caller.id))
        if kept is None:
            raise not_found(_GONE)
        told = await report_of(request, caller, id, dry_run=False)
        await parts.stores.imports.forget(id)
        return shown(request, caller, name=kept["name"], **told)

    return routes


async def forget_old(parts: Parts) -> bool:
    """Removes files that nobody said yes to; whether more may wait. A job calls it."""
    return await parts.stores.imports.forget_older(parts.clock.now() - _KEPT, _AT_ONCE) == _AT_ONCE


def _told(fault: dict[str, Any]) -> str:
    """A fault as people read it: the column as the file names it, the sentence, and what may have been meant."""
    column = f"{fault['column']}: " if fault.get("column") else ""
    nearest = f" ({', '.join(fault['nearest'])})" if fault.get("nearest") else ""
    return f"{column}{fault['detail']}{nearest}"


async def _pieces(upload: UploadFile) -> AsyncIterator[bytes]:
    while piece := await upload.read(_PIECE):
        yield piece
