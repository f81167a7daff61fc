"""Times that do not count: while the requester owes an answer, and between a resolution and a reopening."""

from datetime import datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from contracts.working_time import NeverReached, Pause, add_working_time, office_calendar, working_time

ROME = ZoneInfo("Europe/Rome")
OFFICE = office_calendar()
TARGET = timedelta(hours=8)


def march(*parts: int) -> datetime:
    """2 March 2026 is a Monday."""
    return datetime(2026, 3, *parts, tzinfo=ROME)


def test_a_request_resolved_at_half_of_its_target_resumes_at_half_when_it_is_reopened_three_days_later():
    submitted, resolved, reopened = march(2, 9), march(2, 14), march(5, 14)

    solved: list[Pause] = [(resolved, reopened)]

    assert working_time(OFFICE, submitted, reopened, solved) == TARGET / 2
    assert add_working_time(OFFICE, submitted, TARGET, solved) == march(5, 18)


def test_a_pause_over_the_weekend_credits_the_open_hours_alone():
    asked, answered = march(6, 17), march(9, 10)

    due = add_working_time(OFFICE, march(6, 9), TARGET, [(asked, answered)])

    assert due == march(9, 11)


def test_a_pause_outside_office_hours_moves_nothing():
    asleep = [(march(2, 18), march(3, 9)), (march(3, 13), march(3, 14)), (march(7, 0), march(8, 23))]

    assert add_working_time(OFFICE, march(2, 9), timedelta(hours=40), asleep) == march(6, 18)


def test_a_pause_that_lasts_stops_the_clock():
    waiting: list[Pause] = [(march(2, 11), None)]

    assert working_time(OFFICE, march(2, 9), march(20, 12), waiting) == timedelta(hours=2)
    with pytest.raises(NeverReached):
        add_working_time(OFFICE, march(2, 9), timedelta(hours=2, microseconds=1), waiting)


def test_what_was_due_before_a_pause_that_lasts_stays_due():
    waiting: list[Pause] = [(march(2, 11), None)]

    assert add_working_time(OFFICE, march(2, 9), timedelta(hours=2), waiting) == march(2, 11)


def test_overlapping_pauses_in_any_order_count_once():
    pauses: list[Pause] = [
        (march(2, 10), march(2, 12)),
        (march(2, 11), march(2, 15)),
        (march(2, 11), march(2, 11, 30)),
        (march(3, 9), march(3, 10)),
    ]

    for order in permutations(pauses):
        assert working_time(OFFICE, march(2, 9), march(3, 11), order) == timedelta(hours=5)
        assert add_working_time(OFFICE, march(2, 9), timedelta(hours=5), order) == march(3, 11)


def test_pauses_before_the_start_after_the_end_or_turned_round_are_ignored():
    ignored: list[Pause] = [
        (march(1, 9), march(2, 9)),
        (march(4, 9), march(4, 12)),
        (march(2, 15), march(2, 10)),
    ]

    assert working_time(OFFICE, march(2, 9), march(2, 18), ignored) == timedelta(hours=8)


def test_a_pause_that_began_before_the_start_counts_from_the_start():
    assert working_time(OFFICE, march(2, 9), march(2, 18), [(march(1, 9), march(2, 11))]) == timedelta(hours=6)
    assert add_working_time(OFFICE, march(2, 9), TARGET, [(march(1, 9), march(2, 11))]) == march(3, 11)
