"""`/api/intake/texts`: the texts that events leave out, for the services that write to people."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from contracts import vocabulary
from services.chassis.auth import Caller, allow
from services.intake.api.answers import answer, parts_of
from services.intake.api.persons import MOST_IDS, split_ids
from services.intake.handlers.bodies import last_refusal
from services.intake.handlers.parts import Parts
from services.intake.handlers.practices import last_return

routes = APIRouter(prefix="/api/intake", tags=["services"])


@routes.get("/texts")
async def read_texts(
    caller: Annotated[Caller, Depends(allow("service"))],
    parts: Annotated[Parts, Depends(parts_of)],
    requests: Annotated[str, Query(max_length=40 * MOST_IDS)] = "",
    messages: Annotated[str, Query(max_length=40 * MOST_IDS)] = "",
    bodies: Annotated[str, Query(max_length=40 * MOST_IDS)] = "",
    practices: Annotated[str, Query(max_length=40 * MOST_IDS)] = "",
) -> Response:
    """Titles of requests, texts of messages, why registrations of bodies (by code) were refused last.

    Of good practices the title of the working copy, and why it was returned to its author last.
    In the order asked; what is unknown is left out.
    """
    wanted_requests, wanted_messages = split_ids("requests", requests), split_ids("messages", messages)
    rows = {row["_id"]: row for row in await parts.stores.requests.by_ids(wanted_requests)}
    said = {row["_id"]: row for row in await parts.stores.conversation.by_ids(wanted_messages)}
    wanted_practices = split_ids("practices", practices)
    written = {row["_id"]: row for row in await parts.stores.practices.by_ids(wanted_practices)}
    names = ("number", "title", "body", "body_name")
    return answer(
        {
            "requests": [
                {"id": id, **{name: rows[id][name] for name in names}} for id in wanted_requests if id in rows
            ],
            "messages": [{"id": id, "text": said[id]["text"]} for id in wanted_messages if id in said],
            "bodies": [
                {"code": code, "refusal": refusal}
                for code in split_ids("bodies", bodies)
                if vocabulary.body(code) and (refusal := last_refusal(await parts.stores.bodies.fresh(code)))
            ],
            "practices": [
                {"id": id, "title": written[id]["content"]["title"], "reason": last_return(written[id])}
                for id in wanted_practices
                if id in written
            ],
        }
    )
