"""Calendars refuse what would count wrongly in silence, and are laid out once a year."""

from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.vocabulary import holidays
from contracts.working_time import Calendar, Span, office_calendar, working_time
from contracts.working_time.openings import open_year

WEEK = ((Span.parse("09:00-13:00"),),) * 7


@pytest.mark.parametrize(
    "text",
    ["", "09:00", "9-13", "09:00-13:00-14:00", "13:00-09:00", "09:00-09:00", "09:00-24:01", "09:60-10:00", "²:00-3:00"],
)
def test_an_opening_that_cannot_be_read_is_refused(text: str):
    with pytest.raises(ValueError, match=r"opening such as|must open before"):
        Span.parse(text)


def test_an_opening_reaches_until_the_midnight_that_ends_the_day():
    assert Span.parse(" 00:00 - 24:00 ") == Span(0, 1440)


@pytest.mark.parametrize(
    "day",
    [
        (Span(600, 700), Span(650, 800)),
        (Span(700, 800), Span(500, 600)),
        (Span(600, 600),),
        (Span(-1, 600),),
        (Span(600, 1441),),
    ],
)
def test_openings_that_overlap_or_leave_the_day_are_refused(day: tuple[Span, ...]):
    with pytest.raises(ValueError, match="opening"):
        Calendar("Europe/Rome", (day,) * 7)


def test_a_week_of_six_days_is_refused():
    with pytest.raises(ValueError, match="seven days"):
        Calendar("Europe/Rome", WEEK[:6])


@pytest.mark.parametrize("name", ["Europe/Milano", "", "../etc/passwd"])
def test_an_unknown_time_zone_is_refused(name: str):
    with pytest.raises(ValueError, match="time zone"):
        Calendar(name, WEEK)


def test_a_closed_day_with_a_time_is_refused():
    with pytest.raises(ValueError, match="without a time"):
        Calendar("Europe/Rome", WEEK, frozenset({datetime(2026, 6, 2, tzinfo=UTC)}))


def test_an_unknown_province_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"'XX'; known: .*VA"):
        office_calendar("XX")


def test_the_office_knows_the_holidays_of_exactly_the_years_of_the_vocabulary():
    first, last = office_calendar("MI").known_years or (0, 0)

    assert holidays(first)
    assert holidays(last)
    for year in (first - 1, last + 1):
        with pytest.raises(ValueError, match=str(year)):
            holidays(year)


def test_a_further_closed_day_leaves_the_shared_calendar_as_it_was():
    patron = date(2026, 6, 1)

    own = office_calendar("VA").also_closed([patron])

    assert patron in own.closed
    assert patron not in office_calendar("VA").closed
    assert own.known_years == office_calendar("VA").known_years


def test_a_year_is_laid_out_once_and_the_memory_for_it_is_bounded():
    start = datetime(2026, 3, 3, 9, tzinfo=UTC)
    working_time(office_calendar("SO"), start, start + timedelta(days=9))
    before = open_year.cache_info()

    working_time(office_calendar("SO"), start, start + timedelta(days=90))

    after = open_year.cache_info()
    assert after.misses == before.misses
    assert after.hits > before.hits
    assert after.maxsize is not None
