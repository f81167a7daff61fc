"""Deciding about a wave of waiting requests, and a coordinator deciding about one."""

from collections.abc import Iterable, Sequence
from typing import Any

from contracts.assignments import RequestUnroutable
from contracts.envelope import new_id
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Work
from services.routing.domain import OVER, Expert
from services.routing.handlers import cases, experts
from services.routing.handlers.offers import REASSIGNED, let_go, offer
from services.routing.handlers.telling import tell_unroutable
from services.routing.matching import Candidate, Decision, decide, vetoes, weigh
from services.routing.rules import Rules
from services.routing.store import ASSIGNMENTS, CASES, DECISIONS, EXPERTS

MATCHER = "matcher"


def match(work: Work, requests: Iterable[str], candidates: Iterable[str], rules: Rules) -> int:
    """Who waits is offered to somebody, or told to be unroutable; returns how many were offered."""
    found = (work.get(CASES, id) for id in sorted(requests))
    waiting = {case["_id"]: case for case in found if case and case["queue"] in ("ready", "stuck")}
    decisions = decide(map(cases.to_match, waiting.values()), _experts(work, candidates), rules)
    for decision in decisions:
        case = waiting[decision.case]
        if decision.chosen:
            assignment = offer(work, case, decision.chosen.expert, rules)
            _record(work, case, decision, MATCHER, assignment["_id"])
        else:
            _nobody(work, case, decision, rules)
    return sum(decision.chosen is not None for decision in decisions)


def assign(
    work: Work, request: str, assignment: str | None, expert: str, co_experts: Sequence[str], by: str, rules: Rules
) -> Document:
    """A coordinator decides who is asked; whoever was asked before is let go. Places are not exceeded."""
    case = work.get(CASES, request)
    assert case is not None
    current = work.get(ASSIGNMENTS, assignment) if assignment else None
    lead = case["lead"]
    if (lead["assignment"] if lead else None) != (current["_id"] if current else None):
        raise Problem(409, N_("The assignment changed meanwhile"), N_("Load the request again, then decide."))
    if case["status"] in OVER or case["theme"] is None:
        detail = N_("The request is over, or has no theme yet.")
        raise Problem(409, N_("Nobody can be assigned to this request"), detail, extra={"allowed": []})
    if current and current["expert"] == expert:
        return current
    chosen = _free_expert(work, case, expert)
    if current:
        let_go(work, case, current, REASSIGNED)
        case = work.get(CASES, request) or case
    decision = Decision(case["_id"], rules.version, weigh(cases.to_match(case), [chosen], rules)[0])
    made = offer(work, case, expert, rules, co_experts)
    _record(work, case, decision, by, made["_id"])
    return made


def _free_expert(work: Work, case: Document, expert: str) -> Expert:
    """The expert a coordinator names: theme and territory are the coordinator's judgement, places and absences not."""
    found = _experts(work, [expert])
    if not found:
        raise Problem(409, N_("Nobody can be assigned to this request"), N_("There is no such expert."))
    against = vetoes(cases.to_match(case), found).get(expert)
    if not found[0].active or not found[0].present or not found[0].free or against == "full":
        detail = N_("The expert is away, inactive, or holds as many requests as agreed.")
        raise Problem(409, N_("This expert cannot take it now"), detail, extra={"allowed": []})
    return found[0]


def _experts(work: Work, candidates: Iterable[str]) -> list[Expert]:
    known = (work.get(EXPERTS, id) for id in candidates)
    return [experts.to_match(one, len(experts.held(work, one["_id"])), work.now) for one in known if one]


def _nobody(work: Work, case: Document, decision: Decision, rules: Rules) -> None:
    """Nobody can be asked: the request waits, and the coordinators hear of it once for each reason."""
    reason, known = decision.reason or "all_vetoed", case["stuck"]
    if known and case["queue"] == "stuck" and known["reason"] == reason and not decision.refused:
        return
    case["stuck"] = {
        "reason": reason, "refused": decision.refused, "order": case["order"], "facts": list(cases.facts(case)),
        "at": work.now,
    }  # fmt: skip
    case["queue"] = cases.queue(case)
    if case["told"] != reason:
        case["told"] = reason
        tell_unroutable(work, RequestUnroutable, case, reason, rules)
        work.put(CASES, case)
        _record(work, case, decision, MATCHER)
    work.put(CASES, case)


def _record(work: Work, case: Document, decision: Decision, by: str, id: str | None = None) -> None:
    """Every decision is kept with its reasons, under the assignment's id if there is one."""
    work.put(
        DECISIONS,
        {
            "_id": id or new_id(work.now),
            "request": case["_id"],
            "number": case["number"],
            "round": case["round"],
            "at": work.now,
            "by": by,
            "rules_version": decision.rules_version,
            "chosen": _candidate(decision.chosen) if decision.chosen else None,
            "former": decision.former,
            "reason": decision.reason,
            "refused": decision.refused,
            "runners_up": [_candidate(candidate) for candidate in decision.runners_up],
            "vetoed": [{"expert": expert, "reason": reason} for expert, reason in decision.vetoed],
            "vetoed_counts": decision.vetoed_counts,
        },
    )


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {"expert": candidate.expert, "score": candidate.score, "shares": candidate.shares}
