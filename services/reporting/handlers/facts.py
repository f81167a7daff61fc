"""The fact of one request: its newest state, its timeline, and what the clocks make of them.

Facts converge: states are kept by order, the timeline is a set of moments by event id, and everything else is
computed anew from both at each change. A fact without a state yet (its assignment came first) counts nowhere.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts.working_time import Life, Moment, Reading, read_life, readings
from services.chassis.i18n import ROME
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.reporting.domain import milliseconds
from services.reporting.store import DEADLINES, FACTS

Order = tuple[int, int]
_OVER = ("resolved", "closed", "withdrawn", "merged")


def record_request(work: Work, id: str, order: Order, state: Mapping[str, Any], moment: Moment | None) -> None:
    """Keeps what an event of a request tells: a state, and perhaps something that happened."""
    fact = work.get(FACTS, id) or {"_id": id, "timeline": {}}
    if tuple(fact.get("order", ())) < order:
        fact |= {**state, "order": list(order), "received_at": milliseconds(state["received_at"])}
    _keep(work, fact, moment, told_state=True)


def record_assignment(work: Work, id: str, order: Order, state: Mapping[str, Any], moment: Moment | None) -> None:
    """Keeps what an event of a request's assignment tells."""
    fact = work.get(FACTS, id) or {"_id": id, "timeline": {}}
    if tuple(fact.get("assignment", {}).get("order", ())) < order:
        fact["assignment"] = {**state, "order": list(order)}
    # Nothing is computed from who is asked: only from what happened.
    _keep(work, fact, moment, told_state=False)


def lead_of(fact: Document) -> str | None:
    """Who is asked to help, or does. While the request is under way the assignment knows it before the request does.

    What a request's own events say of it is as old as the last of them.
    """
    known: str | None = fact["lead"]
    assignment = fact.get("assignment", {})
    if fact["status"] in _OVER or assignment.get("status") in (None, "released"):
        return known
    return assignment.get("expert") if assignment["status"] in ("offered", "accepted") else None


def moments_of(fact: Document, until: datetime | None = None) -> list[Moment]:
    """The timeline of a fact, or what of it had happened at an instant."""
    return [
        Moment(row["at"], row["what"], tuple(row["order"]), id)
        for id, row in fact["timeline"].items()
        if until is None or row["at"] <= until
    ]


def _keep(work: Work, fact: Document, moment: Moment | None, told_state: bool) -> None:
    if moment:
        row = {"at": milliseconds(moment.at), "what": moment.what, "order": list(moment.order)}
        fact["timeline"][moment.id] = row
    if "received_at" in fact and (told_state or moment):
        derive(fact, told=work.get(DEADLINES, fact["_id"]) is not None)
    work.put(FACTS, fact)


def derive(fact: Document, told: bool) -> None:
    """Computes everything that follows from state and timeline.

    told: a deadline of it was published, so a late event may have made that wrong: the job looks at once.
    """
    received: datetime = fact["received_at"]
    life = read_life(received, moments_of(fact))
    clocks = readings(life, fact["urgency"], fact["province"])
    fact["month"] = received.astimezone(ROME).strftime("%Y-%m")
    fact["clocks"] = [clock.__dict__ for clock in clocks]
    fact["left"] = life.left
    fact["pauses"] = [{"start": start, "end": end} for start, end in life.pauses]
    fact["spans"] = [{"start": start, "end": end} for start, end in life.spans]
    fact["open_until"] = life.open_until
    look_again(fact, received if told else first_look(life, clocks))


def first_look(life: Life, clocks: tuple[Reading, ...]) -> datetime | None:
    """The first instant at which a deadline of an open request may have to be told."""
    instants = [
        at for clock in clocks if clock.state in ("running", "paused") for at in (clock.warn_at, clock.due_at) if at
    ]
    return min(instants, default=None)


def look_again(fact: Document, at: datetime | None) -> None:
    """Says when the job must look at the fact; the field is absent when never, which keeps its index small."""
    fact.pop("next_due", None)
    if at is not None:
        fact["next_due"] = at
