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
_FIELDS = {"further_themes": (FURTHER, _THEMES), "companies": (COMPANIES, _COMPANIES)}
"""Field of the use cases -> what it is called on pages, and what it may hold."""


def chosen(form: FormData) -> list[str]:
    """The boxes that are ticked."""
    return [value for value in form.getlist(FURTHER) if isinstance(value, str)]


def written_subject(form: FormData) -> dict[str, list[str]]:
    """Further themes and companies as they were written, right or wrong, where the page had fields for them."""
    found: dict[str, list[str]] = {}
    if SHOWN in form or FURTHER_SHOWN in form:
        found["further_themes"] = chosen(form)
    if SHOWN in form:
        written = re.split(r"[,;\n]", str(form.get(COMPANIES) or ""))
        found["companies"] = [part.strip() for part in written if part.strip()]
    return found


def read_subject(form: FormData) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Further themes and companies as the use cases take them, and a sentence (msgid) for each wrong field."""
    values: dict[str, list[str]] = {}
    errors: dict[str, str] = {}
    for field, sent in written_subject(form).items():
        name, kind = _FIELDS[field]
        try:
            values[field] = kind.validate_python(sent)
        except ValidationError as error:
            errors[name] = problem_of(error).errors[0]["detail"]
    return values, errors


def of_page(errors: dict[str, str]) -> dict[str, str]:
    """Errors of the use cases under the names that the fields have on the page."""
    names = {field: name for field, (name, _) in _FIELDS.items()}
    return {names.get(name.split("/")[0], name.split("/")[0]): text for name, text in errors.items()}


def written_values(form: FormData) -> dict[str, Any]:
    """What was written, to be shown again."""
    texts: dict[str, Any] = {name: value for name, value in form.items() if isinstance(value, str)}
    return {**texts, FURTHER: chosen(form)}
