"""Every decision is kept with its reasons, as long as its request, complete in itself."""

from datetime import timedelta
from typing import Any

from contracts.envelope import new_id
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.routing.handlers.cases import pinned_to
from services.routing.matching import Candidate, Decision
from services.routing.rules import Rules
from services.routing.store import DECISIONS

MATCHER = "matcher"
_DAY = timedelta(days=1)


def record(
    work: Work,
    case: Document,
    decision: Decision,
    by: str,
    rules: Rules | None,
    id: str | None = None,
    note: str = "",
) -> None:
    """Keeps a decision, under the assignment's id if there is one. note: the reason that a person gave."""
    work.put(
        DECISIONS,
        {
            "_id": id or new_id(work.now),
            "request": case["_id"],
            "number": case["number"],
            "round": case["round"],
            "at": work.now,
            "by": by,
            "theme": case["theme"],
            "rules_version": decision.rules_version,
            "weights": rules.weights_of(case["theme"]) if rules else {},
            "served": _served(case, work),
            "wave": decision.wave,
            "chosen": candidate(decision.chosen) if decision.chosen else None,
            "former": decision.former,
            "reason": decision.reason,
            "refused": decision.refused,
            "until": decision.until,
            "runners_up": [candidate(one) for one in decision.runners_up],
            "vetoed": [{"expert": expert, "reason": reason} for expert, reason in decision.vetoed],
            "vetoed_counts": decision.vetoed_counts,
            "co_experts": [{"theme": theme, "expert": expert} for theme, expert in decision.co_experts],
            "note": note,
            "pinned": pinned_to(case) is not None,
        },
    )


def _served(case: Document, work: Work) -> dict[str, float]:
    """The place in the order of service, in days: how old the request is, and how much older it counts."""
    ahead = case["received_at"] - case["precedence"]
    return {"ageing": round((work.now - case["received_at"]) / _DAY, 3), "urgency": round(ahead / _DAY, 3)}


def candidate(one: Candidate) -> dict[str, Any]:
    """A candidate as it is kept."""
    return {"expert": one.expert, "score": one.score, "shares": one.shares}
