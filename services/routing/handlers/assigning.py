"""A person decides who is asked. Places are not exceeded, and nobody with a conflict of interest is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Work
from services.routing.domain import OVER, Expert, NotAllowed
from services.routing.handlers import cases, experts, pinning
from services.routing.handlers.conflicts import concerned
from services.routing.handlers.offers import HANDED_OVER, REASSIGNED, let_go, never_again, offer
from services.routing.handlers.recording import record
from services.routing.matching import Decision, weigh
from services.routing.rules import Rules
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS

_NOBODY = N_("Nobody can be assigned to this request")
_NOT_NOW = N_("This expert cannot take it now")


@dataclass(frozen=True)
class Wish:
    """Whom a person wants to be asked. reason: kept with the decision. pin: the matcher may ask nobody else.

    co_experts: who helps; None: whoever helps now and still may.
    """

    expert: str
    by: str
    co_experts: Sequence[str] | None = None
    reason: str = ""
    pin: bool = False


def assign(work: Work, request: str, assignment: str | None, wish: Wish, rules: Rules) -> Document:
    """A coordinator's choice; whoever was asked before is let go."""
    case = work.get(CASES, request)
    assert case is not None
    current = work.get(ASSIGNMENTS, assignment) if assignment else None
    lead = case["lead"]
    if (lead["assignment"] if lead else None) != (current["_id"] if current else None):
        raise Problem(409, N_("The assignment changed meanwhile"), N_("Load the request again, then decide."))
    check_open(case)
    if current and current["expert"] == wish.expert:
        if wish.co_experts is not None and {*wish.co_experts} - {wish.expert} != {*current["co_experts"]}:
            raise Problem(409, _NOT_NOW, N_("The request is with this expert already: who helps cannot be changed."))
        if wish.pin:
            pinning.pin(work, case, wish.expert, wish.by, wish.reason)
        return current
    chosen, together = free_expert(work, case, wish.expert, rules), helping(work, case, wish, current, rules)
    if current:
        let_go(work, case, current, REASSIGNED)
        case = work.get(CASES, request) or case
    case["pinned"] = pinning.after_assigning(case, wish.expert, wish.by, wish.reason, work.now, pin=wish.pin)
    return _offered(work, case, chosen, together, wish, rules)


def hand_over(work: Work, request: str, assignment: str, wish: Wish, rules: Rules) -> Document:
    """Who follows the request names a colleague, who is asked next and reads the note; the conversation stays.

    Returns the assignment that was handed over, so that sending it twice says the same.
    """
    case, current = work.get(CASES, request), work.get(ASSIGNMENTS, assignment)
    assert case is not None
    assert current is not None
    if (current["status"], current["reason"]) == ("released", HANDED_OVER) and current["handed_to"] == wish.expert:
        return current  # Sent twice.
    if current["status"] != "accepted":
        raise NotAllowed(current["status"], "release")
    check_open(case)
    if wish.expert == current["expert"]:
        raise Problem(409, _NOT_NOW, N_("Name a colleague: the request is with this expert already."))
    chosen = free_expert(work, case, wish.expert, rules)
    never_again(case, current)
    current["handed_to"] = wish.expert
    let_go(work, case, current, HANDED_OVER)
    case = work.get(CASES, request) or case
    case["pinned"] = None
    _offered(work, case, chosen, helping(work, case, wish, current, rules), wish, rules)
    return work.get(ASSIGNMENTS, assignment) or current


def check_open(case: Document) -> None:
    """Raises 409 for a request that needs nobody, or of which nobody knows what it is about."""
    if case["status"] in OVER or case["theme"] is None:
        detail = N_("The request is over, or has no theme yet.")
        raise Problem(409, _NOBODY, detail, extra={"allowed": []})


def known_expert(work: Work, expert: str, rules: Rules) -> Expert:
    """The expert as matching sees one now. Raises 409 for nobody."""
    profile = work.get(EXPERTS, expert)
    if profile is None:
        raise Problem(409, _NOBODY, N_("There is no such expert."))
    due = experts.answer_due(work.now, rules)
    return experts.to_match(profile, work.get(LOADS, expert), work.now, due, rules)


def check_conflict(case: Document, expert: Expert) -> None:
    """Raises 409 for an expert who declared a conflict of interest."""
    if expert.conflicts & concerned(case):
        detail = N_("The expert has declared a conflict of interest with this body.")
        raise Problem(409, _NOT_NOW, detail, extra={"allowed": []})


def free_expert(work: Work, case: Document, expert: str, rules: Rules) -> Expert:
    """The expert a person names: theme and territory are that person's judgement, places and absences not."""
    found = known_expert(work, expert, rules)
    if not found.there or not found.free:
        detail = N_("The expert is away, inactive, or holds as many requests as agreed.")
        raise Problem(409, _NOT_NOW, detail, extra={"allowed": []})
    check_conflict(case, found)
    return found


def helping(work: Work, case: Document, wish: Wish, current: Document | None, rules: Rules) -> list[str]:
    """Who helps the lead, each once. Raises 409 for one who is named and is no expert, not there or in a conflict.

    Of those who help already, and are not named, such a one is left out: who helps goes on reading the request.
    """
    if wish.co_experts is None:
        now = current["co_experts"] if current else ()
        return [id for id in now if id != wish.expert and _may_help(work, case, id, rules)]
    named = [id for id in dict.fromkeys(wish.co_experts) if id != wish.expert]
    for id in named:
        helper = known_expert(work, id, rules)
        if not helper.there:
            raise Problem(409, _NOT_NOW, N_("Somebody who is to help is away or inactive."), extra={"allowed": []})
        check_conflict(case, helper)
    return named


def _may_help(work: Work, case: Document, expert: str, rules: Rules) -> bool:
    """Whether who helps now may go on; helping takes no place."""
    profile, due = work.reach(EXPERTS, expert), experts.answer_due(work.now, rules)
    found = experts.to_match(profile, None, work.now, due, rules) if profile else None
    return found is not None and found.there and not found.conflicts & concerned(case)


def _offered(work: Work, case: Document, chosen: Expert, together: Sequence[str], wish: Wish, rules: Rules) -> Document:
    decision = Decision(case["_id"], rules.version, weigh(cases.to_match(case), chosen, rules))
    made = offer(work, case, wish.expert, rules, together, wish.reason)
    record(work, case, decision, wish.by, rules, made["_id"], wish.reason)
    return made
