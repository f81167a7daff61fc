"""Forms of pages: read once, and only with the token of the browser's own session (CSRF)."""

from collections.abc import AsyncIterator
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from services.chassis.i18n import N_
from services.chassis.problems import Problem
from services.chassis.sessions import Session, Sessions
from services.chassis.validation import problem_of

TOKEN_FIELD = "csrf_token"
Model = TypeVar("Model", bound=BaseModel)


MOST_FILES = 20
"""Files of one form."""
_MOST_FIELDS, _LONGEST_FIELD = 100, 300_000


async def form_with_files(request: Request, files: int = MOST_FILES) -> FormData:
    """The fields of a form. Files lie on disk beyond their first megabyte, so a form never needs more memory than
    about fifty megabytes, however large it may be. Raises 400 for a form of more parts.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/"):
        return await request.form()
    return await request.form(max_files=files, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD)


async def checked_form(request: Request) -> AsyncIterator[FormData]:
    """A dependency that every POST of a page has: its fields, once the token has been compared.

    Files that were sent are there until the page has been answered. Raises 403 for a form that did not come from a
    page of this session.
    """
    form = await form_with_files(request)
    session: Session = request.state.session
    sessions: Sessions = request.app.state.sessions
    try:
        if not sessions.matches(session, form.get(TOKEN_FIELD)):
            detail = N_("The page was open too long. Go back, load it again and repeat: what you wrote is still there.")
            raise Problem(403, N_("The form has expired"), detail)
        yield form
    finally:
        await form.close()


checked_form.checks_token = True  # type: ignore[attr-defined]


def unix_lines(text: str) -> str:
    """Browsers send line breaks as CR LF; we keep LF, as from every other front-end."""
    return text.replace("\r\n", "\n")


def fill(model: type[Model], form: FormData) -> tuple[Model | None, dict[str, str]]:
    """The model made of a form's texts, or None and a sentence (msgid) for each wrong field.

    Empty fields count as not sent.
    """
    fields = {name: value for name, value in form.items() if isinstance(value, str) and value.strip()}
    fields.pop(TOKEN_FIELD, None)
    try:
        return model.model_validate(fields), {}
    except ValidationError as error:
        problem = problem_of(error)
        return None, {fault["pointer"].lstrip("/"): fault["detail"] for fault in problem.errors}
