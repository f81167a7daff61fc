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


async def checked_form(request: Request) -> AsyncIterator[FormData]:
    """A dependency that every POST of a page has: its fields, once the token has been compared.

    Files that were sent are there until the page has been answered. Raises 403 for a form that did not come from a
    page of this session.
    """
    session: Session = request.state.session
    sessions: Sessions = request.app.state.sessions
    async with request.form() as form:
        if not sessions.matches(session, form.get(TOKEN_FIELD)):
            detail = N_("The page was open too long. Go back, load it again and repeat: what you wrote is still there.")
            raise Problem(403, N_("The form has expired"), detail)
        yield form


checked_form.checks_token = True  # type: ignore[attr-defined]


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
