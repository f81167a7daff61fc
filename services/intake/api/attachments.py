"""`/api/requests/{number}/attachments`: files of a request, or of a message of it."""

from typing import Annotated, Any, BinaryIO, get_args

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import UploadFile
from starlette.responses import Response

from contracts.envelope import Id
from contracts.requests import Visibility
from services.chassis.auth import Caller, allow
from services.chassis.forms import fill, form_with_files
from services.chassis.i18n import N_
from services.chassis.idempotency import Repeatable, Sent, once
from services.chassis.middleware import media_type
from services.chassis.problems import Problem, invalid
from services.intake.api.answers import answer, attachment_document, parts_of
from services.intake.handlers.attachments import holding
from services.intake.handlers.attachments.giving import attachments_of, give
from services.intake.handlers.attachments.uploads import check_room, keys_of, upload
from services.intake.handlers.parts import Parts, find

routes = APIRouter(prefix="/api/requests", tags=["requests"])
Here = Annotated[Parts, Depends(parts_of)]
Speaker = Annotated[
    Caller, Depends(allow("official", "representative", "front_end", "expert", "coordinator", "secretariat"))
]
PATH = r"/api/requests/[^/]+/attachments"
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "One file, with its name."},
        "message": {"type": "string", "format": "uuid", "description": "A message of yours that it belongs to."},
        "visibility": {
            "type": "string",
            "enum": list(get_args(Visibility)),
            "default": "shared",
            "description": "`internal` is read by experts and coordinators only. A message decides it by its own.",
        },
    },
}
_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}
_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


class Facts(BaseModel):
    """What is told of a file beside it."""

    model_config = ConfigDict(extra="forbid")

    message: Id | None = None
    visibility: Visibility = "shared"


@routes.post("/{number}/attachments", status_code=201, openapi_extra=_BODY, responses={404: {}})
async def attach_file(sent: Repeatable, number: str, caller: Speaker, parts: Here) -> Response:
    """Attaches a file to a request. 413: the file or all files together are too large; 415: a type that is refused."""
    request = sent.request
    if media_type(request) != "multipart/form-data":
        detail = N_("Send one of: {types}.")
        types = {"types": "multipart/form-data"}
        raise Problem(415, N_("This content type is not accepted"), detail, values=types)
    found = await find(parts, caller, number)
    # A part of what is announced is the form around the file; what cannot fit in any case is not even read.
    announced = request.headers.get("content-length", "")
    check_room(parts.files, found, "", int(announced) - FORM if announced.isdecimal() else 0)
    form = await form_with_files(request, files=1)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid([{"pointer": "/file", "detail": N_("Send a file in the field `file`.")}])
        facts, faults = fill(Facts, form)
        if facts is None:
            raise invalid([{"pointer": f"/{name}", "detail": detail} for name, detail in faults.items()])
        return await _attached(sent, parts, caller, found["_id"], number, file.filename or "", file.file, facts)
    finally:
        await form.close()


FORM = 100_000
"""Bytes that a form may have beside its file."""


async def _attached(
    sent: Sent, parts: Parts, caller: Caller, id: str, number: str, name: str, file: BinaryIO, facts: Facts
) -> Response:
    async with holding(parts) as holder:
        held = await holder.take(name, file)
        document = await once(
            sent,
            caller,
            parts.executor,
            keys_of(id, facts.message),
            lambda work: attachment_document(
                upload(work, parts.files, id, caller, held, facts.message, facts.visibility, "api"), number
            ),
            content=f"{held.name}|{held.sha256}|{facts.message}|{facts.visibility}".encode(),
        )
    return answer(document, 201, {"Location": document["links"]["content"]})


@routes.get("/{number}/attachments", responses={404: {}})
async def list_attachments(number: str, caller: Speaker, parts: Here) -> Response:
    """The files of a request that the caller may see, oldest first, with those of requests that were joined to it."""
    found = await find(parts, caller, number)
    rows = await parts.stores.database.at_once(lambda plain: attachments_of(plain, caller, found))
    return answer({"items": [attachment_document(row, found["number"]) for row in rows], "next_cursor": None})


@routes.get(
    "/{number}/attachments/{id}",
    responses={
        200: {"description": "The file.", "content": {"application/octet-stream": _BYTES}},
        304: {"description": "The caller has it already."},
        404: {},
        409: {},
    },
)
async def read_attachment(request: Request, number: str, id: str, caller: Speaker, parts: Here) -> Response:
    """One file, as it was sent. 409: it is not given out, because it is being checked or was found infected."""
    return await give(parts, request, caller, await find(parts, caller, number), id)
