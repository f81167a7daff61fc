"""Reading a request whole: with its conversation, what happened, and the names of the people in it."""

from dataclasses import dataclass

from services.chassis.auth import Caller
from services.chassis.mongo import Document
from services.intake.domain.transitions import Action, allowed
from services.intake.handlers.attachments.giving import attachments_of
from services.intake.handlers.parts import Parts
from services.intake.store.visibility import parties, sees_conversation, sees_search

SEARCH = frozenset({"offered", "declined", "expired", "released", "unroutable", "mail_failed"})
"""Lines about the search for an expert, and mails that did not reach one: the requester is told a name only once
somebody has accepted."""


@dataclass(frozen=True)
class WholeRequest:
    """A request as this caller may read it. messages: empty for who may not read them.

    people: id -> person, for every author, actor, expert and requester that is known and not erased.
    sees_search: whether who was asked before somebody accepted is shown.
    """

    request: Document
    messages: list[Document]
    timeline: list[Document]
    people: dict[str, Document]
    allowed: tuple[Action, ...]
    reads_conversation: bool
    internal: bool
    sees_search: bool
    attachments: list[Document]


async def whole(parts: Parts, caller: Caller, request: Document) -> WholeRequest:
    """Everything about a request that the caller has found; what was merged into it is part of it."""
    mine = parties(caller, request)
    internal = bool(mine & {"lead", "coordination"})
    reads = sees_conversation(caller, request)
    ids = [request["_id"], *request["merged_from"]]
    messages, timeline = await parts.stores.conversation.story(ids, internal)
    if not reads:
        messages = []
    if not internal:
        timeline = [line for line in timeline if line["details"].get("visibility") != "internal"]
    behind = sees_search(caller, request)
    if not behind:
        timeline = [line for line in timeline if line["action"] not in SEARCH]
    return WholeRequest(
        request=request,
        messages=messages,
        timeline=timeline,
        people=await people(parts, request, messages, timeline),
        allowed=allowed(request["status"], mine),
        reads_conversation=reads,
        internal=internal,
        sees_search=behind,
        attachments=await attachments_of(parts, caller, request, internal),
    )


async def people(
    parts: Parts, request: Document, messages: list[Document], timeline: list[Document]
) -> dict[str, Document]:
    """The persons who occur in these documents."""
    ids = {request["requester"], request["sent_by"], request["lead"]}
    ids |= {message["author"] for message in messages}
    ids |= {line["actor"] for line in timeline}
    ids |= {line["details"].get(name) for line in timeline for name in ("expert", "person")}
    found = await parts.stores.persons.by_ids(sorted(id for id in ids if id))
    return {person["_id"]: person for person in found}


async def survivor_of(parts: Parts, request: Document) -> Document:
    """The request that goes on instead of a merged one; itself if it was not merged."""
    current = request
    for _ in range(20):
        if not current["merged_into"]:
            break
        found = await parts.stores.requests.by_ids([current["merged_into"]["id"]])
        if not found:
            break
        current = found[0]
    return current
