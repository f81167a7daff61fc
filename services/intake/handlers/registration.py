"""Uploading the signed protocol of a body: looked at, stored whole in GridFS, then named by the registration."""

from collections.abc import AsyncIterator, Awaitable, Callable

from contracts import vocabulary
from contracts.envelope import new_id
from services.chassis.auth import Caller
from services.chassis.errors import PermanentError
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, forbidden, not_found
from services.chassis.work import Keys, Work
from services.intake.domain.files import safe_name
from services.intake.domain.signed_documents import LARGEST, SignedDocument
from services.intake.handlers import bodies
from services.intake.handlers.bodies import StoredFile, body_keys, check_in_force
from services.intake.handlers.days import today
from services.intake.handlers.parts import Parts
from services.intake.store.bodies import PROTOCOL

Read = Callable[[int], Awaitable[bytes]]
"""Reads at most so many bytes of an upload; empty at its end."""
Decide = Callable[[Work], Document]
Run = Callable[[Keys, Decide, str], Awaitable[Document]]
_PIECE = 256 * 1024
NO_FILE = N_("Choose the file of the signed protocol.")
WRONG_FILE = N_("Upload the signed protocol as a PDF or .p7m file.")
TOO_LARGE = N_("The file is too large: at most {megabytes} MB.")


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


async def register_body(
    parts: Parts, caller: Caller, code: str, name: str, read: Read, run: Run | None = None
) -> Document:
    """Registers a body with its signed protocol (PDF or .p7m). Raises 404, 403, 409, 413, 415, 422.

    run: another way than the executor's to carry the decision out, once for one key; it gets the file's checksum.
    """
    body = body_in_register(code)
    check_represents(caller, body)
    check_in_force(body, today(parts))
    file = await _keep(parts, name, read)

    def decide(work: Work) -> Document:
        return bodies.register(work, body, file, caller)

    keys = body_keys(body.code)
    try:
        state = await (run(keys, decide, file.sha256) if run else parts.executor.run(keys, decide))
    except PermanentError:
        await parts.stores.files.remove(file.id)
        raise
    # After any other failure, and when the client goes away, it may be stored all the same: the sweep looks later.
    if state["protocol"]["id"] != file.id:
        await parts.stores.files.remove(file.id)
    return state


async def protocol_of(parts: Parts, caller: Caller, code: str) -> Document:
    """The newest protocol that a body sent, for its representative and the Segreteria Tecnica. Raises 404, 403."""
    body = body_in_register(code)
    check_represents(caller, body)
    state = await parts.stores.bodies.fresh(body.code)
    protocol: Document | None = state["protocol"] if state else None
    if protocol is None:
        raise not_found()
    return protocol


async def _keep(parts: Parts, name: str, read: Read) -> StoredFile:
    """Stores the file, once its first bytes have said what it is. Nothing is left of one that is too large."""
    first = await read(_PIECE)
    document = SignedDocument(first)
    if not first:
        raise Problem(
            422, N_("Some fields are not valid"), NO_FILE, errors=[{"pointer": "/protocol", "detail": NO_FILE}]
        )
    if document.kind is None:
        raise Problem(415, N_("This file is not accepted"), WRONG_FILE, kind="file-not-accepted")

    async def pieces() -> AsyncIterator[bytes]:
        piece, total = first, 0
        while piece:
            total += len(piece)
            if total > LARGEST:
                values = {"megabytes": LARGEST // 1_000_000}
                raise Problem(413, N_("The content is too large"), TOO_LARGE, values=values)
            document.read(piece)
            yield piece
            piece = await read(_PIECE)

    id, shown = new_id(parts.clock.now()), safe_name(name)
    size, checksum = await parts.stores.files.keep(id, shown, pieces(), PROTOCOL)
    return StoredFile(id, shown, document.kind, size, checksum, document.signature)
