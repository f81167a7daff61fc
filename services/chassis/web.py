"""The web application of a service: routes in the common frame, every error a problem, probes beside them."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from services.chassis.access import Principals
from services.chassis.assets import mount_assets
from services.chassis.auth import Authenticator
from services.chassis.errors import TransientError
from services.chassis.i18n import N_, language_of
from services.chassis.metrics import Metrics
from services.chassis.middleware import Around
from services.chassis.pages import Pages
from services.chassis.problems import Problem, not_found, unavailable
from services.chassis.rate_limits import RateLimits
from services.chassis.saving import AlreadyExists
from services.chassis.sessions import Sessions
from services.chassis.settings import Settings
from services.chassis.tokens import TokenVerifier
from services.chassis.validation import problem_of

log = structlog.get_logger()


class Web:
    """What routes of a service need: the application, its pages, and who its callers are."""

    def __init__(
        self,
        name: str,
        pages: Pages,
        principals: Principals,
        settings: Settings,
        metrics: Metrics,
        now: Callable[[], Any],
    ) -> None:
        self.pages = pages
        self.sessions = Sessions(settings)
        self.tokens = TokenVerifier(settings)
        self.app = FastAPI(
            title=f"Affianca {name}",
            version="1.0.0",
            openapi_url=f"/api/{name}/openapi.json",
            docs_url=None,
            redoc_url=None,
        )
        self.app.add_middleware(
            Around,
            authenticator=Authenticator(principals, self.tokens, now),
            sessions=self.sessions,
            limits=RateLimits(settings),
            metrics=metrics,
            refuse=self.answer,
            largest_body=settings.largest_body,
        )
        self.app.state.sessions = self.sessions
        mount_assets(self.app, settings)
        self._handle_errors()

    def answer(self, request: Request, problem: Problem) -> Response:
        """A problem as the caller can read it: JSON on APIs, a page elsewhere."""
        caller = getattr(request.state, "caller", None)
        if problem.status == 401 and request.method == "GET" and _is_page(request):
            wanted = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
            return RedirectResponse(f"/login?next={wanted}", status_code=303)
        language = language_of(request, caller)
        if not _is_page(request):
            document = problem.document(request.url.path, self.pages.translations.translator(language))
            body = json.dumps(document, ensure_ascii=False).encode()
            headers = {"Content-Language": language} | problem.headers
            return Response(body, problem.status, headers, media_type="application/problem+json")
        response = self.pages.render(request, "problem.html", caller, status=problem.status, problem=problem)
        response.headers.update(problem.headers)
        return response

    def _handle_errors(self) -> None:
        app = self.app

        @app.exception_handler(Problem)
        async def told(request: Request, error: Problem) -> Response:
            return self.answer(request, error)

        @app.exception_handler(RequestValidationError)
        async def not_valid(request: Request, error: RequestValidationError) -> Response:
            return self.answer(request, problem_of(error))

        @app.exception_handler(HTTPException)
        async def refused(request: Request, error: HTTPException) -> Response:
            # The framework hides what was raised while it read the body, such as a limit.
            cause = error.__cause__
            problem = cause if isinstance(cause, Problem) else _of_status(error.status_code, error.headers)
            return self.answer(request, problem)

        @app.exception_handler(TransientError)
        async def away(request: Request, error: TransientError) -> Response:
            log.warning("request_not_served", error=type(error).__name__, request_id=request.state.correlation)
            return self.answer(request, unavailable())

        @app.exception_handler(AlreadyExists)
        async def taken(request: Request, error: AlreadyExists) -> Response:
            return self.answer(request, Problem(409, N_("It exists already")))


def _is_page(request: Request) -> bool:
    """Whether a person in a browser will read the answer."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _of_status(status: int, headers: Any) -> Problem:
    """A problem for what the framework itself refuses."""
    if status == 404:
        return not_found()
    if status == 405:
        detail = N_("This address does not know that method; see Allow.")
        return Problem(405, N_("Method not allowed"), detail, headers=dict(headers or {}))
    return Problem(status, N_("The request cannot be used"), headers=dict(headers or {}))
