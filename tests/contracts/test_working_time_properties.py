"""What holds for every office, interval and pause, against a count minute by minute."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.working_time import (
    Calendar,
    Pause,
    Span,
    add_working_time,
    always_open,
    next_opening,
    office_calendar,
    working_time,
)

MINUTE = timedelta(minutes=1)

spans = st.lists(st.integers(0, 1440), max_size=6, unique=True).map(
    lambda edges: tuple(Span(*pair) for pair in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)
calendars = st.sampled_from([office_calendar(), office_calendar("BG"), always_open()]) | st.builds(
    Calendar,
    time_zone=st.sampled_from(["Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    week=st.tuples(*[spans] * 7).filter(any),
    closed=st.frozensets(st.dates(date(2025, 12, 1), date(2027, 2, 1)), max_size=5),
)
instants = st.datetimes(datetime(2025, 12, 1), datetime(2027, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001
pauses = st.lists(st.tuples(instants, instants), max_size=4)

# Both changes of the clock of each zone, and a new year.
EDGES = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
]


def counted(calendar: Calendar, start: datetime, end: datetime, pauses: Sequence[tuple[datetime, datetime]]) -> int:
    """The open minutes, one after the other, by looking at the wall; everything on full minutes."""
    zone, minutes = ZoneInfo(calendar.time_zone), 0
    while start < end:
        wall = start.astimezone(zone)
        at = wall.hour * 60 + wall.minute
        is_open = wall.date() not in calendar.closed and any(
            opens <= at < closes for opens, closes in calendar.week[wall.weekday()]
        )
        minutes += is_open and not any(begin <= start < back for begin, back in pauses)
        start += MINUTE
    return minutes


@pytest.mark.parametrize("edge", EDGES, ids=str)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_result_is_what_a_look_at_the_wall_every_minute_gives(edge: datetime, data: st.DataObject):
    near = st.integers(-2000, 2000).map(lambda minutes: edge + minutes * MINUTE)
    calendar, start = data.draw(calendars), data.draw(near)
    end = start + MINUTE * data.draw(st.integers(0, 2000))
    given_pauses = data.draw(st.lists(st.tuples(near, near), max_size=3))

    expected = counted(calendar, start, end, given_pauses)

    assert working_time(calendar, start, end, given_pauses) == expected * MINUTE


@given(calendars, st.tuples(instants, instants, instants).map(sorted), pauses)
@settings(deadline=None)
def test_the_parts_of_an_interval_add_up(calendar: Calendar, three: list[datetime], stopped: list[Pause]):
    a, b, c = three

    parts = working_time(calendar, a, b, stopped) + working_time(calendar, b, c, stopped)

    assert parts == working_time(calendar, a, c, stopped)


@given(calendars, st.tuples(instants, instants).map(sorted), pauses)
@example(office_calendar(), [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)], [])
@settings(deadline=None)
def test_working_time_is_never_negative_nor_more_than_time(
    calendar: Calendar, two: list[datetime], stopped: list[Pause]
):
    start, end = two

    assert timedelta(0) <= working_time(calendar, start, end, stopped) <= end - start
    assert working_time(calendar, start, end, stopped) <= working_time(calendar, start, end)
    assert working_time(always_open(), start, end) == end - start


@given(calendars, instants, st.timedeltas(timedelta(0), timedelta(hours=200)), pauses)
@settings(deadline=None)
def test_a_deadline_is_the_first_instant_at_which_the_amount_has_passed(
    calendar: Calendar, start: datetime, amount: timedelta, stopped: list[Pause]
):
    due = add_working_time(calendar, start, amount, stopped)

    assert working_time(calendar, start, due, stopped) == amount
    assert due == start or working_time(calendar, start, due - timedelta(microseconds=1), stopped) < amount


@given(calendars, instants, st.lists(st.timedeltas(timedelta(0), timedelta(hours=90)), min_size=2, max_size=2), pauses)
@settings(deadline=None)
def test_more_work_is_never_due_earlier(
    calendar: Calendar, start: datetime, amounts: list[timedelta], stopped: list[Pause]
):
    less, more = sorted(amounts)

    assert add_working_time(calendar, start, less, stopped) <= add_working_time(calendar, start, more, stopped)


@given(calendars, instants)
@settings(deadline=None)
def test_the_next_opening_is_open_and_nothing_before_it_is(calendar: Calendar, at: datetime):
    opening = next_opening(calendar, at)

    assert opening >= at
    assert working_time(calendar, at, opening) == timedelta(0)
    assert working_time(calendar, opening, opening + timedelta(microseconds=1)) == timedelta(microseconds=1)
