"""Links between requests: one is related to another, or goes on from it.

Both requests hold the link, written together; when one of them is merged, the one that goes on holds it instead. It is
shown, also in the timeline, to those alone who may see the request at its other end; nobody else hears of it, because
it is no event. A further kind: one entry in `KINDS`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.envelope import derived_id
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid, not_found
from services.chassis.transactions import Plain
from services.chassis.work import Work
from services.intake.handlers.aggregate import begin, mark
from services.intake.store.requests import REQUESTS, with_ids
from services.intake.store.visibility import parties, sees

Kind = Literal["related", "follows"]
KINDS: dict[str, str] = {"related": "related", "follows": "followed_by", "followed_by": "follows"}
"""How a link is called -> how it is called from its other end."""
LINES = frozenset({"linked", "unlinked", "relinked", "link_passed_on"})
_MOST = 50
_LONGEST_CHAIN = 20


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
    for one, two in ((another, request), (request, another)):
        if len([known for known in one.get("links", ()) if known["request"] != two["_id"]]) >= _MOST:
            raise invalid([{"pointer": "/to", "detail": N_("A request has 50 links at most.")}])
    return _join(work, request, another, kind, caller)


def follow(work: Work, request: Document, earlier: str, caller: Caller) -> None:
    """Links a request that is being submitted to the one that it goes on from; the caller puts the former.

    No limit holds: what is sent is never refused for the links of an earlier request. One that has been merged
    meanwhile has handed its links over: the one that goes on is followed instead.
    """
    before = work.get(REQUESTS, earlier)
    while before is not None and before["merged_into"]:
        before = work.reach(REQUESTS, before["merged_into"]["id"])
    if before is not None:
        _join(work, request, before, "follows", caller)


def unlink(work: Work, id: str, other: str, link_id: str, caller: Caller) -> bool:
    """Removes a link, whatever became of the other end; False for one that is not there any more."""
    request, another = begin(work, id, "link", caller), work.get(REQUESTS, other)
    if another is None or not parties(caller, another):
        raise not_found()
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
    made: Document = {}
    for one, two, name in ((another, request, KINDS[kind]), (request, another, kind)):
        made = _hold(one, two, name, work.now)
        mark(work, one, "linked", caller, {"request": two["_id"], "number": two["number"], "kind": name})
        work.put(REQUESTS, one)
    return made


def _hold(one: Document, two: Document, kind: str, at: datetime) -> Document:
    """Writes the link to `two` into `one`, instead of the one that may be there."""
    id = derived_id("link", *sorted((one["_id"], two["_id"])))
    made: Document = {"id": id, "request": two["_id"], "number": two["number"], "kind": kind, "at": at}
    _drop(one, two)
    one["links"].append(made)
    return made


def _drop(one: Document, two: Document) -> None:
    one["links"] = [known for known in one.get("links", ()) if known["request"] != two["_id"]]


def hand_over(work: Work, request: Document, survivor: Document, caller: Caller) -> None:
    """Gives the links of a request that is being merged to the one that goes on; the caller puts these two.

    None is lost: where both had one, the kind that says more stays, and no limit holds. Who may merge sees every
    request. The line in the merged request's timeline is read on the survivor's page, too.
    """
    for known in request.get("links", ()):
        other = work.reach(REQUESTS, known["request"])
        if other is None or other["_id"] == survivor["_id"]:
            continue
        own = next((link for link in survivor.get("links", ()) if link["request"] == other["_id"]), None)
        if own is None or own["kind"] == "related":
            _hold(survivor, other, known["kind"], known["at"])
            _hold(other, survivor, KINDS[known["kind"]], known["at"])
        _drop(other, request)
        about = {"request": survivor["_id"], "number": survivor["number"], "earlier": request["number"]}
        mark(work, other, "relinked", caller, about)
        passed = {"request": other["_id"], "number": other["number"], "survivor": survivor["number"]}
        mark(work, request, "link_passed_on", caller, passed)
        work.put(REQUESTS, other)
    request["links"] = []
    _drop(survivor, request)


def seen_links(
    plain: Plain, caller: Caller, request: Document, timeline: list[Document]
) -> tuple[tuple[LinkedRequest, ...], list[Document]]:
    """The links whose other end the caller may see, and the timeline without the lines about the rest."""
    links = request.get("links", [])
    named = {known["request"] for known in links}
    named |= {line["details"]["request"] for line in timeline if line["action"] in LINES}
    if not named:
        return (), timeline
    found = _with_survivors(plain, named)
    told = [line for line in timeline if line["action"] not in LINES or _may_see(caller, found, line)]
    seen: dict[str, LinkedRequest] = {}
    for known in links:
        other = _survivor(found, known["request"])
        if other is None or other["_id"] == request["_id"] or not sees(caller, other):
            continue
        if other["_id"] not in seen or seen[other["_id"]].kind == "related":
            seen[other["_id"]] = _seen(known, other)
    return tuple(seen.values()), told


def _may_see(caller: Caller, found: dict[str, Document], line: Document) -> bool:
    other = found.get(line["details"]["request"])
    return other is not None and sees(caller, other)


def _with_survivors(plain: Plain, ids: set[str]) -> dict[str, Document]:
    """These requests, and those that they were merged into: links made before links followed merges name the former."""
    found: dict[str, Document] = {}
    asked, wanted = set[str](), ids
    for _ in range(_LONGEST_CHAIN):
        if not wanted:
            break
        asked |= wanted
        rows = with_ids(plain, sorted(wanted))
        found |= {row["_id"]: row for row in rows}
        wanted = {row["merged_into"]["id"] for row in rows if row["merged_into"]} - asked
    return found


def _survivor(found: dict[str, Document], id: str) -> Document | None:
    """The request that goes on where this one was merged, as far as it is known."""
    current = found.get(id)
    for _ in range(_LONGEST_CHAIN):
        following = found.get(current["merged_into"]["id"]) if current and current["merged_into"] else None
        if following is None:
            break
        current = following
    return current


def _seen(known: Document, other: Document) -> LinkedRequest:
    facts = {name: other[name] for name in ("number", "title", "status")}
    return LinkedRequest(known["id"], known["kind"], at=known["at"], **facts)
