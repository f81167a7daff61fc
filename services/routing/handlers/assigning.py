"""A coordinator decides who is asked. Places are not exceeded, and nobody with a conflict of interest is asked."""

from collections.abc import Sequence

from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Work
from services.routing.domain import OVER, Expert
from services.routing.handlers import cases, experts
from services.routing.handlers.offers import REASSIGNED, let_go, offer
from services.routing.handlers.recording import record
from services.routing.matching import Decision, weigh
from services.routing.rules import Rules
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS

_NOBODY = N_("Nobody can be assigned to this request")
_NOT_NOW = N_("This expert cannot take it now")


def assign(
    work: Work, request: str, assignment: str | None, expert: str, co_experts: Sequence[str], by: str, rules: Rules
) -> Document:
    """Whoever was asked before is let go."""
    case = work.get(CASES, request)
    assert case is not None
    current = work.get(ASSIGNMENTS, assignment) if assignment else None
    lead = case["lead"]
    if (lead["assignment"] if lead else None) != (current["_id"] if current else None):
        raise Problem(409, N_("The assignment changed meanwhile"), N_("Load the request again, then decide."))
    if case["status"] in OVER or case["theme"] is None:
        detail = N_("The request is over, or has no theme yet.")
        raise Problem(409, _NOBODY, detail, extra={"allowed": []})
    if current and current["expert"] == expert:
        return current
    chosen = _free_expert(work, case, expert, rules)
    if current:
        let_go(work, case, current, REASSIGNED)
        case = work.get(CASES, request) or case
    decision = Decision(case["_id"], rules.version, weigh(cases.to_match(case), chosen, rules))
    made = offer(work, case, expert, rules, co_experts)
    record(work, case, decision, by, rules, made["_id"])
    return made


def _free_expert(work: Work, case: Document, expert: str, rules: Rules) -> Expert:
    """The expert a coordinator names: theme and territory are the coordinator's judgement, places and absences not."""
    profile = work.get(EXPERTS, expert)
    if profile is None:
        raise Problem(409, _NOBODY, N_("There is no such expert."))
    due = experts.answer_due(work.now, rules)
    found = experts.to_match(profile, work.get(LOADS, expert), work.now, due, rules)
    if not found.there or not found.free:
        detail = N_("The expert is away, inactive, or holds as many requests as agreed.")
        raise Problem(409, _NOT_NOW, detail, extra={"allowed": []})
    if found.conflicts & {case["body"], *case.get("companies", ())}:
        detail = N_("The expert has declared a conflict of interest with this body.")
        raise Problem(409, _NOT_NOW, detail, extra={"allowed": []})
    return found
