"""The pure rules: the state machine of an assignment, and whether a request waits."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.routing.domain import Lead, NotAllowed, Stuck, after, days_off, precedence, queue_of

FACTS = ("site-remediation", None, "technical", "VA")
STUCK = Stuck((1, 1), FACTS, refused=False)


@pytest.mark.parametrize(
    ("status", "action", "then"),
    [
        ("offered", "accept", "accepted"),
        ("offered", "decline", "declined"),
        ("offered", "expire", "expired"),
        ("offered", "release", "released"),
        ("accepted", "release", "released"),
    ],
)
def test_an_action_leads_to_its_status_and_may_be_repeated(status, action, then) -> None:
    assert after(status, action) == then
    assert after(then, action) == then


@pytest.mark.parametrize(
    ("status", "action"), [("accepted", "decline"), ("declined", "accept"), ("released", "accept")]
)
def test_an_action_out_of_place_is_refused_with_the_allowed_ones(status, action) -> None:
    with pytest.raises(NotAllowed) as refused:
        after(status, action)

    assert refused.value.allowed == (["release"] if status == "accepted" else [])


@pytest.mark.parametrize(
    ("status", "ended", "lead", "stuck", "queue"),
    [
        ("submitted", None, None, None, "ready"),
        ("withdrawn", (1, 2), None, None, None),
        ("submitted", None, None, STUCK, "stuck"),
        ("submitted", None, None, Stuck((1, 1), ("renewable-energy", *FACTS[1:]), False), "ready"),
        ("in_progress", (1, 2), None, STUCK, "ready"),
        ("submitted", None, None, Stuck((1, 1), FACTS, refused=True), "coordinator"),
        ("assigned", None, Lead("offered", (1, 1), "site-remediation"), None, None),
        ("resolved", (1, 4), Lead("accepted", (1, 1), "site-remediation"), None, "release"),
        ("in_progress", (1, 4), Lead("accepted", (1, 1), "site-remediation"), None, "release"),
        ("in_progress", (1, 4), Lead("accepted", (1, 5), "site-remediation"), None, None),
        ("assigned", None, Lead("offered", (1, 1), "renewable-energy"), None, "release"),
        ("in_progress", None, Lead("accepted", (1, 1), "renewable-energy"), None, None),
    ],
)
def test_what_the_matcher_has_to_do_follows_from_state_end_lead_and_last_attempt(
    status, ended, lead, stuck, queue
) -> None:
    assert queue_of(status, FACTS, ended, lead, stuck) == queue


def test_an_urgent_request_goes_first_but_never_for_ever() -> None:
    head_start = timedelta(days=7)
    old = datetime(2026, 11, 1, tzinfo=UTC)

    assert precedence(old + timedelta(days=6), True, head_start) < precedence(old, False, head_start)
    assert precedence(old + timedelta(days=8), True, head_start) > precedence(old, False, head_start)


def test_a_day_off_is_a_whole_day_on_the_wall_clock_of_rome() -> None:
    start, end = days_off(date(2026, 3, 29), date(2026, 3, 29))

    assert start == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert end == datetime(2026, 3, 29, 22, tzinfo=UTC)
