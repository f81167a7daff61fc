"""`/api/intake/mails`: mails that wait for somebody's decision, and what is decided about them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from services.chassis.auth import Caller, allow
from services.chassis.mongo import Document
from services.chassis.paging import Cursor, Limit
from services.chassis.problems import not_found
from services.intake.api.answers import Json, answer, instant, parts_of
from services.intake.handlers.attachments.giving import disposition
from services.intake.handlers.fields import Line
from services.intake.handlers.mails import approval
from services.intake.handlers.parts import Parts, find

routes = APIRouter(prefix="/api/intake/mails", tags=["mails"])
Here = Annotated[Parts, Depends(parts_of)]
Coordination = Annotated[Caller, Depends(allow("coordinator", "secretariat"))]
Secretariat = Annotated[Caller, Depends(allow("secretariat"))]


class AsMessage(BaseModel):
    """To which request the mail is added; without a number, to the one that it answers."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{6,12}$")] | None = None


class AsRequest(BaseModel):
    """In whose name the mail becomes a request: an ISTAT or IPA code."""

    model_config = ConfigDict(extra="forbid")

    body: Annotated[Line, Field(min_length=1, max_length=64)]


@routes.get("")
async def list_mails(
    caller: Coordination,
    parts: Here,
    state: Literal["held", "quarantined", "aside", "decided"] = "held",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Mails that were held for approval, quarantined or kept aside, newest first, with the reason."""
    rows, following = await parts.stores.mails.page(state, limit, cursor)
    return answer({"items": [mail_document(row) for row in rows], "next_cursor": following})


@routes.get("/outgoing", responses={404: {}})
async def list_outgoing(
    caller: Coordination, parts: Here, number: Annotated[str, Query(pattern=r"^[0-9]{4}-[0-9]{6,12}$")]
) -> Response:
    """What other servers told of our mails about this request: bounces, and receipts of the PEC."""
    request = await find(parts, caller, number)
    rows = await parts.stores.mails.outgoing(request["_id"])
    items = [
        {
            "delivery": row["_id"],
            "fate": row["fate"],
            "reports": [{"fate": one["fate"], "code": one["code"], "at": instant(one["at"])} for one in row["reports"]],
        }
        for row in rows
    ]
    return answer({"items": items, "next_cursor": None})


@routes.get("/{id}/original")
async def read_original(id: str, caller: Coordination, parts: Here) -> Response:
    """The mail as it came in, byte for byte."""
    row = await parts.stores.mails.waiting(id)
    if row is None:
        raise not_found()
    headers = {"Content-Disposition": disposition(f"{id}.eml"), "X-Content-Type-Options": "nosniff"}
    return Response(await parts.stores.mails.original(row), headers=headers, media_type="application/octet-stream")


@routes.post("/{id}/message")
async def take_as_message(id: str, form: AsMessage, caller: Coordination, parts: Here) -> Response:
    """Adds the mail to a request, in the caller's name."""
    return answer(mail_document(await approval.take_as_message(parts, caller, id, form.number)))


@routes.post("/{id}/request")
async def take_as_request(id: str, form: AsRequest, caller: Secretariat, parts: Here) -> Response:
    """Makes a request of the mail, in the name of a body."""
    return answer(mail_document(await approval.take_as_request(parts, caller, id, form.body)))


@routes.post("/{id}/refusal")
async def refuse(id: str, caller: Coordination, parts: Here) -> Response:
    """Decides that nothing comes of the mail."""
    return answer(mail_document(await approval.set_aside(parts, caller, id)))


def mail_document(row: Document) -> Json:
    """A mail that waits, or waited, for a decision."""
    author = row["author"] or {"addresses": [], "subject": ""}
    return {
        "id": row["_id"],
        "received_at": instant(row["received_at"]),
        "state": row["state"],
        "reason": row["reason"],
        "channel": row["channel"],
        "from": author["addresses"],
        "subject": author["subject"],
        "number": row["quoted"]["number"] if row["quoted"] else None,
        "files": [{name: file[name] for name in ("name", "type", "size")} for file in row["files"]],
        "authentication": row["authentication"]["verdict"],
        "outcome": row.get("outcome"),
    }
