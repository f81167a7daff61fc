"""What experts say of themselves: availability, absences that change, and a conflict of interest met in an offer."""

from typing import Any

from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.preconditions import Seen, version_tag
from services.chassis.problems import Problem, invalid, not_found
from services.chassis.work import Work
from services.routing.handlers import experts
from services.routing.handlers.offers import decline
from services.routing.store import EXPERTS

CONFLICT = "conflict_of_interest"


def change_own(work: Work, id: str, changes: dict[str, Any], seen: Seen) -> Document:
    """The expert changes what is theirs to say. 412 when the profile is not what was seen."""
    known = work.get(EXPERTS, id)
    if known is None:
        raise not_found()
    _unchanged(known, seen)
    agreed, wanted = known.get("weekly_hours"), changes.get("available_hours")
    if agreed is not None and wanted is not None and wanted > agreed:
        detail = N_("More hours than were agreed: ask the Segreteria Tecnica.")
        raise invalid([{"pointer": "/available_hours", "detail": detail}])
    if all(known.get(name) == value for name, value in changes.items()):
        return known
    kept = experts.keep_profile(work, id, changes)
    return {**kept, "version": known["version"] + 1}


def change_absence(work: Work, id: str, days: tuple[str, str], absence: dict[str, Any], seen: Seen) -> Document:
    """An absence has other days. 412 when the profile is not what was seen; sent again it changes nothing."""
    wanted = (absence["from"], absence["to"])
    before = work.get(EXPERTS, id)
    noted = [(row["from"], row["to"]) for row in before["absences"]] if before else []
    if before and wanted in noted and days not in noted:
        return before
    known, others = _without(work, id, days)
    _unchanged(known, seen)
    if wanted == days:
        return known
    more = [] if wanted in [(row["from"], row["to"]) for row in others] else [absence]
    absences = sorted([*others, *more], key=lambda row: (row["from"], row["to"]))
    kept = experts.keep_profile(work, id, {"absences": absences})
    return {**kept, "version": known["version"] + 1}


def remove_absence(work: Work, id: str, first: str, last: str) -> Document:
    """The expert will be there after all."""
    _, others = _without(work, id, (first, last))
    return experts.keep_profile(work, id, {"absences": others})


def decline_and_declare(work: Work, case: Document, assignment: Document, reason: str, text: str = "") -> Document:
    """Somebody else is asked; a conflict of interest with the body is remembered, so that it is not asked again."""
    made = decline(work, case, assignment, reason, text)
    if reason == CONFLICT and work.get(EXPERTS, assignment["expert"]):
        experts.add_conflicts(work, assignment["expert"], {"bodies": [case["body"]], "companies": []})
    return made


def _without(work: Work, id: str, days: tuple[str, str]) -> tuple[Document, list[Document]]:
    """The profile, and its absences but the one of these days. Raises 404 if there is none."""
    known = work.get(EXPERTS, id)
    others = [row for row in (known or {}).get("absences", ()) if (row["from"], row["to"]) != days]
    if known is None or len(others) == len(known["absences"]):
        raise not_found(N_("There is no such absence."))
    return known, others


def _unchanged(known: Document, seen: Seen) -> None:
    if not seen.covers(version_tag(known["version"])):
        raise Problem(412, N_("It changed meanwhile"), N_("Load the profile again, then repeat the change."))
