"""What a deadline is on the days on which other systems count wrongly."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contracts.working_time import (
    Calendar,
    Span,
    add_working_time,
    always_open,
    next_opening,
    office_calendar,
    working_time,
)

ROME = ZoneInfo("Europe/Rome")


def rome(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ROME, fold=fold)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def test_the_hour_that_the_wall_skips_in_march_is_not_counted():
    saturday = rome(2026, 3, 28, 18)

    assert add_working_time(always_open(), saturday, hours(4)) == datetime(2026, 3, 28, 21, tzinfo=UTC)
    assert add_working_time(always_open(), saturday, hours(12)) == datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert datetime(2026, 3, 29, 5, tzinfo=UTC).astimezone(ROME).hour == 7


def test_the_hour_that_the_wall_repeats_in_october_is_counted_twice():
    start = rome(2026, 10, 25, 1)

    due = add_working_time(always_open(), start, hours(4))

    assert due == datetime(2026, 10, 25, 3, tzinfo=UTC)
    assert due.astimezone(ROME).strftime("%d %H:%M") == "25 04:00"
    assert working_time(always_open(), start, due) == hours(4)


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 3, 28), 1), (date(2026, 3, 29), 0), (date(2026, 10, 25), 2), (date(2026, 10, 26), 1)],
)
def test_an_office_open_from_two_to_three_at_night_is_open_as_often_as_the_wall_shows_it(day: date, expected: int):
    night = Calendar("Europe/Rome", ((Span.parse("02:00-03:00"),),) * 7)

    counted = working_time(night, rome(day.year, day.month, day.day), rome(day.year, day.month, day.day, 12))

    assert counted == hours(expected)


def test_lunch_is_not_working_time():
    due = add_working_time(office_calendar(), rome(2026, 3, 3, 12, 30), hours(2))

    assert due == rome(2026, 3, 3, 15, 30)


def test_thirty_midnights_cost_no_minute():
    start, end = rome(2026, 6, 1, 15, 7), rome(2026, 7, 1, 15, 7)

    assert working_time(always_open(), start, end) == timedelta(days=30)
    assert add_working_time(always_open(), start, timedelta(days=30)) == end


def test_an_amount_over_years_is_exact_to_the_microsecond():
    start = datetime(2023, 12, 31, 22, 59, 59, 999_999, tzinfo=UTC)
    amount = timedelta(days=1500, microseconds=1)

    assert add_working_time(always_open(), start, amount) == start + amount
    assert working_time(always_open(), start, start + amount) == amount


FRIDAY = rome(2026, 5, 29, 17, 30)
PATRON = office_calendar().also_closed([date(2026, 6, 1)])


@pytest.mark.parametrize(
    ("calendar", "amount", "due"),
    [
        pytest.param(office_calendar(), 4, rome(2026, 6, 1, 12, 30), id="monday is an ordinary day"),
        pytest.param(office_calendar(), 9, rome(2026, 6, 3, 9, 30), id="2 June is a holiday"),
        pytest.param(PATRON, 4, rome(2026, 6, 3, 12, 30), id="monday is the patron's day of this comune"),
        pytest.param(office_calendar("MI"), 4, rome(2026, 6, 1, 12, 30), id="the patron of Milan is elsewhere"),
    ],
)
def test_a_long_weekend_ends_when_this_office_opens(calendar: Calendar, amount: int, due: datetime):
    assert add_working_time(calendar, FRIDAY, hours(amount)) == due


@pytest.mark.parametrize(
    ("province", "due"),
    [(None, rome(2026, 12, 7, 12, 30)), ("MI", rome(2026, 12, 9, 12, 30)), ("mi", rome(2026, 12, 9, 12, 30))],
)
def test_the_patrons_day_of_the_province_closes_its_offices_alone(province: str | None, due: datetime):
    assert add_working_time(office_calendar(province), rome(2026, 12, 4, 17, 30), hours(4)) == due


def test_work_that_ends_with_the_day_is_due_in_the_evening_not_at_the_next_opening():
    due = add_working_time(office_calendar(), rome(2026, 3, 6, 14), hours(4))

    assert due == rome(2026, 3, 6, 18)


def test_nothing_to_do_is_due_at_once_even_at_night():
    night = rome(2026, 3, 7, 3)

    assert add_working_time(office_calendar(), night, timedelta(0)) == night


def test_a_deadline_crosses_the_new_year():
    due = add_working_time(office_calendar(), rome(2026, 12, 31, 17), hours(2))

    assert due == rome(2027, 1, 4, 10)  # 1 January is a Friday


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        (rome(2026, 3, 3, 9), rome(2026, 3, 3, 9)),
        (rome(2026, 3, 3, 10, 11, 12, 13), rome(2026, 3, 3, 10, 11, 12, 13)),
        (rome(2026, 3, 3, 13), rome(2026, 3, 3, 14)),
        (rome(2026, 3, 3, 18), rome(2026, 3, 4, 9)),
        (rome(2026, 12, 31, 18), rome(2027, 1, 4, 9)),
    ],
)
def test_what_falls_outside_office_hours_waits_for_the_next_opening(at: datetime, opening: datetime):
    assert next_opening(office_calendar(), at) == opening


def test_instants_of_any_zone_give_the_same_result_in_utc():
    start = rome(2026, 3, 3, 12, 30)

    for zone in ("UTC", "America/New_York", "Asia/Kathmandu"):
        due = add_working_time(office_calendar(), start.astimezone(ZoneInfo(zone)), hours(2))

        assert (due, due.tzinfo) == (rome(2026, 3, 3, 15, 30), UTC)


def test_an_end_before_the_start_counts_nothing():
    assert working_time(always_open(), rome(2026, 3, 3), rome(2026, 3, 2)) == timedelta(0)


def test_an_office_without_holidays_counts_in_every_year():
    assert working_time(always_open(), rome(1950, 1, 1), rome(1950, 1, 2)) == timedelta(days=1)
    assert working_time(always_open(), rome(2500, 7, 1), rome(2500, 7, 2)) == timedelta(days=1)
