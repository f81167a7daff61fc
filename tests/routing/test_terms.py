"""The deadlines of a desk: the same as those of the reports, whatever happened to the request and in whatever order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.envelope import event_type
from contracts.requests import MessageData, RequestEvent, RequestInformationAsked, RequestMessagePosted
from contracts.working_time import Moment, read_life, readings
from services.routing.handlers.moments import next_deadline
from services.routing.pages.day import in_order
from services.routing.terms import next_term, terms
from tests.routing.material import MONDAY, Routing, person, request_event

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WHATS = ("asked", "provided", "resolved", "closed", "reopened", "answered")


@settings(max_examples=300, deadline=None)
@given(
    steps=st.lists(st.tuples(st.sampled_from(WHATS), st.integers(0, 60 * 24 * 40)), max_size=8),
    urgency=st.sampled_from(["normal", "high"]),
    province=st.sampled_from(["VA", "MI", "XX"]),
    chance=st.randoms(use_true_random=False),
)
def test_a_desk_and_the_reports_read_the_same_deadlines(steps, urgency, province, chance) -> None:
    at = [(what, START + timedelta(minutes=minutes), (1, n)) for n, (what, minutes) in enumerate(steps)]
    life = read_life(START, [Moment(when, what, order, str(order)) for what, when, order in at])
    clocks = {clock.metric: clock for clock in readings(life, urgency, province)}
    mine = [Moment(when, what, order, str(order)) for what, when, order in at if what != "answered"]
    chance.shuffle(mine)
    answered = min((when for what, when, _ in at if what == "answered"), default=None)

    found = {term.metric: term.due_at for term in terms(START, urgency, province, mine, answered)}

    running = {
        name: clock.due_at
        for name, clock in clocks.items()
        if name in ("first_answer", "resolution") and clock.state in ("running", "paused")
    }
    assert found == running


def test_the_deadline_that_comes_first_is_the_next_one() -> None:
    before = next_term(terms(START, "normal", "VA", [], None))
    after = next_term(terms(START, "normal", "VA", [], START + timedelta(hours=1)))
    asked = next_term(terms(START, "normal", "VA", [Moment(START + timedelta(hours=1), "asked")], None))
    over = next_term(terms(START, "normal", "VA", [Moment(START + timedelta(hours=1), "resolved")], None))

    assert before and (before.metric, before.due_at) == ("first_answer", datetime(2026, 3, 6, 17, 0, tzinfo=UTC))
    assert after and after.metric == "resolution"
    assert asked and (asked.metric, asked.due_at) == ("resolution", None)
    assert over is None


def message(sequence: int, model: type[RequestEvent], visibility: str) -> RequestEvent:
    """Something that the expert wrote."""
    plain = request_event(1, sequence)
    data = {"state": plain.data.state, "message": plain.id, "author": person("anna"), "author_role": "expert",
            "visibility": visibility}  # fmt: skip
    return model.model_validate(plain.model_dump() | {"type": event_type(model), "data": MessageData(**data)})


async def test_routing_reads_the_moments_from_the_events_themselves(routing: Routing) -> None:
    request = await routing.submit(1)
    first = next_deadline(await routing.case(request))
    await routing.apply(message(2, RequestMessagePosted, "internal"))
    noted = next_deadline(await routing.case(request))
    await routing.apply(message(3, RequestMessagePosted, "shared"))
    answered = next_deadline(await routing.case(request))
    await routing.apply(message(4, RequestInformationAsked, "shared"))
    asked = next_deadline(await routing.case(request))

    assert first and noted and answered and asked
    assert (first.metric, noted.metric, answered.metric) == ("first_answer", "first_answer", "resolution")
    assert answered.due_at is not None and asked.due_at is None


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_a_desk_is_sorted_by_deadline_and_what_stands_still_comes_last(shift: int) -> None:
    rows = [
        {"id": "still", "due_at": None, "waits": True, "accepted_at": MONDAY},
        {"id": "late", "due_at": MONDAY + timedelta(days=3), "waits": False, "accepted_at": MONDAY},
        {"id": "soon", "due_at": MONDAY + timedelta(days=1), "waits": False, "accepted_at": MONDAY},
    ]

    ordered = in_order(rows[shift:] + rows[:shift])

    assert [row["id"] for row in ordered] == ["soon", "late", "still"]
