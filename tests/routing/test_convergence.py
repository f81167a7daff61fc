"""Whatever the order in which events arrive, late or twice: the same end state."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.envelope import Event
from contracts.requests import (
    RequestClassified,
    RequestInformationAsked,
    RequestReopened,
    RequestResolved,
    RequestSubmitted,
    RequestWithdrawn,
)
from services.chassis.work import Origin, View, Work
from services.routing.handlers.cases import request_changed
from services.routing.store import CASES
from tests.routing.material import MONDAY, OTHER, RULES, THEME, request_event

_LATER = (RequestClassified, RequestReopened, RequestResolved, RequestWithdrawn, RequestInformationAsked)

_LEADS: tuple[dict[str, Any] | None, ...] = (
    None,
    {"assignment": "a", "expert": "e", "status": "offered", "order": [1, 1], "theme": THEME},
    {"assignment": "a", "expert": "e", "status": "accepted", "order": [1, 2], "theme": THEME},
)


def story(models: list[type[Event]], themes: list[str]) -> list[Event]:
    """The events of one request in the order in which they happened."""
    events = [request_event(1)]
    for sequence, (model, theme) in enumerate(zip(models, themes, strict=True), start=2):
        if model is RequestInformationAsked:
            asked = request_event(1, sequence, RequestSubmitted, theme=theme, status="waiting")
            events.append(asked)
        else:
            events.append(request_event(1, sequence, model, theme=theme, urgency="high" if sequence == 3 else "normal"))
    return events


def end_of(events: list[Event], lead: dict[str, Any] | None, stuck: bool) -> dict[str, Any]:
    """The case after these events, which find a lead or a failed attempt once the request is known."""
    view = View({(CASES, events[0].subject): None})
    first = Work(view, MONDAY, Origin("urn:test"))
    request_changed(first, request_event(1), RULES)  # type: ignore[arg-type]
    view.absorb(first)
    case = view.documents[CASES, events[0].subject]
    assert case is not None
    attempt = {"reason": "no_capacity", "refused": False, "order": [1, 1], "facts": [THEME, None, "technical", "VA"]}
    case.update(lead=lead, stuck=attempt if stuck and not lead else None)
    for event in events:
        work = Work(view, MONDAY + timedelta(hours=1), Origin("urn:test"), cause=event)
        request_changed(work, event, RULES)  # type: ignore[arg-type]
        view.absorb(work)
    end = view.documents[CASES, events[0].subject]
    assert end is not None
    return {name: value for name, value in end.items() if name != "version"}


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(st.tuples(st.sampled_from(_LATER), st.sampled_from([THEME, OTHER])), max_size=6),
    lead=st.sampled_from(_LEADS),
    stuck=st.booleans(),
    chance=st.randoms(use_true_random=False),
)
def test_shuffled_repeated_and_late_events_lead_to_the_same_case(steps, lead, stuck, chance) -> None:
    events = story([model for model, _ in steps], [theme for _, theme in steps])
    arrived = [*events, *chance.choices(events, k=3)]
    chance.shuffle(arrived)

    assert end_of(arrived, lead, stuck) == end_of(events, lead, stuck)


def test_the_news_of_an_end_counts_even_after_the_reopening() -> None:
    end = end_of([request_event(1, 3, RequestReopened), request_event(1, 2, RequestResolved)], _LEADS[1], False)

    assert (end["order"], end["ended"], end["queue"]) == ([1, 3], [1, 2], "release")
