"""The life of a request from its submission to its end; each function is one action of the table of transitions."""

from collections.abc import Sequence
from typing import Any

from contracts.envelope import new_id
from contracts.requests import (
    ClassifiedData,
    ClosedData,
    MergedData,
    Outcome,
    RequestClassified,
    RequestClosed,
    RequestData,
    RequestMerged,
    RequestReopened,
    RequestResolved,
    RequestWithdrawn,
    ResolvedData,
)
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import invalid, not_found
from services.chassis.work import Work
from services.intake.domain.transitions import UNDER_WAY
from services.intake.domain.words import MOST_TOKENS
from services.intake.handlers.aggregate import advance, begin, record, role_of, say, tell
from services.intake.handlers.links import hand_over
from services.intake.handlers.subjects import checked_further, checked_subject
from services.intake.store.corrections import CORRECTIONS, correction, source_of
from services.intake.store.requests import REQUESTS
from services.intake.store.visibility import sees


def resolve(work: Work, id: str, caller: Caller, outcome: Outcome, text: str) -> Document:
    """Declares the request resolved and explains how; this ends the expert's assignment."""
    request = begin(work, id, "resolve", caller)
    role = role_of(caller, request, "expert", "coordinator")
    moment = advance(request, "resolve", work.now)
    message = new_id(moment)
    request["resolution"] = {"outcome": outcome, "message": message, "at": moment, "by": caller.id}
    event = tell(work, request, RequestResolved, ResolvedData, outcome=outcome, message=message)
    say(work, request, message, role, caller, text, kind="resolution")
    record(work, request, event, "resolved", caller, {"outcome": outcome, "message": message})
    work.put(REQUESTS, request)
    return request


def reopen(work: Work, id: str, caller: Caller, reason: str, *, message: str | None = None, **facts: Any) -> Document:
    """Takes a request up again that its requester does not find solved.

    message: the id to use, when it derives from what caused it. facts: of that message, see `aggregate.say`.
    """
    request = begin(work, id, "reopen", caller)
    role = role_of(caller, request, "requester", "coordinator")
    moment = advance(request, "reopen", work.now)
    # The timeline keeps how it had ended and what was thought of it.
    request["resolution"] = request["rating"] = None
    message = message or new_id(moment)
    event = tell(work, request, RequestReopened, RequestData)
    say(work, request, message, role, caller, reason, kind="reopening", **facts)
    record(work, request, event, "reopened", caller, {"message": message})
    work.put(REQUESTS, request)
    return request


def close(work: Work, id: str, caller: Caller, rating: int | None = None, comment: str = "") -> Document:
    """Ends a resolved request, with the requester's judgement if they give one."""
    request = begin(work, id, "close", caller)
    role = role_of(caller, request, "requester", "coordinator")
    moment = advance(request, "close", work.now)
    request["rating"] = rating
    event = tell(work, request, RequestClosed, ClosedData, rating=rating)
    message = new_id(moment) if comment else None
    if message:
        say(work, request, message, role, caller, comment, kind="comment")
    record(work, request, event, "closed", caller, {"rating": rating, "message": message})
    work.put(REQUESTS, request)
    return request


def withdraw(work: Work, id: str, caller: Caller, reason: str = "") -> Document:
    """Ends a request that the body no longer needs."""
    request = begin(work, id, "withdraw", caller)
    role = role_of(caller, request, "requester", "coordinator")
    moment = advance(request, "withdraw", work.now)
    event = tell(work, request, RequestWithdrawn, RequestData)
    message = new_id(moment) if reason else None
    if message:
        say(work, request, message, role, caller, reason, kind="withdrawal")
    record(work, request, event, "withdrawn", caller, {"message": message})
    work.put(REQUESTS, request)
    return request


def reclassify(
    work: Work,
    id: str,
    caller: Caller,
    theme: str,
    procedure: str | None = None,
    further_themes: Sequence[str] | None = None,
    companies: Sequence[str] | None = None,
) -> Document:
    """Corrects, or gives for the first time, what a request is about. Raises 422 for an unknown subject.

    further_themes, companies: None leaves them as they are; a theme that becomes the first is no further one.
    """
    request = begin(work, id, "reclassify", caller)
    subject = checked_subject(theme, procedure)
    further = request.get("further_themes", []) if further_themes is None else further_themes
    request["further_themes"] = checked_further(further, subject.theme)
    if companies is not None:
        request["companies"] = list(dict.fromkeys(companies))
    earlier = {"theme": request["theme"], "procedure": request["procedure"]}
    doubted = {"source": source_of(request), "confidence": request["confidence"]}
    # Other services know three sources; that a person corrected it is told by the event and kept here.
    request |= {"theme": subject.theme, "procedure": subject.procedure, "theme_source": "given", "confidence": 1.0}
    request["corrected"] = True
    moment = advance(request, "reclassify", work.now)
    corrected = earlier["theme"] is not None
    event = tell(work, request, RequestClassified, ClassifiedData, confidence=1.0, corrected=corrected)
    record(work, request, event, "reclassified", caller, {"from": earlier, "to": subject.codes()})
    if not request["synthetic"]:
        role = role_of(caller, request, "expert", "coordinator")
        work.put(CORRECTIONS, correction(event, subject.codes(), earlier | doubted, role, moment))
    work.put(REQUESTS, request)
    return request


def merge(work: Work, id: str, into: str, caller: Caller) -> Document:
    """Joins a request to another one of the same body; its messages and links are read there from now on.

    For an `Executor`, which loads the requests at the other ends of its links. Returns the former.
    """
    request = begin(work, id, "merge", caller)
    survivor = work.get(REQUESTS, into)
    if survivor is None or not sees(caller, survivor):
        raise not_found()
    if into == id or survivor["status"] not in UNDER_WAY:
        raise invalid([{"pointer": "/into", "detail": N_("Name another request that is under way.")}])
    if survivor["body"] != request["body"]:
        fault = N_("Both requests must be of the same body: its people read the conversation of both.")
        raise invalid([{"pointer": "/into", "detail": fault}])
    moment = advance(request, "merge", work.now)
    request["merged_into"] = {"id": into, "number": survivor["number"]}
    survivor["merged_from"] = list(dict.fromkeys([*survivor["merged_from"], id, *request["merged_from"]]))
    survivor["tokens"] = sorted({*survivor["tokens"], *request["tokens"]})[: 2 * MOST_TOKENS]
    survivor["updated_at"] = max(moment, survivor["updated_at"])
    event = tell(work, request, RequestMerged, MergedData, into=into, into_number=survivor["number"])
    record(work, request, event, "merged", caller, {"into": survivor["number"]})
    record(work, survivor, event, "absorbed", caller, {"from": request["number"]})
    hand_over(work, request, survivor, caller)
    work.put(REQUESTS, request)
    work.put(REQUESTS, survivor)
    return request
