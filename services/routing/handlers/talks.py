"""Talks: an expert offers slots, the body of a request takes one, moves or gives it up; a lead who goes frees it.

All slots of an expert are in one document, so its version decides every race for one of them; a unique index on the
talks stands behind it. An assignment remembers its talk, so that its end, however it comes, frees the slot.
"""

from typing import Any

from contracts.envelope import new_id
from contracts.talks import (
    CancelledData,
    MovedData,
    TalkBooked,
    TalkCancelled,
    TalkData,
    TalkEvent,
    TalkMoved,
    TalkState,
)
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, not_found
from services.chassis.work import Work
from services.routing.agenda import MOST_SLOTS, Wanted, ahead, bookable, occurrences, overlaps
from services.routing.domain import OVER
from services.routing.store import AGENDAS, ASSIGNMENTS, CASES, EXPERTS, TALKS

LEAD_CHANGED = "lead_changed"
NOTHING_OFFERED = N_("This time has passed, or overlaps another one that you offer.")
_TAKEN = N_("The slot is not free any more")


def offer_slots(work: Work, expert: str, wanted: Wanted, way: str, place: str) -> tuple[list[Document], int]:
    """The expert can be met then. What has passed or would overlap is left out; returns the new slots, and how many."""
    agenda = _agenda(work, expert)
    added: list[Document] = []
    left_out = 0
    series = new_id(work.now)
    for start, end in occurrences(wanted):
        if start <= work.now or overlaps(agenda["slots"], start, end):
            left_out += 1
            continue
        slot = {"id": new_id(work.now), "start": start, "end": end, "way": way, "place": place, "series": series,
                "talk": None, "request": None}  # fmt: skip
        agenda["slots"].append(slot)
        added.append(slot)
    if len(agenda["slots"]) > MOST_SLOTS:
        raise Problem(409, N_("There are too many slots"), N_("Withdraw some before you offer others."))
    if added:
        work.put(AGENDAS, agenda)
    return added, left_out


def withdraw_slot(work: Work, expert: str, slot: str, following: bool) -> int:
    """The expert cannot be met then; `following`: nor at the later times of its series. Booked talks stay."""
    agenda = _agenda(work, expert)
    found = _slot(agenda, slot)
    if found["talk"]:
        raise Problem(409, N_("A talk is booked in this slot"), N_("Cancel the talk first: the body is told."))
    gone = {
        other["id"]
        for other in agenda["slots"]
        if other["id"] == slot
        or (following and other["series"] == found["series"] and other["start"] > found["start"] and not other["talk"])
    }
    work.put(AGENDAS, {**agenda, "slots": [other for other in agenda["slots"] if other["id"] not in gone]})
    return len(gone)


def book(work: Work, case: Document, assignment: Document, slot: str, by: str) -> Document:
    """The body of a request takes a slot of the expert who follows it."""
    if assignment["status"] != "accepted" or case["status"] in OVER:
        raise Problem(
            409, N_("Nobody follows this request now"), N_("A talk can be booked once an expert has accepted.")
        )
    agenda = _agenda(work, assignment["expert"])
    if any(other["request"] == case["_id"] for other in ahead(agenda["slots"], work.now)):
        raise Problem(409, N_("A talk is booked already"), N_("Move it or cancel it before you book another one."))
    chosen = _take(work, agenda, slot)
    talk = {
        "_id": new_id(work.now), "request": case["_id"], "number": case["number"], "assignment": assignment["_id"],
        "expert": assignment["expert"], "body": case["body"], "booked_by": by, "booked_at": work.now,
        "status": "booked", "active": True, "ended_by": None, **_when(chosen),
    }  # fmt: skip
    chosen.update(talk=talk["_id"], request=case["_id"])
    work.put(AGENDAS, agenda)
    work.put(ASSIGNMENTS, {**assignment, "talk": talk["_id"]})
    return _tell(work, case, talk, TalkBooked, TalkData)


def move(work: Work, case: Document, talk: Document, slot: str) -> Document:
    """The talk takes another slot of the same expert."""
    _must_be_ahead(work, talk)
    if talk["slot"] == slot:
        return talk
    agenda = _agenda(work, talk["expert"])
    chosen = _take(work, agenda, slot)
    _leave(agenda, talk)
    chosen.update(talk=talk["_id"], request=talk["request"])
    work.put(AGENDAS, agenda)
    before = talk["start"]
    return _tell(work, case, {**talk, **_when(chosen)}, TalkMoved, MovedData, previous_starts_at=before)


def cancel(work: Work, case: Document, talk: Document, by: str) -> Document:
    """The talk does not take place, and its slot is free again. Repeating it changes nothing."""
    if talk["status"] == "cancelled":
        return talk
    _must_be_ahead(work, talk)
    return _end(work, case, talk, by)


def free(work: Work, case: Document, talk: Document) -> None:
    """The expert does not follow the request any more: a talk that was still to come is called off."""
    if talk["status"] == "booked" and talk["start"] > work.now:
        _end(work, case, talk, LEAD_CHANGED)


def _end(work: Work, case: Document, talk: Document, by: str) -> Document:
    agenda = _agenda(work, talk["expert"])
    _leave(agenda, talk)
    work.put(AGENDAS, agenda)
    ended = {**talk, "status": "cancelled", "active": False, "ended_by": by}
    return _tell(work, case, ended, TalkCancelled, CancelledData, reason=by)


def _agenda(work: Work, expert: str) -> Document:
    """The slots that are still to come: what has passed goes with the next change."""
    known = work.get(AGENDAS, expert) or {"_id": expert, "slots": []}
    return {**known, "slots": [dict(slot) for slot in ahead(known["slots"], work.now)]}


def _slot(agenda: Document, id: str) -> Document:
    found: Document | None = next((slot for slot in agenda["slots"] if slot["id"] == id), None)
    if found is None:
        raise not_found(N_("This slot has passed, or was withdrawn."))
    return found


def _take(work: Work, agenda: Document, id: str) -> Document:
    """The slot, if it can be taken."""
    absences = (work.get(EXPERTS, agenda["_id"]) or {}).get("absences", [])
    found: Document | None = next((slot for slot in agenda["slots"] if slot["id"] == id), None)
    if found is None or found not in bookable(agenda["slots"], absences, work.now):
        raise Problem(409, _TAKEN, N_("Choose another one of those that are shown now."))
    return found


def _leave(agenda: Document, talk: Document) -> None:
    for slot in agenda["slots"]:
        if slot["talk"] == talk["_id"]:
            slot.update(talk=None, request=None)


def _when(slot: Document) -> dict[str, Any]:
    return {"slot": slot["id"], **{name: slot[name] for name in ("start", "end", "way", "place")}}


def _must_be_ahead(work: Work, talk: Document) -> None:
    if talk["status"] != "booked" or talk["start"] <= work.now:
        raise Problem(409, N_("The talk cannot be changed any more"), N_("It has begun, or was cancelled."))


def _tell(
    work: Work, case: Document, talk: Document, model: type[TalkEvent], payload: type[TalkData], **more: Any
) -> Document:
    """Stores the talk and publishes what happened to it, in the order of everything about the request."""
    case["sequence"] += 1
    kept = {**talk, "sequence": case["sequence"]}
    state = TalkState(
        id=talk["_id"],
        request=talk["request"],
        number=talk["number"],
        request_order=(case["order"][0], case["order"][1]),
        assignment=talk["assignment"],
        expert=talk["expert"],
        booked_by=talk["booked_by"],
        starts_at=talk["start"],
        ends_at=talk["end"],
        way=talk["way"],
        status=talk["status"],
    )
    work.publish(model, case["_id"], case["sequence"], payload(state=state, **more))
    work.put(CASES, case)
    work.put(TALKS, kept)
    return kept
