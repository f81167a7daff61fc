"""How answers look: JSON in UTF-8, times in UTC with Z, and the public form of each document."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from services.chassis.mongo import STORED_ZONE, Document
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
    if at is None:
        return None
    # The driver's zone is written in Python: to ask it takes longer than all the rest.
    utc = at.replace(tzinfo=None) if at.tzinfo is STORED_ZONE else at.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def request_document(request: Document, people: People | None = None, sees_search: bool = False) -> Json:
    """A request without its history. sees_search: see `store.visibility`."""
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
        "recognition": request.get("recognition"),
        "procedure": request["procedure"],
        "urgency": request["urgency"],
        "tags": request["tags"],
        "protocol": request["protocol"],
        "channel": request["channel"],
        "requester": request["requester"],
        "assignment": assignment_document(request, people or {}, sees_search),
        "deadlines": deadline_documents(request),
        "outcome": resolution["outcome"] if resolution else None,
        "rating": request["rating"],
        "merged_into": merged["number"] if merged else None,
        "synthetic": request["synthetic"],
        "submitted_at": instant(request["submitted_at"]),
        "received_at": instant(request["received_at"]),
        "updated_at": instant(request["updated_at"]),
        "links": {"self": f"/api/requests/{number}", "page": f"/requests/{number}"},
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
        "offered_at": instant(known["offered_at"]),
        "expires_at": instant(known["expires_at"]),
        "accepted_at": instant(known["accepted_at"]),
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
