"""The table of events in: what routing listens to, the documents it needs, and the handler."""

from collections.abc import Sequence
from functools import wraps
from typing import Any

from contracts import access, requests
from contracts.requests import RequestEvent
from services.chassis.decoding import On
from services.chassis.work import Keys, Work
from services.routing.handlers.cases import request_changed
from services.routing.handlers.entitlement import access_changed, needs
from services.routing.rules import Rulebook
from services.routing.store import CASES

_ACCESS = tuple(On(model, access_changed, needs) for model in access.EVENTS)


def table(book: Rulebook) -> Sequence[On[Any]]:
    """Every event of a request carries its whole state, so one handler serves them all."""

    @wraps(request_changed)
    def changed(work: Work, event: RequestEvent) -> None:
        request_changed(work, event, book.current)

    return (*(On(model, changed, _case) for model in requests.EVENTS), *_ACCESS)


def _case(event: RequestEvent) -> Keys:
    return {CASES: [event.subject]}
