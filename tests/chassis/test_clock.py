from datetime import UTC, datetime, timedelta

from services.chassis.clock import Clock


def test_the_clock_tells_utc_in_the_milliseconds_that_the_database_keeps() -> None:
    now = Clock().now()

    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=1)


def test_a_moved_clock_goes_on_from_where_it_was_moved_to() -> None:
    clock, there = Clock(), datetime(2026, 3, 28, 18, 0, tzinfo=UTC)

    clock.move_to(there)
    clock.advance(timedelta(hours=12))

    assert timedelta(hours=12) <= clock.now() - there + timedelta(milliseconds=1) < timedelta(hours=12, seconds=5)


def test_a_reset_clock_tells_real_time() -> None:
    clock = Clock()
    clock.advance(timedelta(days=-400))

    clock.reset()

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
