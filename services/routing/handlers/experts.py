"""Experts: profiles and absences, the places they have, and telling the others when these change."""

from datetime import datetime, timedelta
from typing import Any

from contracts.assignments import AvailabilityData, AvailabilityState, ExpertAvailabilityChanged
from contracts.envelope import new_id
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.routing.domain import ROME, Expert, working_hours_after
from services.routing.handlers.conflicts import declared
from services.routing.handlers.presence import back, in_contract, is_present, takes_part, turning_points
from services.routing.rules import Rules
from services.routing.store import CHECKS, EXPERTS, LOADS

_RECENT = timedelta(days=30)
WORKED_KEPT = 200


def keep_profile(work: Work, id: str, changes: Document) -> Document:
    """What an expert works on, or their role, is said anew: waiting requests may find somebody now."""
    known = work.get(EXPERTS, id)
    expert = {
        **(known or {"_id": id, "absences": [], "sequence": 0, "created_at": work.now, "entitled": True}),
        **changes,
    }
    _changed(work, expert)
    return expert


def add_absences(work: Work, id: str, absences: list[dict[str, Any]]) -> Document | None:
    """Somebody will be away: offers they have not answered go to others, and they are asked again afterwards."""
    expert = work.get(EXPERTS, id)
    if expert is None:
        return None
    known = {(absence["from"], absence["to"]) for absence in expert["absences"]}
    new = {(absence["from"], absence["to"]): absence for absence in absences}
    if new.keys() - known:
        kept = [*expert["absences"], *(absence for days, absence in new.items() if days not in known)]
        expert["absences"] = sorted(kept, key=lambda absence: (absence["from"], absence["to"]))
        _changed(work, expert)
    return expert


def add_absence(work: Work, id: str, absence: dict[str, Any]) -> Document | None:
    """One absence more."""
    return add_absences(work, id, [absence])


def add_conflicts(work: Work, id: str, more: dict[str, list[str]]) -> Document:
    """An expert must not work for somebody: requests of theirs go to others from now on."""
    expert = work.get(EXPERTS, id)
    assert expert is not None
    known = expert.get("conflicts", {})
    conflicts = {name: sorted({*known.get(name, ()), *more[name]}) for name in ("bodies", "companies")}
    if conflicts != known:
        expert["conflicts"] = conflicts
        _changed(work, expert)
    return expert


def answer_due(now: datetime, rules: Rules) -> datetime:
    """By when an offer made now is to be answered, holidays of single places left aside."""
    return working_hours_after(now, None, rules.answer_within_hours)


def to_match(expert: Document, load: Document | None, now: datetime, due: datetime, rules: Rules) -> Expert:
    """The expert as matching sees one at this moment, of whom an answer would be due at that one."""
    taken = load or {}
    found = Expert(
        id=expert["_id"],
        levels={theme["code"]: theme["level"] for theme in expert["themes"]},
        kinds=frozenset(expert["kinds"]),
        capacity=expert["capacity"],
        held=len(taken.get("held", ())),
        provinces=frozenset(expert["provinces"]),
        home=expert.get("home"),
        procedures={procedure["code"]: procedure["level"] for procedure in expert["procedures"]},
        active=takes_part(expert),
        hours=hours_of(expert),
        hours_of_one=rules.hours_of_one_request,
        conflicts=declared(expert),
        worked=frozenset(key for worked in taken.get("worked", ()) for key in worked_keys(worked)),
    )
    as_of(found, expert, load, now, due)
    return found


def as_of(known: Expert, expert: Document, load: Document | None, now: datetime, due: datetime) -> None:
    """Brings what time alone changes of an expert to this moment."""
    known.in_contract = in_contract(expert, now, due)
    known.present = is_present(expert, now, due)
    known.back = back(expert, now, due)
    known.recent = sum(received(load or {}, now).values())


def held(work: Work, expert: str) -> list[str]:
    """The assignments that take places of an expert."""
    return list((work.get(LOADS, expert) or {}).get("held", []))


def hours_of(profile: Document) -> float | None:
    """The weekly hours that bound the places: those agreed, or fewer if the expert says so; None for no bound."""
    told = [hours for name in ("weekly_hours", "available_hours") if (hours := profile.get(name)) is not None]
    return min(told, default=None)


def places(profile: Document, rules: Rules) -> int:
    """How many requests an expert may hold at once: as many as agreed, and as fit into the agreed hours."""
    hours = hours_of(profile)
    found = Expert("", {}, frozenset(), profile["capacity"], hours=hours, hours_of_one=rules.hours_of_one_request)
    return found.places


def take_place(work: Work, expert: str, assignment: str) -> None:
    """One place less; the version of the document keeps two from taking the last one."""
    load = work.get(LOADS, expert) or {"_id": expert, "held": []}
    today, recent = _day(work.now), received(load, work.now)
    recent[today] = recent.get(today, 0) + 1
    work.put(LOADS, {**load, "held": [*load["held"], assignment], "recent": recent})


def remember(work: Work, expert: str, case: Document) -> None:
    """An expert works for a body on a procedure: who asks again finds somebody who knows them."""
    load = work.get(LOADS, expert)
    worked = [case["body"], case["procedure"]]
    if load and worked not in load.get("worked", []):
        work.put(LOADS, {**load, "worked": [*load.get("worked", []), worked][-WORKED_KEPT:]})
        check(work, expert, work.now)


def free_place(work: Work, expert: str, assignment: str) -> None:
    """One place more: the requests that wait for it are looked at."""
    load = work.get(LOADS, expert)
    if load and assignment in load["held"]:
        work.put(LOADS, {**load, "held": [other for other in load["held"] if other != assignment]})
    check(work, expert, work.now)


def check(work: Work, expert: str, at: datetime) -> None:
    """Asks the matcher to look at an expert, from that moment on.

    Each has an id of its own, not a derived one: one that the matcher has just looked at and deletes must not stand
    for the next. Two say no more than one, and what a look leads to is guarded by the documents that it changes.
    """
    work.put(CHECKS, {"_id": new_id(work.now), "expert": expert, "at": at})


def received(load: Document, now: datetime) -> dict[str, int]:
    """Day -> requests received, of the days that count as recent."""
    first = _day(now - _RECENT)
    return {day: count for day, count in load.get("recent", {}).items() if day > first}


def worked_keys(worked: list[str | None]) -> list[str]:
    """What somebody who worked for a body on a procedure is known for."""
    body, procedure = worked
    return [str(body), *([procedure, f"{body}/{procedure}"] if procedure else [])]


def _day(at: datetime) -> str:
    return at.astimezone(ROME).date().isoformat()


def _changed(work: Work, expert: Document) -> None:
    expert["sequence"] += 1
    work.put(EXPERTS, expert)
    for at in turning_points(expert, work.now):
        check(work, expert["_id"], at)
    next_absence = next((absence for absence in expert["absences"] if absence["end"] > work.now), None)
    state = AvailabilityState(
        id=expert["_id"],
        active=takes_part(expert),
        task_forces=tuple(expert["task_forces"]),
        themes=tuple(theme["code"] for theme in expert["themes"]),
        provinces=tuple(expert["provinces"]),
        capacity=expert["capacity"],
        absent_from=next_absence["start"] if next_absence else None,
        absent_until=next_absence["end"] if next_absence else None,
    )
    work.publish(ExpertAvailabilityChanged, expert["_id"], expert["sequence"], AvailabilityData(state=state))
