"""Repeating events of a calendar: each time within two years counts, and no rule of a stranger holds us up."""

import time
from datetime import date

import pytest

from services.routing.api.calendars import absences
from tests.routing.test_experts import calendar

TODAY = date(2026, 11, 23)
DAY = "DTSTART;VALUE=DATE:20261127\r\n"


def days_of(*events: str) -> tuple[list[str], dict[str, int]]:
    found, left_out = absences(calendar(*events), TODAY)
    return [item["from"] for item in found], left_out


@pytest.mark.parametrize(
    ("event", "days"),
    [
        (f"{DAY}RRULE:FREQ=WEEKLY;COUNT=3", ["2026-11-27", "2026-12-04", "2026-12-11"]),
        (f"{DAY}RRULE:FREQ=WEEKLY;COUNT=3\r\nEXDATE;VALUE=DATE:20261204", ["2026-11-27", "2026-12-11"]),
        (f"{DAY}RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270101", ["2026-11-27", "2026-12-25"]),
        (f"{DAY}RDATE;VALUE=DATE:20261201", ["2026-11-27", "2026-12-01"]),
        ("DTSTART;VALUE=DATE:20200815\r\nRRULE:FREQ=YEARLY", ["2027-08-15", "2028-08-15"]),
        ("DTSTART;TZID=Europe/Rome:20270326T000000\r\nDTEND;TZID=Europe/Rome:20270327T000000\r\nRRULE:FREQ=WEEKLY;COUNT=2",
         ["2027-03-26", "2027-04-02"]),
    ],
)  # fmt: skip
def test_a_repeating_absence_counts_for_every_time_it_comes(event: str, days: list[str]) -> None:
    assert days_of(event) == (days, {})


def test_one_time_that_was_moved_or_cancelled_replaces_the_one_of_the_rule() -> None:
    series = ["UID:s\r\nDTSTART;VALUE=DATE:20261201\r\nRRULE:FREQ=WEEKLY;COUNT=3"]
    series += ["UID:s\r\nRECURRENCE-ID;VALUE=DATE:20261208\r\nDTSTART;VALUE=DATE:20261210"]
    series += ["UID:s\r\nRECURRENCE-ID;VALUE=DATE:20261215\r\nDTSTART;VALUE=DATE:20261215\r\nSTATUS:CANCELLED"]
    events = "".join(f"BEGIN:VEVENT\r\n{each}\r\nEND:VEVENT\r\n" for each in series)
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{events}END:VCALENDAR\r\n".encode()

    found, left_out = absences(text, TODAY)

    assert [item["from"] for item in found] == ["2026-12-01", "2026-12-10"]
    assert left_out == {"not_busy": 1}


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=SECONDLY", "repeated"),
        ("FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3", "repeated"),
        ("FREQ=DAILY;INTERVAL=0", "too_many"),
        ("FREQ=WEEKLY;INTERVAL=-1", "too_many"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "too_many"),
        ("FREQ=NEVER", "too_many"),
    ],
)
def test_a_rule_that_would_hold_us_up_is_left_out_and_the_others_are_read(rule: str, why: str) -> None:
    began = time.monotonic()

    days, left_out = days_of(f"{DAY}RRULE:{rule}", "DTSTART;VALUE=DATE:20261224")

    assert (days, left_out) == (["2026-12-24"], {why: 1})
    assert time.monotonic() - began < 2


def test_rules_that_never_come_true_are_given_up_after_a_while() -> None:
    never = "DTSTART;VALUE=DATE:20200131\r\nRRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=MO;BYSETPOS=2"
    began = time.monotonic()

    _, left_out = days_of(*[never] * 200)

    assert left_out["too_many"] > 100
    assert time.monotonic() - began < 15


def test_what_is_free_time_or_only_hours_is_counted_once_for_the_whole_rule() -> None:
    hours = "DTSTART:20261127T090000Z\r\nDTEND:20261127T100000Z\r\nRRULE:FREQ=DAILY"

    assert days_of(f"{DAY}TRANSP:TRANSPARENT\r\nRRULE:FREQ=DAILY;COUNT=9", hours) == (
        [],
        {"not_busy": 1, "part_of_a_day": 1},
    )
