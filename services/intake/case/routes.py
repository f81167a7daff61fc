"""Where the case of a request is asked for: for programs below /api, and for people beside its page."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response, StreamingResponse

from services.chassis.auth import Caller, allow, person
from services.chassis.i18n import language_of
from services.chassis.service import Service
from services.intake.case.archive import archive_of
from services.intake.case.pdf import pdf_of
from services.intake.case.telling import read_case, tell
from services.intake.handlers.attachments.giving import disposition
from services.intake.handlers.parts import Parts
from services.intake.handlers.reading import WholeRequest

Reader = Annotated[
    Caller,
    Depends(allow("official", "representative", "front_end", "expert", "coordinator", "secretariat", "monitor")),
]
Person = Annotated[Caller, Depends(person)]
PDF, ZIP = "application/pdf", "application/zip"


def router(service: Service, parts: Parts) -> APIRouter:
    """The routes."""
    routes = APIRouter()
    cases = Cases(service, parts)

    @routes.get("/api/requests/{number}/case.pdf", tags=["requests"], responses=_binary(PDF))
    async def read_case_pdf(request: Request, number: str, caller: Reader) -> Response:
        """The whole case to read and file, as PDF/A in the caller's language."""
        return await cases.pdf(request, number, caller)

    @routes.get("/api/requests/{number}/case.zip", tags=["requests"], responses=_binary(ZIP))
    async def read_case_archive(request: Request, number: str, caller: Reader) -> Response:
        """The whole case with its data, all attachments the caller may have, and their SHA-256."""
        return await cases.archive(request, number, caller)

    @routes.get("/requests/{number}/case.pdf", include_in_schema=False)
    async def pdf(request: Request, number: str, caller: Person) -> Response:
        return await cases.pdf(request, number, caller)

    @routes.get("/requests/{number}/case.zip", include_in_schema=False)
    async def archive(request: Request, number: str, caller: Person) -> Response:
        return await cases.archive(request, number, caller)

    return routes


class Cases:
    """Makes the documents, one PDF at a time: setting it takes a processor for a moment, and others need it too."""

    def __init__(self, service: Service, parts: Parts) -> None:
        self._service, self._parts = service, parts
        self._turn = asyncio.Lock()

    async def pdf(self, request: Request, number: str, caller: Caller) -> Response:
        """The answer with the PDF. Raises 404."""
        read = await read_case(self._parts, caller, number)
        content = await self._set(request, caller, read)
        return Response(content, headers=_headers(f"{read.request['number']}.pdf"), media_type=PDF)

    async def archive(self, request: Request, number: str, caller: Caller) -> Response:
        """The answer with the archive. Raises 404."""
        read = await read_case(self._parts, caller, number)
        pieces = archive_of(self._parts, read, await self._set(request, caller, read))
        return StreamingResponse(pieces, headers=_headers(f"{read.request['number']}.zip"), media_type=ZIP)

    async def _set(self, request: Request, caller: Caller, read: WholeRequest) -> bytes:
        settings, now = self._service.settings, self._parts.clock.now()
        words = self._service.web.pages.translations.translator(language_of(request, caller))
        told = tell(read, caller, words, settings.programme, words.datetime(now))
        async with self._turn:
            return await asyncio.to_thread(pdf_of, told, settings.assets, now)


def _headers(name: str) -> dict[str, str]:
    return {"Content-Disposition": disposition(name), "Content-Security-Policy": "default-src 'none'; sandbox"}


def _binary(media_type: str) -> dict[int | str, dict[str, Any]]:
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"description": "The document.", "content": {media_type: schema}}, 404: {}}
