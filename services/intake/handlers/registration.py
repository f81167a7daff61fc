"""Uploading the signed protocol of a body: looked at, stored whole in GridFS, then named by the registration."""

from collections.abc import AsyncIterator, Awaitable, Callable

from contracts import vocabulary
from contracts.envelope import new_id
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, forbidden, not_found
from services.intake.domain.files import safe_name, signed_document_type
from services.intake.handlers import bodies
from services.intake.handlers.bodies import StoredFile, body_keys
from services.intake.handlers.parts import Parts

Read = Callable[[int], Awaitable[bytes]]
"""Reads at most so many bytes of an upload; empty at its end."""
_PIECE = 256 * 1024


def body_in_register(code: str) -> vocabulary.Body:
    """The body with this ISTAT or IPA code. Raises 404."""
    body = vocabulary.body(code)
    if body is None:
        raise not_found()
    return body


def check_represents(caller: Caller, body: vocabulary.Body) -> None:
    """Raises 403 unless the caller represents the body or is of the Segreteria Tecnica."""
    if not (caller.has("secretariat") or body.code in caller.scopes("representative")):
        raise forbidden(N_("Only the body's representative or the Segreteria Tecnica may do this."))


async def register_body(parts: Parts, caller: Caller, code: str, name: str, read: Read) -> Document:
    """Registers a body with its signed protocol (PDF or .p7m). Raises 404, 403, 415, 409."""
    body = body_in_register(code)
    check_represents(caller, body)
    first = await read(_PIECE)
    media_type = signed_document_type(first)
    if media_type is None:
        detail = N_("Upload the signed protocol as a PDF or .p7m file.")
        raise Problem(415, N_("This file is not accepted"), detail, kind="file-not-accepted")

    async def pieces() -> AsyncIterator[bytes]:
        piece = first
        while piece:
            yield piece
            piece = await read(_PIECE)

    id, shown = new_id(parts.clock.now()), safe_name(name)
    size, checksum = await parts.stores.files.keep(id, shown, pieces())
    file = StoredFile(id, shown, media_type, size, checksum)
    try:
        return await parts.executor.run(body_keys(body.code), lambda work: bodies.register(work, body, file, caller))
    except Problem:
        await parts.stores.files.remove(id)
        raise
