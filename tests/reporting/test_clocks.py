"""The clocks of a request, read from its events: 1 working day is 480 minutes, 9-13 and 14-18."""

from datetime import timedelta

import pytest

from contracts.working_time import METRICS, SERVICE_TARGETS, Life, Moment, always_open, read_life, reading, verdict
from services.reporting import labels
from tests.reporting.material import Story, clock_of, fact_of, rome

MONDAY = rome("2026-11-23 09:00")


def test_every_metric_has_a_target_for_every_urgency() -> None:
    assert METRICS.keys() == SERVICE_TARGETS.keys() == labels.METRICS.keys()
    assert all(set(targets) == {"normal", "high"} for targets in SERVICE_TARGETS.values())


def test_the_clock_starts_when_the_request_was_received_not_when_it_was_registered() -> None:
    story = Story(rome("2026-11-24 12:00"), received_at=MONDAY).accepted(rome("2026-11-24 13:00"))

    clock = clock_of(fact_of(story), "acceptance")

    assert clock["minutes"] == 480 + 240


def test_the_lunch_break_and_the_night_do_not_count() -> None:
    story = Story(rome("2026-11-23 12:30"), urgency="high")

    clock = clock_of(fact_of(story), "acceptance")  # 4 hours: half an hour, lunch, and three and a half

    assert clock["due_at"] == rome("2026-11-23 17:30")


@pytest.mark.parametrize(("province", "due"), [("VA", "2026-12-09 13:00"), ("MI", "2026-12-10 13:00")])
def test_the_due_instant_follows_the_holidays_of_the_province(province: str, due: str) -> None:
    # 7 December is the patron's day of Milan, 8 December a holiday everywhere.
    story = Story(rome("2026-12-04 14:00"), province=province)

    clock = clock_of(fact_of(story), "acceptance")

    assert clock["due_at"] == rome(due)


def test_an_hour_that_does_not_exist_is_not_counted() -> None:
    life = Life(rome("2026-03-28 18:00"))

    due = [reading("acceptance", life, hours * 60, always_open()).due_at for hours in (4, 12)]

    assert due == [rome("2026-03-28 22:00"), rome("2026-03-29 07:00")]


def test_an_hour_that_comes_twice_is_counted_twice() -> None:
    life = Life(rome("2026-10-25 01:00"))

    due = reading("acceptance", life, 4 * 60, always_open()).due_at

    assert due == rome("2026-10-25 04:00")


def test_the_clock_stands_still_while_the_requester_owes_an_answer() -> None:
    story = Story(MONDAY).accepted(rome("2026-11-23 10:00")).asked(rome("2026-11-23 11:00"))
    paused = clock_of(fact_of(story), "resolution")

    story.provided(rome("2026-11-25 11:00")).resolved(rome("2026-11-25 12:00"))
    ended = clock_of(fact_of(story), "resolution")

    assert (paused["state"], paused["due_at"]) == ("paused", None)
    assert (ended["state"], ended["minutes"]) == ("met", 180)


def test_a_deadline_that_passed_before_the_pause_is_not_forgiven_by_it() -> None:
    story = Story(MONDAY, urgency="high").accepted(rome("2026-11-23 10:00")).asked(rome("2026-12-10 11:00"))

    clock = clock_of(fact_of(story), "resolution")

    now = rome("2026-12-10 12:00")
    assert verdict(clock["state"], clock["due_at"], clock["warn_at"], now) == "overdue"


def test_a_clock_that_stands_still_is_not_at_risk_even_near_its_end() -> None:
    story = Story(MONDAY, urgency="high").accepted(rome("2026-11-23 10:00")).asked(rome("2026-12-03 17:00"))

    clock = clock_of(fact_of(story), "resolution")

    assert clock["warn_at"] < rome("2026-12-03 17:00")
    assert verdict(clock["state"], clock["due_at"], clock["warn_at"], rome("2026-12-20 10:00")) == "in_time"


def test_a_pause_over_a_weekend_takes_no_working_time_away() -> None:
    story = Story(rome("2026-11-27 17:00"), urgency="high").accepted(rome("2026-11-27 17:30"))
    story.asked(rome("2026-11-27 18:00")).provided(rome("2026-11-30 09:00")).resolved(rome("2026-11-30 10:00"))

    clock = clock_of(fact_of(story), "resolution")

    assert clock["minutes"] == 120


def test_raising_the_urgency_while_paused_keeps_elapsed_time_and_pauses() -> None:
    story = Story(MONDAY).accepted(rome("2026-11-23 10:00")).asked(rome("2026-11-24 09:00"))
    story.reclassified(rome("2026-11-24 10:00"), urgency="high").provided(rome("2026-11-26 09:00"))

    fact = fact_of(story)

    clock = clock_of(fact, "resolution")
    assert clock["target_minutes"] == 10 * 480
    assert fact["pauses"] == [{"start": rome("2026-11-24 09:00"), "end": rome("2026-11-26 09:00")}]
    # One day had passed before the pause; nine are left from the answer on, and 8 December is a holiday.
    assert clock["due_at"] == rome("2026-12-09 18:00")


def test_a_reopened_request_goes_on_where_it_stood() -> None:
    story = Story(MONDAY).accepted(rome("2026-11-23 10:00")).resolved(rome("2026-11-24 18:00"))
    story.reopened(rome("2026-11-27 18:00"))
    running = clock_of(fact_of(story), "resolution")

    story.resolved(rome("2026-11-30 10:00"))
    ended = clock_of(fact_of(story), "resolution")

    assert running["state"] == "running"
    assert ended["minutes"] == 2 * 480 + 60


@pytest.mark.parametrize(
    ("role", "visibility", "automatic"),
    [
        ("system", "shared", True),
        ("expert", "shared", True),
        ("expert", "internal", False),
        ("requester", "shared", False),
    ],
)
def test_an_automatic_message_or_a_note_is_no_answer(role: str, visibility: str, automatic: bool) -> None:
    story = Story(MONDAY).message(rome("2026-11-23 10:00"), role, visibility, automatic)

    assert clock_of(fact_of(story), "first_answer")["state"] == "running"


def test_a_question_of_the_expert_is_a_first_answer() -> None:
    story = Story(MONDAY).accepted(rome("2026-11-23 09:30")).asked(rome("2026-11-23 10:00"))
    story.message(rome("2026-11-23 11:00"))

    assert clock_of(fact_of(story), "first_answer")["minutes"] == 60


def test_an_answer_one_second_after_the_deadline_is_late_and_one_at_it_is_not() -> None:
    due = clock_of(fact_of(Story(MONDAY)), "first_answer")["due_at"]

    states = [
        clock_of(fact_of(Story(MONDAY).message(due + timedelta(seconds=seconds))), "first_answer")["state"]
        for seconds in (0, 1)
    ]

    assert states == ["met", "breached"]


def test_an_answer_in_the_night_after_a_deadline_at_closing_time_is_late() -> None:
    story = Story(MONDAY, urgency="high")
    due = clock_of(fact_of(story), "first_answer")["due_at"]

    story.message(rome("2026-11-24 21:00"))

    assert due == rome("2026-11-24 18:00")
    assert clock_of(fact_of(story), "first_answer")["state"] == "breached"


def test_a_withdrawn_request_counts_nowhere_even_if_it_was_answered_late() -> None:
    story = Story(MONDAY).message(rome("2026-12-20 10:00")).withdrawn(rome("2026-12-21 10:00"))

    fact = fact_of(story)

    assert fact["left"] == "withdrawn"
    assert {clock["state"] for clock in fact["clocks"]} == {"void"}


def test_a_request_closed_without_an_answer_has_no_first_answer_instead_of_a_good_one() -> None:
    story = Story(MONDAY).closed(rome("2026-11-23 10:00"))

    fact = fact_of(story)

    assert clock_of(fact, "first_answer")["state"] == "void"
    assert clock_of(fact, "resolution")["state"] == "met"


def test_what_happens_at_one_instant_is_read_in_the_order_of_the_aggregate() -> None:
    moments = [Moment(MONDAY, "reopened", (1, 3), "a"), Moment(MONDAY, "resolved", (1, 2), "b")]

    life = read_life(MONDAY, moments)

    assert life.stop is None


def test_an_unknown_province_has_the_national_calendar() -> None:
    clock = clock_of(fact_of(Story(MONDAY, province="XX")), "acceptance")

    assert clock["due_at"] == rome("2026-11-24 18:00")
