import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.chassis.paging import cursor_of, key_of, moment, page_of, position, text, uuid
from services.chassis.problems import Problem

NOON = datetime(2026, 3, 28, 12, 0, 0, 123000, UTC)


def _made(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def test_the_keys_of_a_row_come_back_as_they_were() -> None:
    cursor = cursor_of({"at": NOON, "_id": "È ~/+?"}, "at", "_id")

    assert position(cursor, moment, text) == (NOON, "È ~/+?")
    assert cursor.isascii() and not set(cursor) & set("+/=&?")


def test_a_cursor_with_its_filling_is_understood_too() -> None:
    assert position(_made(["2026-03-28T13:00:00.123+01:00", "x"]), moment, text) == (NOON, "x")


def test_a_list_begins_where_no_cursor_is_given() -> None:
    assert key_of(None, uuid) is None


def test_only_a_page_after_which_rows_follow_has_a_cursor() -> None:
    rows = [{"_id": str(uuid4())} for _ in range(3)]

    shown, following = page_of(rows, 2, "_id")
    everything, end = page_of(rows, 3, "_id")

    assert shown == rows[:2] and key_of(following, uuid) == rows[1]["_id"]
    assert everything == rows and end is None
    assert page_of([], 3, "_id") == ([], None)


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "%%%", "é", "\x00", "====", _made(None), _made("ab"), _made({"a": "b", "c": "d"}), _made([]),
        _made(["2026-01-01T00:00:00Z"]), _made(["2026-01-01T00:00:00Z", "x", "y"]), _made(["2026-01-01T00:00:00Z", 1]),
        _made(["2026-01-01T00:00:00", "x"]), _made(["0001-01-01T00:00:00+14:00", "x"]), _made(["yesterday", "x"]),
        _made(["2026-01-01T00:00:00Z", "\ud800"]), _made(["2026-01-01T00:00:00Z", {"$gt": ""}]),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(), base64.urlsafe_b64encode(b"9" * 5_000).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)  # fmt: skip
def test_a_foreign_or_damaged_cursor_is_refused_and_named(cursor: str) -> None:
    with pytest.raises(Problem) as refused:
        position(cursor, moment, text)

    assert refused.value.status == 422
    assert [error["pointer"] for error in refused.value.errors] == ["/query/cursor"]


def test_the_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(Problem):
        key_of(cursor_of({"_id": "016024"}, "_id"), uuid)
