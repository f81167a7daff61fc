"""Where no honest answer exists, working time gives none."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from contracts.working_time import (
    Calendar,
    NeverReached,
    add_working_time,
    always_open,
    next_opening,
    office_calendar,
    working_time,
)
from contracts.working_time.openings import open_year

ROME = ZoneInfo("Europe/Rome")


def rome(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ROME)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.mark.parametrize(
    "at", [datetime.min.replace(tzinfo=timezone(hours(14))), datetime.max.replace(tzinfo=timezone(hours(-12)))]
)
def test_a_moment_without_a_date_in_utc_is_refused(at: datetime):
    with pytest.raises(ValueError, match="first and the last hours"):
        add_working_time(always_open(), at, hours(1))
    with pytest.raises(ValueError, match="first and the last hours"):
        next_opening(always_open(), at)


@pytest.mark.parametrize("year", [2019, 2033])
def test_a_year_without_known_holidays_is_refused_not_counted_as_one_without_holidays(year: int):
    start = rome(year, 3, 1, 10)

    with pytest.raises(ValueError, match=f"not for {year}"):
        working_time(office_calendar(), start, start + hours(1))
    with pytest.raises(ValueError, match=f"not for {year}"):
        add_working_time(office_calendar(), start, hours(1))
    with pytest.raises(ValueError, match=f"not for {year}"):
        next_opening(office_calendar(), start)


def test_a_deadline_that_runs_out_of_the_known_holidays_is_refused():
    with pytest.raises(ValueError, match="not for 2033"):
        add_working_time(office_calendar(), rome(2032, 12, 31, 17), hours(2))


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_time_are_refused(year: int):
    at = datetime(year, 6, 1, tzinfo=UTC)

    with pytest.raises(ValueError, match=f"year {year}"):
        working_time(always_open(), at, at + hours(1))


def test_more_than_a_century_is_refused():
    start = rome(1900, 1, 1)

    with pytest.raises(ValueError, match="100 years"):
        working_time(always_open(), start, rome(2026, 1, 1))
    with pytest.raises(NeverReached):
        add_working_time(always_open(), start, timedelta(days=150 * 366))


def test_an_office_without_hours_is_not_sought_for_a_century():
    shut = Calendar("Europe/Rome", ((),) * 7)
    before = open_year.cache_info().misses

    with pytest.raises(NeverReached):
        next_opening(shut, rome(1800, 1, 1))

    assert open_year.cache_info().misses == before


def test_an_office_that_never_opens_has_no_next_opening_and_no_deadline():
    shut = Calendar("Europe/Rome", ((),) * 7)

    with pytest.raises(NeverReached):
        next_opening(shut, rome(2026, 1, 1))
    with pytest.raises(NeverReached):
        add_working_time(shut, rome(2026, 1, 1), hours(1))
    assert working_time(shut, rome(2026, 1, 1), rome(2027, 1, 1)) == timedelta(0)


def test_times_without_a_zone_and_negative_amounts_are_refused():
    naive = datetime(2026, 3, 3, 9)  # noqa: DTZ001 - the point of the test

    with pytest.raises(ValueError, match="time zone"):
        working_time(office_calendar(), naive, rome(2026, 3, 4))
    with pytest.raises(ValueError, match="time zone"):
        next_opening(office_calendar(), naive)
    with pytest.raises(ValueError, match="negative"):
        add_working_time(office_calendar(), rome(2026, 3, 3), hours(-1))
