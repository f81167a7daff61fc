"""A wave becomes true: what is over is let go, and who was matched is offered to somebody, in one unit of work.

The plan was made on what the matcher remembers. Here it meets the documents as they are: an offer is only made when
the request still is the one that was looked at and the expert has the place that was counted on; all documents are
guarded by their versions. What does not hold any more is left for the next wave.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.chassis.mongo import Document
from services.chassis.work import Work
from services.routing.domain import ACTIVE
from services.routing.handlers import cases, experts
from services.routing.handlers.offers import UNAVAILABLE, let_go, offer
from services.routing.handlers.recording import MATCHER, record
from services.routing.handlers.telling import tell_unroutable
from services.routing.matching import Decision
from services.routing.rules import Rules
from services.routing.store import ASSIGNMENTS, CASES, EXPERTS, LOADS

Ending = tuple[str, str, str]
"""Request, assignment and expert of an assignment that is to end."""


@dataclass(frozen=True)
class Seen:
    """What a plan was made on: versions of requests and of profiles, and places held."""

    cases: Mapping[str, int]
    profiles: Mapping[str, int]
    held: Mapping[str, int]


@dataclass(frozen=True)
class Wave:
    """What is to become true together."""

    endings: Sequence[Ending]
    decisions: Sequence[Decision]
    seen: Seen
    rules: Rules


@dataclass
class Outcome:
    """What became of a wave: `stale` are experts, and `skipped` counts requests, that have changed meanwhile."""

    offered: int = 0
    skipped: int = 0
    stale: set[str] = field(default_factory=set)
    loads: dict[str, Document] = field(default_factory=dict)


def needs(endings: Sequence[Ending], decisions: Sequence[Decision]) -> dict[str, list[str]]:
    """The documents that a wave reads."""
    chosen = [decision.chosen.expert for decision in decisions if decision.chosen]
    helping = [expert for decision in decisions for _, expert in decision.co_experts if expert]
    return {
        CASES: [*(request for request, _, _ in endings), *(decision.case for decision in decisions)],
        ASSIGNMENTS: [assignment for _, assignment, _ in endings],
        EXPERTS: [*chosen, *helping],
        LOADS: [*chosen, *(expert for _, _, expert in endings)],
    }


def apply(work: Work, wave: Wave) -> Outcome:
    """Who waits is offered to somebody, or told to be unroutable."""
    decisions, seen, outcome = wave.decisions, wave.seen, Outcome()
    # Places that were counted on before anything of this wave changes them.
    lead = {decision.chosen.expert for decision in decisions if decision.chosen}
    outcome.stale = {expert for expert in lead if not _as_seen(work, expert, seen)}
    end(work, wave.endings, None)
    for decision in decisions:
        case = work.get(CASES, decision.case)
        if not case or case["queue"] not in ("ready", "stuck") or case["version"] != seen.cases[decision.case]:
            outcome.skipped += 1
        elif decision.chosen is None:
            _nobody(work, case, decision)
        elif _asked(decision) & outcome.stale or not _may_take(work, decision, wave):
            outcome.stale |= _asked(decision)
            outcome.skipped += 1
        else:
            helping = [expert for _, expert in decision.co_experts if expert]
            assignment = offer(work, case, decision.chosen.expert, wave.rules, helping)
            record(work, case, decision, MATCHER, wave.rules, assignment["_id"])
            outcome.offered += 1
    touched = lead | {expert for _, _, expert in wave.endings}
    outcome.loads = {expert: load for expert in touched if (load := work.get(LOADS, expert))}
    return outcome


def end(work: Work, endings: Iterable[Ending], reason: str | None) -> None:
    """Assignments end for a reason, None for: the request is over; those for which it no longer holds stay."""
    for request, id, _ in endings:
        case, assignment = work.get(CASES, request), work.get(ASSIGNMENTS, id)
        if case and assignment and _still_to_end(case, assignment, reason):
            let_go(work, case, assignment, reason)


def _still_to_end(case: Document, assignment: Document, reason: str | None) -> bool:
    if assignment["status"] not in ACTIVE or (reason == UNAVAILABLE and cases.pinned_to(case)):
        return False
    return bool(case["queue"] == "release" if reason is None else assignment["status"] == "offered")


def _asked(decision: Decision) -> set[str]:
    lead: list[Any] = [decision.chosen.expert] if decision.chosen else []
    return {*lead, *(expert for _, expert in decision.co_experts if expert)}


def _as_seen(work: Work, expert: str, seen: Seen) -> bool:
    return len(experts.held(work, expert)) == seen.held.get(expert)


def _may_take(work: Work, decision: Decision, wave: Wave) -> bool:
    """Whether everybody's profile is the one that was judged, and the lead has a place at this very moment."""
    found = {expert: work.get(EXPERTS, expert) for expert in _asked(decision)}
    if any(row is None or row["version"] != wave.seen.profiles.get(expert) for expert, row in found.items()):
        return False
    lead = decision.chosen.expert if decision.chosen else ""
    profile = found.get(lead)
    return profile is not None and len(experts.held(work, lead)) < experts.places(profile, wave.rules)


def _nobody(work: Work, case: Document, decision: Decision) -> None:
    """Nobody can be asked: the request waits, and the coordinators hear of it once for each reason."""
    reason, known = decision.reason or "all_vetoed", case["stuck"]
    if known and case["queue"] == "stuck" and known["reason"] == reason and not decision.refused:
        return
    case["stuck"] = {
        "reason": reason, "refused": decision.refused, "order": case["order"], "facts": list(cases.facts(case)),
        "at": work.now, "until": decision.until,
    }  # fmt: skip
    case["queue"] = cases.queue(case)
    if case["told"] != reason:
        case["told"] = reason
        tell_unroutable(work, case, decision, reason)
        known = None
    if known is None:
        record(work, case, decision, MATCHER, None)
    work.put(CASES, case)
