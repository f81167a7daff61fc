"""Offers: an expert is asked, answers or does not, and the place becomes free again.

Every function changes the case and the assignment together, so the version of the case decides every race.
"""

from collections.abc import Iterable

from contracts.assignments import (
    AssignmentAccepted,
    AssignmentDeclined,
    AssignmentEvent,
    AssignmentExpired,
    AssignmentOffered,
    AssignmentReleased,
    AssignmentReminded,
    DeclinedData,
    ReleasedData,
)
from contracts.envelope import new_id
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.routing.domain import OVER, Action, NotAllowed, after, working_hours_after
from services.routing.handlers.cases import queue
from services.routing.handlers.experts import free_place, remember, take_place
from services.routing.handlers.telling import tell
from services.routing.rules import Rules
from services.routing.store import ASSIGNMENTS, CASES, LOOSE

GIVEN_BACK = "given_back"
REASSIGNED = "reassigned"
HANDED_OVER = "handed_over"
UNAVAILABLE = "expert_unavailable"
RECLASSIFIED = "reclassified"


def offer(
    work: Work, case: Document, expert: str, rules: Rules, co_experts: Iterable[str] = (), note: str = ""
) -> Document:
    """An expert is asked to take a request, and has some working hours to answer. note: what a person says to them."""
    case["round"] += 1
    together = list(co_experts)
    assignment = {
        "_id": new_id(work.now),
        "request": case["_id"],
        "number": case["number"],
        "province": case["province"],
        "task_force": case["theme"],
        "order": case["order"],
        "round": case["round"],
        "status": "offered",
        "active": True,
        "expert": expert,
        "co_experts": together,
        "people": [expert, *together],
        "offered_at": work.now,
        "expires_at": working_hours_after(work.now, case["province"], rules.answer_within_hours),
        "remind_at": working_hours_after(work.now, case["province"], rules.remind_after_hours),
        "accepted_at": None,
        "ended_at": None,
        "reason": None,
        "rules_version": rules.version,
    }
    lead = {"assignment": assignment["_id"], "expert": expert, "status": "offered"}
    case.update(lead={**lead, "order": case["order"], "theme": case["theme"]}, stuck=None, told=None)
    if note:
        assignment["note"] = note
    _keep(work, case, assignment, AssignmentOffered)
    take_place(work, expert, assignment["_id"])
    return assignment


def accept(work: Work, case: Document, assignment: Document) -> Document:
    """The expert takes the request. A request that is over meanwhile cannot be taken any more."""
    status = after(assignment["status"], "accept")
    if status == assignment["status"]:
        return assignment
    if case["status"] in OVER or case["queue"] == "release":
        raise NotAllowed("released", "accept")
    assignment.update(status=status, accepted_at=work.now, remind_at=None)
    case["lead"]["status"] = status
    remember(work, assignment["expert"], case)
    _keep(work, case, assignment, AssignmentAccepted)
    return assignment


def decline(work: Work, case: Document, assignment: Document, reason: str, text: str = "") -> Document:
    """The expert does not take the request, and is not asked again. text: the reason in words, for who coordinates."""
    if _ends(work, case, assignment, "decline", reason):
        if text:
            assignment["reason_text"] = text
        never_again(case, assignment)
        _keep(work, case, assignment, AssignmentDeclined, reason)
    return assignment


def expire(work: Work, case: Document, assignment: Document) -> Document:
    """The expert did not answer in time, and is not asked again."""
    if _ends(work, case, assignment, "expire", None):
        never_again(case, assignment)
        _keep(work, case, assignment, AssignmentExpired)
    return assignment


def give_back(work: Work, case: Document, assignment: Document) -> Document:
    """The expert cannot go on with the request: somebody else is asked."""
    if _ends(work, case, assignment, "release", GIVEN_BACK):
        never_again(case, assignment)
        _keep(work, case, assignment, AssignmentReleased, GIVEN_BACK)
    return assignment


def let_go(work: Work, case: Document, assignment: Document, reason: str | None = None) -> Document:
    """The assignment ends without anybody's refusal: the request is over, or its theme or the plan changed."""
    was_accepted = assignment["status"] == "accepted"
    reason = reason or _why_over(case)
    if _ends(work, case, assignment, "release", reason):
        if was_accepted and reason not in (REASSIGNED, HANDED_OVER, RECLASSIFIED, UNAVAILABLE):
            case["former"] = assignment["expert"]
        _keep(work, case, assignment, AssignmentReleased, reason)
    return assignment


def remind(work: Work, case: Document, assignment: Document) -> None:
    """The expert has not answered: once, before the offer expires."""
    if assignment["status"] == "offered" and assignment["remind_at"] and assignment["remind_at"] <= work.now:
        assignment["remind_at"] = None
        _keep(work, case, assignment, AssignmentReminded)


def _ends(work: Work, case: Document, assignment: Document, action: Action, reason: str | None) -> bool:
    """Ends the assignment, unless this very action has ended it already."""
    status = after(assignment["status"], action)
    if status == assignment["status"]:
        return False
    assignment.update(status=status, active=False, ended_at=work.now, reason=reason, remind_at=None)
    case["lead"] = None
    free_place_of = assignment["expert"]
    # The case is stored first: of two who end the same assignment the later one starts again from its document.
    work.put(CASES, case)
    free_place(work, free_place_of, assignment["_id"])
    if talk := assignment.get("talk"):
        work.put(LOOSE, {"_id": new_id(work.now), "talk": talk, "at": work.now})
    return True


def _keep(
    work: Work, case: Document, assignment: Document, told: type[AssignmentEvent], reason: str | None = None
) -> None:
    case["queue"] = queue(case)
    if told is AssignmentDeclined:
        tell(work, told, case, assignment, DeclinedData, reason=reason)
    elif told is AssignmentReleased:
        tell(work, told, case, assignment, ReleasedData, reason=reason)
    else:
        tell(work, told, case, assignment)
    work.put(CASES, case)
    work.put(ASSIGNMENTS, assignment)


def never_again(case: Document, assignment: Document) -> None:
    """The matcher does not ask this expert for the request any more; a coordinator may."""
    if assignment["expert"] not in case["declined_by"]:
        case["declined_by"] = [*case["declined_by"], assignment["expert"]]


def _why_over(case: Document) -> str:
    if case["status"] in OVER:
        return str(case["status"])
    lead = case["lead"]
    return RECLASSIFIED if lead and lead["status"] == "offered" and lead["theme"] != case["theme"] else "reopened"
