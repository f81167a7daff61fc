"""What is remembered of a request for its clocks: a set of moments by event, and the first answer.

So the deadlines of a desk are the same in whatever order the news come, and however often.
"""

from collections.abc import Mapping

from contracts.requests import (
    RequestClosed,
    RequestEvent,
    RequestInformationAsked,
    RequestInformationProvided,
    RequestMessagePosted,
    RequestReopened,
    RequestResolved,
)
from contracts.working_time import Moment, What
from services.chassis.mongo import Document
from services.routing.terms import Term, next_term, terms

_WHAT: Mapping[type[RequestEvent], What] = {
    RequestInformationAsked: "asked",
    RequestInformationProvided: "provided",
    RequestResolved: "resolved",
    RequestClosed: "closed",
    RequestReopened: "reopened",
}


def remember_moment(case: Document, event: RequestEvent) -> None:
    """Notes in the case what the event says about the clocks of its request, if anything."""
    if isinstance(event, RequestMessagePosted):
        if _is_answer(event):
            case["answered_at"] = min(case.get("answered_at") or event.time, event.time)
    elif what := _WHAT.get(type(event)):
        case["moments"] = case.get("moments", {}) | {
            event.id: {"at": event.time, "what": what, "order": list(event.order)}
        }


def next_deadline(case: Document) -> Term | None:
    """The deadline of a request that comes first, None for one that is over."""
    moments = [Moment(row["at"], row["what"], tuple(row["order"]), id) for id, row in case.get("moments", {}).items()]
    found = terms(case["received_at"], case["urgency"], case["province"], moments, case.get("answered_at"))
    return next_term(found)


def _is_answer(event: RequestMessagePosted) -> bool:
    data = event.data
    return data.author_role == "expert" and data.visibility == "shared" and not data.automatic
