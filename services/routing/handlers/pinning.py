"""A request is kept for one expert: the matcher asks nobody else, and does not take it away while they are absent.

Only a person pins and unpins; assigning the request to somebody else unpins it. The veto is `pinned_to_another`.
"""

from datetime import datetime

from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem
from services.chassis.work import Work
from services.routing.handlers import cases, experts
from services.routing.matching import vetoes
from services.routing.rules import Rules
from services.routing.store import CASES


def pin(work: Work, case: Document, expert: str, by: str, reason: str) -> Document:
    """From now on nobody else is asked. Raises 409 while somebody else is asked or works on it."""
    if case["lead"] and case["lead"]["expert"] != expert:
        detail = N_("Somebody else is asked or works on it: assign the request first.")
        raise Problem(409, N_("The request is with somebody else"), detail)
    known = case.get("pinned")
    if known and (known["expert"], known["reason"]) == (expert, reason):
        return case
    # What was tried before says nothing about the only one who may be asked now.
    return _keep(work, case, _pinned(expert, by, reason, work.now))


def unpin(work: Work, case: Document) -> Document:
    """Whoever fits best may be asked again."""
    return _keep(work, case, None) if case.get("pinned") else case


def after_assigning(
    case: Document, expert: str, by: str, reason: str, now: datetime, *, pin: bool
) -> dict[str, object] | None:
    """What remains of a pin when a person assigns the request: one for somebody else has had its time."""
    known: dict[str, object] | None = case.get("pinned")
    if pin:
        return _pinned(expert, by, reason, now)
    return known if known and known["expert"] == expert else None


def not_now(case: Document, profile: Document | None, load: Document | None, now: datetime, rules: Rules) -> str | None:
    """The first veto against the only one who may be asked; None for nobody, or one who can be asked."""
    if not case.get("pinned") or profile is None:
        return None
    expert = experts.to_match(profile, load, now, experts.answer_due(now, rules), rules)
    return vetoes(cases.to_match(case), [expert]).get(expert.id)


def _keep(work: Work, case: Document, pinned: dict[str, object] | None) -> Document:
    # What was told stays: the coordinators hear of it again only for another reason.
    case.update(pinned=pinned, stuck=None)
    case["queue"] = cases.queue(case)
    work.put(CASES, case)
    return case


def _pinned(expert: str, by: str, reason: str, now: datetime) -> dict[str, object]:
    return {"expert": expert, "by": by, "reason": reason, "at": now}
