"""Which form of a report an Accept header gets."""

import pytest

from services.reporting.exports import choose


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("text/*;q=0.5, application/pdf", "csv"),
        ("text/csv, application/json", "csv"),
        ("text/csv;q=0.1, application/json", "json"),
        ("application/json;q=0.2, TEXT/CSV; header=present; q=0.8", "csv"),
        ("application/json;q=0", None),
        ("application/json;q=much", "json"),
        ("application/pdf", None),
    ],
)
def test_the_most_wanted_form_that_there_is_is_given(accept: str, form: str | None) -> None:
    assert choose(None, accept) == form
