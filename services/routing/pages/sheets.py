"""The page that takes a sheet of experts: first only checked, then, on the same page, imported."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from services.chassis.auth import Caller, allow
from services.chassis.forms import checked_form
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice, Pages
from services.chassis.problems import Problem
from services.routing.bulk.importing import Importing
from services.routing.bulk.sheet import COLUMNS

Staff = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Checked = Annotated[FormData, Depends(checked_form)]
LARGEST = 250_000
"""Bytes: after the check the sheet comes back as a field of the form, which may have 300,000."""
OUTCOMES: dict[str, tuple[str, str]] = {
    "created": (N_("new"), "success"),
    "updated": (N_("changed"), "info"),
    "unchanged": (N_("as it was"), "neutral"),
    "refused": (N_("not taken"), "danger"),
}


def router(importing: Importing, pages: Pages) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/desk/experts/import", include_in_schema=False)

    @routes.get("")
    async def ask(request: Request, caller: Staff) -> Response:
        return _page(pages, request, caller)

    @routes.post("")
    async def take(request: Request, caller: Staff, form: Checked) -> Response:
        try:
            sheet = await _sheet(form)
        except ValueError as error:
            return _page(pages, request, caller, 422, errors={"sheet": str(error)})
        finally:
            await form.close()
        dry_run = form.get("step") != "import"
        try:
            lines = await importing.run(_once(sheet), caller, dry_run=dry_run)
        except Problem as problem:
            words = pages.translations.translator(language_of(request, caller))
            told = words(problem.errors[0]["detail"] if problem.errors else problem.detail, **problem.values)
            if problem.status != 422:
                return _page(pages, request, caller, problem.status, notices=[Notice("warning", told)])
            return _page(pages, request, caller, 422, errors={"sheet": told})
        counts = {name: sum(line.outcome == name for line in lines) for name in OUTCOMES}
        return _page(pages, request, caller, lines=lines, counts=counts, sheet=sheet, dry_run=dry_run)

    return routes


async def _sheet(form: FormData) -> str:
    """The text of the file, or what the page was sent back with after the check. Raises ValueError with a msgid."""
    upload, kept = form.get("file"), form.get("sheet")
    if isinstance(kept, str) and kept:
        return kept
    if not isinstance(upload, UploadFile):
        raise ValueError(N_("Choose a file."))
    content = await upload.read(LARGEST + 1)
    if not content:
        raise ValueError(N_("Choose a file."))
    if len(content) > LARGEST:
        raise ValueError(N_("The file is larger than 250 kB: send it in parts, or by the API."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(N_("The sheet must be written in UTF-8.")) from error


async def _once(sheet: str) -> AsyncIterator[str]:
    yield sheet


def _page(pages: Pages, request: Request, caller: Caller, status: int = 200, **more: Any) -> Response:
    context: dict[str, Any] = {
        "lines": None, "counts": {}, "sheet": "", "dry_run": True, "errors": {}, "outcomes": OUTCOMES,
        "columns": ";".join(COLUMNS),
    }  # fmt: skip
    return pages.render(request, "experts/import.html", caller, status, **(context | more))
