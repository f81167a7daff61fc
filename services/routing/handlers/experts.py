"""Experts: profiles and absences, the places they have, and telling the others when these change."""

from datetime import datetime
from typing import Any

from contracts.assignments import AvailabilityData, AvailabilityState, ExpertAvailabilityChanged
from contracts.envelope import new_id
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.routing.criteria import near
from services.routing.domain import Expert
from services.routing.store import CHECKS, EXPERTS, LOADS


def keep_profile(work: Work, id: str, changes: Document, entitled: bool) -> Document:
    """The secretariat says what an expert works on: waiting requests may find somebody now."""
    known = work.get(EXPERTS, id)
    expert = {
        **(known or {"_id": id, "absences": [], "sequence": 0, "created_at": work.now}),
        **changes,
        "entitled": entitled,
    }
    _changed(work, expert, work.now)
    return expert


def add_absence(work: Work, id: str, absence: dict[str, Any]) -> Document | None:
    """Somebody will be away: offers they have not answered go to others, and they are asked again afterwards."""
    expert = work.get(EXPERTS, id)
    if expert is None:
        return None
    if not any((known["from"], known["to"]) == (absence["from"], absence["to"]) for known in expert["absences"]):
        expert["absences"] = sorted([*expert["absences"], absence], key=lambda known: (known["from"], known["to"]))
        _changed(work, expert, max(work.now, absence["start"]), absence["end"])
    return expert


def to_match(expert: Document, held: int, now: datetime) -> Expert:
    """The expert as matching sees one at this moment."""
    provinces = frozenset(expert["provinces"])
    return Expert(
        id=expert["_id"],
        levels={theme["code"]: theme["level"] for theme in expert["themes"]},
        kinds=frozenset(expert["kinds"]),
        capacity=expert["capacity"],
        held=held,
        provinces=provinces,
        procedures=frozenset(expert["procedures"]),
        active=expert["active"] and expert["entitled"],
        present=is_present(expert, now),
        near=near(provinces),
    )


def is_present(expert: Document, now: datetime) -> bool:
    """Whether the expert is not away at this moment."""
    return not any(absence["start"] <= now < absence["end"] for absence in expert["absences"])


def held(work: Work, expert: str) -> list[str]:
    """The assignments that take places of an expert."""
    return list((work.get(LOADS, expert) or {}).get("held", []))


def take_place(work: Work, expert: str, assignment: str) -> None:
    """One place less; the version of the document keeps two from taking the last one."""
    load = work.get(LOADS, expert) or {"_id": expert, "held": []}
    work.put(LOADS, {**load, "held": [*load["held"], assignment]})


def free_place(work: Work, expert: str, assignment: str) -> None:
    """One place more: the requests that wait for it are looked at."""
    load = work.get(LOADS, expert)
    if load and assignment in load["held"]:
        work.put(LOADS, {**load, "held": [other for other in load["held"] if other != assignment]})
    check(work, expert, work.now)


def check(work: Work, expert: str, at: datetime) -> None:
    """Asks the matcher to look at an expert, from that moment on."""
    work.put(CHECKS, {"_id": new_id(work.now), "expert": expert, "at": at})


def _changed(work: Work, expert: Document, *look_at: datetime) -> None:
    expert["sequence"] += 1
    work.put(EXPERTS, expert)
    for at in look_at:
        check(work, expert["_id"], at)
    next_absence = next((absence for absence in expert["absences"] if absence["end"] > work.now), None)
    state = AvailabilityState(
        id=expert["_id"],
        active=expert["active"],
        task_forces=tuple(expert["task_forces"]),
        themes=tuple(theme["code"] for theme in expert["themes"]),
        provinces=tuple(expert["provinces"]),
        capacity=expert["capacity"],
        absent_from=next_absence["start"] if next_absence else None,
        absent_until=next_absence["end"] if next_absence else None,
    )
    work.publish(ExpertAvailabilityChanged, expert["_id"], expert["sequence"], AvailabilityData(state=state))
