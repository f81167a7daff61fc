"""Naming held files in a decision: they belong to a request, or to a message of it, from that decision on.

How much a request has is counted in the request's own document, so that two uploads at once cannot pass the limit
together: the second one decides again. No event names a file: its name could be personal data.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from contracts.envelope import derived_id
from contracts.requests import Channel, Visibility
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.domain.files import distinct_names
from services.intake.files.settings import FileSettings
from services.intake.handlers.attachments.holder import Held, refused_problem
from services.intake.store.attachments import ATTACHMENTS
from services.intake.store.conversation import TIMELINE
from services.intake.store.requests import REQUESTS

NONE = {"files": 0, "bytes": 0}


def attach(
    work: Work,
    policy: FileSettings,
    request: str,
    by: str | None,
    held: Sequence[Held],
    *,
    channel: Channel | None,
    message: str | None = None,
    visibility: Visibility = "shared",
    mail: bool = False,
) -> list[Document]:
    """Attaches what is held to the request, or to a message of it. Raises 413, 422 for what has no room.

    mail: what has no room is named without its content instead; there is nobody to send it again.
    """
    if not held:
        return []
    known = work.get(REQUESTS, request)
    assert known is not None
    told, fitting = dict(known.get("attached") or NONE), []
    for file in held:
        reason = file.refused or _no_room(policy, told, file.size)
        if reason and not mail:
            raise refused_problem(policy, reason, file.name, "/file")
        fitting.append(replace(file, refused=reason, file=None) if reason else file)
        told = {"files": told["files"] + 1, "bytes": told["bytes"] + (0 if reason else file.size)}
    facts = {
        "request": request, "message": message, "visibility": visibility, "channel": channel, "uploaded_by": by,
        "at": work.now,
    }  # fmt: skip
    named = zip(fitting, distinct_names(file.name for file in fitting), strict=True)
    made = [_document(policy, replace(file, name=name), rank, facts) for rank, (file, name) in enumerate(named)]
    for document in made:
        work.put(ATTACHMENTS, document)
    work.put(TIMELINE, _line(work, known, made, facts))
    work.put(REQUESTS, {**known, "attached": told})
    return made


def _no_room(policy: FileSettings, told: Document, size: int) -> str | None:
    if told["files"] >= policy.count:
        return "too-many"
    return "no-room" if told["bytes"] + size > policy.most else None


def _document(policy: FileSettings, held: Held, rank: int, facts: dict[str, Any]) -> Document:
    state = "refused" if held.refused else "pending" if policy.scans else "unscanned"
    return {
        "_id": held.id,
        "schema_version": 1,
        "rank": rank,
        "name": held.name,
        "media_type": held.media_type,
        "size": held.size,
        "sha256": held.sha256,
        "file": held.file,
        "inline": held.inline,
        "state": state,
        "refused": held.refused,
        "found": None,
        "attempts": 0,
        "due_at": None if held.refused else facts["at"],
        **facts,
    }


def _line(work: Work, request: Document, made: Sequence[Document], facts: dict[str, Any]) -> Document:
    """One line for all that came together: how many, never their names."""
    return {
        "_id": derived_id(made[0]["_id"], TIMELINE, request["_id"]),
        "request": request["_id"],
        "at": work.now,
        "rank": request["sequence"],
        "action": "attached",
        "actor": facts["uploaded_by"],
        "status": request["status"],
        "details": {
            "files": sum(not document["refused"] for document in made),
            "refused": sum(bool(document["refused"]) for document in made),
            "message": facts["message"],
            "visibility": facts["visibility"],
        },
    }
