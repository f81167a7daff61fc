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
from services.intake.pages.request import show, written_in
from services.intake.pages.subject_fields import of_page
from services.intake.pages.uploads import faults_of


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

    Raises the problem itself where that page would not help.
    """
    if problem.status not in (403, 404, 409, 413, 415, 422):
        raise problem
    try:
        found = await find(parts, caller, number)
    except Problem as gone:
        return unseen(service, request, caller, gone, values or {})
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
        values=values, errors=errors, opened=name,
    )  # fmt: skip


def unseen(service: Service, request: Request, caller: Caller, problem: Problem, values: dict[str, Any]) -> Response:
    """What somebody wrote about a request that they do not see, or no longer; of the request nothing is said.

    Raises the problem where nothing was written.
    """
    text = written_in(values)
    if problem.status != 404 or not text:
        raise problem
    return service.web.pages.render(request, "requests/unseen.html", caller, status=404, unsent=text)
