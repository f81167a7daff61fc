"""Lines of a text in pieces: the same however it is cut, and by whatever sign they end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.lines import Lines


def read(pieces: list[str]) -> list[str]:
    lines = Lines()
    found = [line for piece in pieces for line in lines.feed(piece)]
    return [*found, *lines.feed("", final=True)]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_ends_by_each_of_the_signs(end: str) -> None:
    assert read([f"uno{end}due{end}tre"]) == [f"uno{end}", f"due{end}", "tre"]


def test_what_is_not_whole_yet_waits() -> None:
    lines = Lines()
    assert (lines.feed("uno\ndu"), lines.rest) == (["uno\n"], "du")
    assert (lines.feed("e\r"), lines.rest) == ([], "due")
    assert (lines.feed("\ntre"), lines.rest) == (["due\r\n"], "tre")


@given(st.lists(st.text(alphabet="ab;\r\n", max_size=6), max_size=8))
def test_where_the_text_is_cut_changes_nothing(pieces: list[str]) -> None:
    whole = "".join(pieces)
    assert read(pieces) == read([whole])
    assert "".join(read(pieces)) == whole
