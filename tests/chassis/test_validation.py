"""What is wrong with a field is said in a sentence of its own, however the field is checked."""

from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from services.chassis.validation import problem_of


class Form(BaseModel):
    """A plain text, one that is looked at before it is measured, and a list."""

    plain: Annotated[str, Field(min_length=1, max_length=3)] = "a"
    cleaned: Annotated[str, AfterValidator(str.strip), Field(min_length=1, max_length=3)] = "a"
    listed: Annotated[list[str], Field(min_length=1, max_length=3)] = ["a"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("plain", "a" * 10_000, "Too long."),
        ("cleaned", "a" * 10_000, "Too long."),
        ("listed", ["a"] * 4, "Too many entries."),
        ("plain", "", "Too short."),
        ("cleaned", " ", "Too short."),
        ("listed", [], "Too few entries."),
    ],
)
def test_too_much_and_too_little_are_told_as_such(field: str, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Form.model_validate({field: value})

    assert list(problem_of(refused.value).errors) == [{"pointer": f"/{field}", "detail": said}]
