"""Giving attachments out: to whom, in which state, and with headers that keep a browser from running anything."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, not_found
from services.chassis.transactions import Plain
from services.intake.domain.transitions import Party
from services.intake.handlers.parts import Parts
from services.intake.store.attachments import of_requests
from services.intake.store.visibility import parties, sees_conversation

_COLLEAGUES: frozenset[Party] = frozenset({"lead", "helper", "coordination"})
GIVEN = ("unscanned", "clean")
"""States in which a file is given out."""
_NOT_GIVEN: dict[str, str] = {
    "pending": N_("The file is being checked for viruses. Try again in a minute."),
    "infected": N_("The file is in quarantine, because the antivirus found something in it. Ask for it again."),
    "refused": N_("The file was not accepted, and is not kept here."),
    "erased": N_("The file has been erased."),
}


def attachments_of(plain: Plain, caller: Caller, request: Document, internal: bool | None = None) -> list[Document]:
    """Those of the request, and of what was merged into it, that the caller may see."""
    if not sees_conversation(caller, request) or not (request.get("attached") or request["merged_from"]):
        return []
    if internal is None:
        internal = bool(parties(caller, request) & _COLLEAGUES)
    return of_requests(plain, [request["_id"], *request["merged_from"]], internal)


def shows(caller: Caller, of: Document, attachment: Document) -> bool:
    """Whether the caller may know of an attachment of this request, or of one that was merged into it."""
    internal = attachment["visibility"] == "internal"
    return sees_conversation(caller, of) and not (internal and not parties(caller, of) & _COLLEAGUES)


async def give(parts: Parts, request: Request, caller: Caller, of: Document, id: str) -> Response:
    """The answer that sends one attachment of a request, or says that the reader has it already.

    Raises 404 for what the caller may not see, 409 for what is not given out.
    """
    found = await parts.stores.attachments.by_id(id)
    if found is None or found["request"] not in (of["_id"], *of["merged_from"]) or not shows(caller, of, found):
        raise not_found()
    if found["state"] not in GIVEN:
        raise Problem(
            409, N_("The file cannot be downloaded"), _NOT_GIVEN[found["state"]], kind=f"file-{found['state']}"
        )
    etag = f'"{found["sha256"]}"'
    headers = {
        "Content-Disposition": disposition(found["name"]),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        # Kept by the reader alone, and asked about each time: roles end.
        "Cache-Control": "private, no-cache",
        "ETag": etag,
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(found["size"])
    return StreamingResponse(parts.stores.attachments.read(found), headers=headers, media_type=found["media_type"])


def disposition(name: str) -> str:
    """Content-Disposition by RFC 6266: a name in ASCII for old programs, and the true one in UTF-8."""
    plain = "".join(sign if sign.isascii() and sign.isprintable() and sign not in '"\\%' else "_" for sign in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
