"""`PATCH /api/requests/{number}`: setting right what was sent, unless somebody else did so meanwhile."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.chassis.auth import Caller, allow
from services.chassis.preconditions import IfMatch
from services.intake.api.answers import answer, parts_of, tag, whole_document
from services.intake.api.request_models import RequestWithHistory
from services.intake.handlers.editing import Changes, edit
from services.intake.handlers.parts import Parts, act
from services.intake.handlers.reading import whole

routes = APIRouter(prefix="/api/requests", tags=["requests"])
Here = Annotated[Parts, Depends(parts_of)]
Editor = Annotated[
    Caller, Depends(allow("official", "representative", "front_end", "expert", "coordinator", "secretariat"))
]


@routes.patch("/{number}", response_model=RequestWithHistory)
async def edit_request(number: str, changes: Changes, caller: Editor, seen: IfMatch, parts: Here) -> Response:
    """Changes the fields that are sent: title, tags and urgency by who works on it, the protocol number by the body.

    With If-Match: 412 if one of these fields changed meanwhile; messages and transitions change none of them.
    """
    fields = changes.fields()
    changed = await act(
        parts, caller, number, lambda work, id: edit(work, id, caller, fields, lambda known: seen.covers(tag(known)))
    )
    return answer(whole_document(await whole(parts, caller, changed)), headers={"ETag": tag(changed)})
