"""How answers look: JSON in UTF-8, times in UTC with Z, and the public form of each document."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from services.chassis.mongo import Document
from services.intake.handlers.parts import Parts
from services.intake.handlers.reading import WholeRequest
from services.intake.store.corrections import source_of

Json = dict[str, Any]
People = Mapping[str, Document]


async def parts_of(request: Request) -> Parts:
    """A dependency: the parts of the service that answers. Asynchronous, or each call would go through a thread."""
    parts: Parts = request.app.state.parts
    return parts


def answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; what is sent was built here, so it is not validated again."""
    return Response(orjson.dumps(document), status, dict(headers or {}), media_type="application/json")


def instant(at: datetime | None) -> str | None:
    """A moment as RFC 3339 in UTC."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def request_document(request: Document, people: People | None = None, sees_search: bool = False) -> Json:
    """A request without its history. sees_search: see `store.visibility`."""
    plain = ("number", "status", "body", "body_name", "province", "kind", "title", "description")
    return {
        "id": request["_id"],
        **{name: request[name] for name in plain},
        "theme": {
            "code": request["theme"],
            "confidence": request["confidence"],
            "source": source_of(request),
        },
        "recognition": request.get("recognition"),
        **{name: request[name] for name in ("procedure", "urgency", "tags", "protocol", "channel", "requester")},
        "assignment": assignment_document(request, people or {}, sees_search),
        "deadlines": deadline_documents(request),
        "outcome": request["resolution"]["outcome"] if request["resolution"] else None,
        "rating": request["rating"],
        "merged_into": request["merged_into"]["number"] if request["merged_into"] else None,
        "synthetic": request["synthetic"],
        **{name: instant(request[name]) for name in ("submitted_at", "received_at", "updated_at")},
        "links": {"self": f"/api/requests/{request['number']}", "page": f"/requests/{request['number']}"},
    }


def whole_document(read: WholeRequest) -> Json:
    """A request with its conversation and its history, and what the caller may do next."""
    people = read.people
    document = request_document(read.request, people, read.sees_search)
    document["timeline"] = [
        {
            "at": instant(line["at"]),
            "action": line["action"],
            "actor": person_reference(line["actor"], people),
            "details": {name: _plain(value) for name, value in line["details"].items()},
        }
        for line in read.timeline
    ]
    if read.reads_conversation:
        document["messages"] = [message_document(message, people) for message in read.messages]
        document["attachments"] = [attachment_document(row, read.request["number"]) for row in read.attachments]
    document["allowed"] = list(read.allowed)
    return document


def message_document(message: Document, people: People | None = None) -> Json:
    """A message of the conversation."""
    plain = ("author_role", "kind", "visibility", "automatic", "channel", "text")
    return {
        "id": message["_id"],
        "at": instant(message["at"]),
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
        "task_force": known["task_force"],
        "reason": known["reason"] if sees_search else None,
        **{name: instant(known[name]) for name in ("offered_at", "expires_at", "accepted_at")},
    }


def deadline_documents(request: Document) -> list[Json]:
    """The targets that are at risk, missed or corrected."""
    return [
        {
            "metric": metric,
            "state": known["state"],
            "due_at": instant(known["due_at"]),
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


def _plain(value: Any) -> Any:
    return instant(value) if isinstance(value, datetime) else value
