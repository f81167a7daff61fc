"""How answers look: JSON in UTF-8, times in UTC with Z, and the public form of each document."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from services.chassis.mongo import Document
from services.intake.handlers.deadlines import Deadline
from services.intake.handlers.editing import Changes
from services.intake.handlers.links import LinkedRequest
from services.intake.handlers.parts import Parts
from services.intake.handlers.reading import WholeRequest
from services.intake.store.corrections import source_of

Json = dict[str, Any]
People = Mapping[str, Document]
_EDITED = sorted(Changes.model_fields)


async def parts_of(request: Request) -> Parts:
    """A dependency: the parts of the service that answers. Asynchronous, or each call would go through a thread."""
    parts: Parts = request.app.state.parts
    return parts


def answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; what is sent was built here, so it is not validated again. Moments must be in UTC."""
    # The moments of fifty requests cost more than all the rest when they are written one by one before.
    content = orjson.dumps(document, option=orjson.OPT_UTC_Z)
    return Response(content, status, dict(headers or {}), media_type="application/json")


def tag(request: Document) -> str:
    """The ETag of a request: of what people edit alone, so that no message or transition makes an edit late."""
    content = orjson.dumps([request[name] for name in _EDITED], option=orjson.OPT_SORT_KEYS)
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def instant(at: datetime | None) -> str | None:
    """A moment of any zone as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def request_document(request: Document, people: People | None = None, sees_search: bool = False) -> Json:
    """A request without its history. sees_search: see `store.visibility`."""
    return _request_document(request, people or {}, sees_search, told_documents(request))


def _request_document(request: Document, people: People, sees_search: bool, deadlines: list[Json]) -> Json:
    number, merged, resolution = request["number"], request["merged_into"], request["resolution"]
    # Written out: a page has fifty of them, and this is a third of its price.
    return {
        "id": request["_id"],
        "number": number,
        "status": request["status"],
        "body": request["body"],
        "body_name": request["body_name"],
        "province": request["province"],
        "kind": request["kind"],
        "title": request["title"],
        "description": request["description"],
        "theme": {"code": request["theme"], "confidence": request["confidence"], "source": source_of(request)},
        "further_themes": request.get("further_themes", []),
        "companies": request.get("companies", []),
        "recognition": request.get("recognition"),
        "procedure": request["procedure"],
        "urgency": request["urgency"],
        "tags": request["tags"],
        "protocol": request["protocol"],
        "channel": request["channel"],
        "requester": request["requester"],
        "assignment": assignment_document(request, people, sees_search),
        "deadlines": deadlines,
        "outcome": resolution["outcome"] if resolution else None,
        "rating": request["rating"],
        "merged_into": merged["number"] if merged else None,
        "synthetic": request["synthetic"],
        "submitted_at": request["submitted_at"],
        "received_at": request["received_at"],
        "updated_at": request["updated_at"],
        "links": {"self": f"/api/requests/{number}", "page": f"/requests/{number}"},
    }


def whole_document(read: WholeRequest) -> Json:
    """A request with its conversation and its history, and what the caller may do next."""
    people = read.people
    document = _request_document(read.request, people, read.sees_search, deadline_documents(read.deadlines))
    document["timeline"] = [
        {
            "at": line["at"],
            "action": line["action"],
            "actor": person_reference(line["actor"], people),
            "details": line["details"],
        }
        for line in read.timeline
    ]
    if read.reads_conversation:
        document["messages"] = [message_document(message, people) for message in read.messages]
        document["attachments"] = [attachment_document(row, read.request["number"]) for row in read.attachments]
    document["linked_requests"] = [link_document(link) for link in read.links]
    document["allowed"] = list(read.allowed)
    return document


def link_document(link: LinkedRequest) -> Json:
    """A link to another request, as it is read from this one."""
    plain = {"id": link.id, "kind": link.kind, "number": link.number, "title": link.title, "status": link.status}
    return {**plain, "at": instant(link.at), "href": f"/api/requests/{link.number}"}


def message_document(message: Document, people: People | None = None) -> Json:
    """A message of the conversation."""
    plain = ("author_role", "kind", "visibility", "automatic", "channel", "text")
    return {
        "id": message["_id"],
        "at": message["at"],
        "author": person_reference(message["author"], people or {}),
        **{name: message[name] for name in plain},
        "folded": message.get("folded", ""),
    }


def attachment_document(attachment: Document, number: str) -> Json:
    """A file of a request; `state` says whether it can be fetched, `refused` why it was not kept."""
    plain = ("name", "media_type", "size", "sha256", "state", "refused", "inline", "visibility", "message", "channel")
    base = f"/api/requests/{number}/attachments"
    return {
        "id": attachment["_id"],
        "at": instant(attachment["at"]),
        **{name: attachment[name] for name in plain},
        "links": {"self": base, "content": f"{base}/{attachment['_id']}"},
    }


def assignment_document(request: Document, people: People, sees_search: bool) -> Json | None:
    """Who handles a request; None while nobody does, for who does not see the search."""
    known = request["assignment"]
    if known is None or not (sees_search or known["accepted_at"] or known["status"] == "accepted"):
        return None
    return {
        "status": known["status"],
        "expert": person_reference(request["lead"], people),
        "co_experts": [person_reference(id, people) for id in request.get("co_experts", ())],
        "task_force": known["task_force"],
        "reason": known["reason"] if sees_search else None,
        "offered_at": known["offered_at"],
        "expires_at": known["expires_at"],
        "accepted_at": known["accepted_at"],
    }


def deadline_documents(deadlines: Iterable[Deadline]) -> list[Json]:
    """Every target of a request, and how it stands now."""
    return [dict(vars(deadline)) for deadline in deadlines]


def told_documents(request: Document) -> list[Json]:
    """The targets that reporting told as near, missed or corrected, as it told them: lists read no timelines."""
    return [
        {
            "metric": metric,
            "state": known["state"],
            "due_at": known["due_at"],
            "target_minutes": known["target_minutes"],
        }
        for metric, known in sorted(request["deadlines"].items())
    ]


def person_reference(id: str | None, people: People) -> Json | None:
    """A person by id, with the name if it is known here."""
    if id is None:
        return None
    person = people.get(id)
    return {"id": id, "name": person["name"] if person else None}
