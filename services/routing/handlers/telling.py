"""What routing tells the others about an assignment: the whole state of the current round, numbered by the case."""

from typing import Any

from contracts.assignments import (
    AssignmentData,
    AssignmentEvent,
    AssignmentState,
    RequestUnroutable,
    UnroutableData,
    VetoedExpert,
)
from contracts.envelope import derived_id
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.routing.matching import Decision


def tell(
    work: Work,
    model: type[AssignmentEvent],
    case: Document,
    assignment: Document,
    payload: type[AssignmentData] = AssignmentData,
    **more: Any,
) -> None:
    """Publishes an event about an assignment; raises the case's sequence, which the caller stores."""
    case["sequence"] += 1
    state = AssignmentState(
        id=assignment["_id"],
        request=case["_id"],
        number=case["number"],
        request_order=tuple(assignment["order"]),
        round=assignment["round"],
        status=assignment["status"],
        expert=assignment["expert"],
        task_force=assignment["task_force"],
        requester=case["requester"],
        offered_at=assignment["offered_at"],
        expires_at=assignment["expires_at"],
        accepted_at=assignment["accepted_at"],
        co_experts=tuple(assignment["co_experts"]),
        rules_version=assignment["rules_version"],
    )
    work.publish(model, case["_id"], case["sequence"], payload(state=state, **more))


def tell_unroutable(work: Work, case: Document, decision: Decision, reason: str) -> None:
    """Publishes that nobody can be asked now, whom each veto concerns, and when somebody is back."""
    nobody: Document = {
        "_id": derived_id("unroutable", case["_id"]), "order": case["order"], "round": case["round"],
        "status": "unroutable", "expert": None, "task_force": case["theme"], "offered_at": None, "expires_at": None,
        "accepted_at": None, "co_experts": [], "rules_version": decision.rules_version,
    }  # fmt: skip
    vetoed = tuple(VetoedExpert(expert=expert, reason=veto) for expert, veto in decision.vetoed)
    tell(work, RequestUnroutable, case, nobody, UnroutableData, reason=reason, until=decision.until, vetoed=vetoed)
