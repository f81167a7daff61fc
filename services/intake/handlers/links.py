"""Links between requests: one is related to another, or goes on from it.

Both requests hold the link, written together. It is shown, also in the timeline, to those alone who may see the
request at its other end; nobody else hears of it, because it is no event. A further kind: one entry in `KINDS`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.envelope import derived_id
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid
from services.chassis.transactions import Plain
from services.chassis.work import Work
from services.intake.handlers.aggregate import begin, mark
from services.intake.store.requests import REQUESTS, with_ids
from services.intake.store.visibility import sees

Kind = Literal["related", "follows"]
KINDS: dict[str, str] = {"related": "related", "follows": "followed_by", "followed_by": "follows"}
"""How a link is called -> how it is called from its other end."""
LINES = frozenset({"linked", "unlinked"})
_MOST = 50


@dataclass(frozen=True)
class LinkedRequest:
    """A link as it is read from one of its ends: the request at the other one."""

    id: str
    kind: str
    number: str
    title: str
    status: str
    at: datetime


def link(work: Work, id: str, other: str, kind: Kind, caller: Caller) -> Document:
    """Links two requests; a second link between the same two replaces the first. Returns the link."""
    request, another = _both(work, id, other, caller)
    if id == other:
        raise invalid([{"pointer": "/to", "detail": N_("Name another request than this one.")}])
    return _join(work, request, another, kind, caller)


def follow(work: Work, request: Document, earlier: str, caller: Caller) -> None:
    """Links a request that is being submitted to the one that it goes on from; the caller puts the former."""
    before = work.get(REQUESTS, earlier)
    if before is not None:
        _join(work, request, before, "follows", caller)


def unlink(work: Work, id: str, other: str, link_id: str, caller: Caller) -> bool:
    """Removes a link; False for one that is not there any more."""
    request, another = _both(work, id, other, caller)
    if other_end(request, link_id) is None:
        return False
    for one, two in ((request, another), (another, request)):
        one["links"] = [known for known in one.get("links", ()) if known["id"] != link_id]
        mark(work, one, "unlinked", caller, {"request": two["_id"], "number": two["number"]})
        work.put(REQUESTS, one)
    return True


def other_end(request: Document, link_id: str) -> str | None:
    """The id of the request at the other end of a link; None if there is no such link."""
    return next((str(known["request"]) for known in request.get("links", ()) if known["id"] == link_id), None)


def _both(work: Work, id: str, other: str, caller: Caller) -> tuple[Document, Document]:
    request = begin(work, id, "link", caller)
    try:
        return request, begin(work, other, "link", caller)
    except Problem as problem:
        if problem.status == 409:
            raise
        fault = {"pointer": "/to", "detail": N_("No request that you may see has this number.")}
        raise invalid([fault]) from problem


def _join(work: Work, request: Document, another: Document, kind: str, caller: Caller) -> Document:
    id = derived_id("link", *sorted((request["_id"], another["_id"])))
    made: Document = {}
    for one, two, name in ((another, request, KINDS[kind]), (request, another, kind)):
        kept = [known for known in one.get("links", ()) if known["id"] != id]
        if len(kept) >= _MOST:
            raise invalid([{"pointer": "/to", "detail": N_("A request has 50 links at most.")}])
        made = {"id": id, "request": two["_id"], "number": two["number"], "kind": name, "at": work.now}
        one["links"] = [*kept, made]
        mark(work, one, "linked", caller, {"request": two["_id"], "number": two["number"], "kind": name})
        work.put(REQUESTS, one)
    return made


def seen_links(
    plain: Plain, caller: Caller, request: Document, timeline: list[Document]
) -> tuple[tuple[LinkedRequest, ...], list[Document]]:
    """The links whose other end the caller may see, and the timeline without the lines about the rest."""
    links = request.get("links", [])
    named = {known["request"] for known in links}
    named |= {line["details"]["request"] for line in timeline if line["action"] in LINES}
    if not named:
        return (), timeline
    others = {row["_id"]: row for row in with_ids(plain, sorted(named)) if sees(caller, row)}
    told = [line for line in timeline if line["action"] not in LINES or line["details"]["request"] in others]
    return tuple(_seen(known, others[known["request"]]) for known in links if known["request"] in others), told


def _seen(known: Document, other: Document) -> LinkedRequest:
    facts = {name: other[name] for name in ("number", "title", "status")}
    return LinkedRequest(known["id"], known["kind"], at=known["at"], **facts)
