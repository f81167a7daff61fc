"""Requests as routing keeps them: the newest state, and what follows from it for the matcher.

The handler of every event of a request is the same: newest state wins, the highest end is remembered, and whether
the request waits is computed anew from both. So events may come late, twice or in any order.
"""

from collections.abc import Sequence
from typing import Any

from contracts.requests import RequestClosed, RequestEvent, RequestMerged, RequestResolved, RequestWithdrawn
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.routing.domain import Case, Lead, Stuck, precedence, queue_of
from services.routing.handlers.moments import remember_moment
from services.routing.rules import Rules
from services.routing.store import CASES

_ENDINGS = (RequestResolved, RequestWithdrawn, RequestMerged, RequestClosed)
_GONE = "withdrawn"
"""The status of a case whose request was lost with a restore of its owner."""
_FACTS = ("theme", "procedure", "kind", "province")
_KEPT = (*_FACTS, "number", "body", "status", "urgency", "requester", "received_at")
"""What a decision depends on: another value of one of them is worth another try."""
_MORE = ("companies", "further_themes")


def request_changed(work: Work, event: RequestEvent, rules: Rules) -> None:
    """Somebody asked for help, or a request went on: routing must know whether anybody is needed."""
    known = work.get(CASES, event.subject)
    case = dict(known) if known else _new(event)
    if isinstance(event, _ENDINGS):
        case["ended"] = max(case["ended"] or [0, 0], list(event.order))
    if event.order > tuple(case["order"]):
        case.update(_state(event, rules))
    remember_moment(case, event)
    case["queue"] = queue(case)
    if case != known:
        work.put(CASES, case)


def restate(work: Work, id: str, events: Sequence[RequestEvent], rules: Rules) -> None:
    """The case as these events tell it, oldest first. Without any its request is no more: it is over for us, too.

    Rounds and answers are our own and stay. A lead that answers what is no more is let go by the matcher.
    """
    known = work.get(CASES, id)
    assert known
    case = {**known, "ended": None, "moments": {}, "answered_at": None}
    for event in events:
        case.update(_state(event, rules))
        remember_moment(case, event)
        if isinstance(event, _ENDINGS):
            case["ended"] = list(event.order)
    if not events:
        case.update(status=_GONE, ended=known["order"])
    case["queue"] = queue(case)
    if case != known:
        work.put(CASES, case)


def rests_on(case: Document) -> list[tuple[int, int]]:
    """The states of the request that the case was made of."""
    return [_order(order) for order in (case["order"], case["ended"]) if order]


def queue(case: Document) -> str | None:
    """What the matcher has to do about a case."""
    lead, stuck, ended = case["lead"], case["stuck"], case["ended"]
    return queue_of(
        case["status"],
        facts(case),
        _order(ended) if ended else None,
        Lead(lead["status"], _order(lead["order"]), lead["theme"]) if lead else None,
        Stuck(_order(stuck["order"]), tuple(stuck["facts"]), stuck["refused"]) if stuck else None,
    )


def facts(case: Document) -> tuple[str | None, ...]:
    """What a decision about the case depends on, theme first."""
    return tuple(case[name] for name in _FACTS)


def to_match(case: Document) -> Case:
    """The case as matching sees it."""
    return Case(
        id=case["_id"],
        theme=case["theme"],
        procedure=case["procedure"],
        kind=case["kind"],
        province=case["province"],
        precedence=case["precedence"],
        declined_by=frozenset(case["declined_by"]),
        former=case["former"],
        body=case["body"],
        companies=tuple(case.get("companies", ())),
        further_themes=tuple(case.get("further_themes", ())),
        urgent=case["urgency"] == "high",
        received_at=case["received_at"],
        pinned_to=pinned_to(case),
    )


def pinned_to(case: Document) -> str | None:
    """The only expert whom the matcher may ask, if a coordinator keeps the request for one."""
    pin = case.get("pinned")
    return pin["expert"] if pin else None


def _new(event: RequestEvent) -> dict[str, Any]:
    return {
        "_id": event.subject, "order": [0, 0], "ended": None, "lead": None, "stuck": None, "told": None,
        "former": None, "declined_by": [], "round": 0, "sequence": 0, "moments": {}, "answered_at": None,
    }  # fmt: skip


def _state(event: RequestEvent, rules: Rules) -> dict[str, Any]:
    state = event.data.state
    kept: dict[str, Any] = {name: getattr(state, name) for name in _KEPT}
    kept.update({name: list(getattr(state, name)) for name in _MORE})
    first_served = precedence(state.received_at, state.urgency == "high", rules.head_start)
    return {**kept, "order": list(event.order), "precedence": first_served}


def _order(stored: list[int]) -> tuple[int, int]:
    return stored[0], stored[1]
