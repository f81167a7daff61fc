"""The page of a request that could not be acted on: as it stands now, saying why, with what was written.

For whoever clicked on a page that was older than what it showed; a page that says only what went wrong would lose
both the way back and the words.
"""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from services.chassis.auth import Caller
from services.chassis.i18n import N_, language_of
from services.chassis.pages import Notice
from services.chassis.problems import Problem
from services.chassis.service import Service
from services.intake.handlers.parts import Parts, find
from services.intake.pages import labels
from services.intake.pages.request import show
from services.intake.pages.subject_fields import of_page
from services.intake.pages.uploads import faults_of

_TEXTS = ("reply", "question", "solution", "comment", "reopening", "withdrawal")
_DATA = ("title", "tags", "protocol_number", "link_to")


async def not_possible(
    service: Service,
    parts: Parts,
    request: Request,
    caller: Caller,
    number: str,
    problem: Problem,
    *,
    name: str = "",
    values: dict[str, Any] | None = None,
) -> Response:
    """The request's page. name: the action, whose form is open again with `values`.

    Raises the problem itself where that page would not help, and 404 for who no longer sees the request.
    """
    if problem.status not in (403, 409, 413, 415, 422):
        raise problem
    found = await find(parts, caller, number)
    words = service.web.pages.translations.translator(language_of(request, caller))
    if problem.kind == "file-not-accepted":
        told = words(N_("The message was not sent, because a file was not accepted. Choose the files again."))
    elif problem.kind == "transition-not-allowed":
        status = words(labels.STATUSES[found["status"]][0])
        told = words(N_("This is no longer possible: meanwhile the request is “{status}”. Below is how it stands now."),
                     status=status)  # fmt: skip
    else:
        told = words(problem.detail or problem.title, **problem.values)
    errors = of_page(faults_of(problem, words))
    # Faults that stand beside their fields say enough.
    notices = [] if errors and problem.kind.startswith("unprocessable") else [Notice("warning", told)]
    return await show(
        service, parts, request, caller, found, status=problem.status, notices=notices,
        values=values, errors=errors, opened=name, unsent=_written(values or {}) if problem.status == 409 else "",
    )  # fmt: skip


def _written(values: dict[str, Any]) -> str:
    """What somebody wrote for an action whose form is no longer there."""
    return "\n\n".join(str(values[name]) for name in (*_TEXTS, *_DATA) if values.get(name))
