"""Fields of forms about further themes and companies, which a form sends as boxes and as one line of text."""

import re
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData

from services.chassis.validation import problem_of
from services.intake.handlers.fields import Companies, FurtherThemes

FURTHER, COMPANIES = "further", "companies"
SHOWN, FURTHER_SHOWN = "subject_shown", "further_shown"
"""Hidden fields: without them the boxes (and the line) did not stand on the page, and nothing is to be changed."""
_THEMES: TypeAdapter[list[str]] = TypeAdapter(FurtherThemes)
_COMPANIES: TypeAdapter[list[str]] = TypeAdapter(Companies)


def chosen(form: FormData) -> list[str]:
    """The boxes that are ticked."""
    return [value for value in form.getlist(FURTHER) if isinstance(value, str)]


def read_subject(form: FormData) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Further themes and companies as the use cases take them, and a sentence (msgid) for each wrong field."""
    values: dict[str, list[str]] = {}
    errors: dict[str, str] = {}
    written = [part.strip() for part in re.split(r"[,;\n]", str(form.get(COMPANIES) or "")) if part.strip()]
    for field, name, kind, sent, shown in (
        ("further_themes", FURTHER, _THEMES, chosen(form), SHOWN in form or FURTHER_SHOWN in form),
        ("companies", COMPANIES, _COMPANIES, written, SHOWN in form),
    ):
        if not shown:
            continue
        try:
            values[field] = kind.validate_python(sent)
        except ValidationError as error:
            errors[name] = problem_of(error).errors[0]["detail"]
    return values, errors


def of_page(errors: dict[str, str]) -> dict[str, str]:
    """Errors of the use cases under the names that the fields have on the page."""
    names = {"further_themes": FURTHER}
    return {names.get(name.split("/")[0], name.split("/")[0]): text for name, text in errors.items()}


def written_values(form: FormData) -> dict[str, Any]:
    """What was written, to be shown again."""
    texts: dict[str, Any] = {name: value for name, value in form.items() if isinstance(value, str)}
    return {**texts, FURTHER: chosen(form)}
