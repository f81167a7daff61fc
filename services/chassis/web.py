"""The web application of a service: routes in the common frame, every error a problem, probes beside them."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match

from services.chassis.access import Principals
from services.chassis.assets import mount_assets
from services.chassis.auth import Authenticator
from services.chassis.body_limits import FORM_WITH_FILES, BodyLimits
from services.chassis.errors import TransientError
from services.chassis.head_requests import HeadAsGet
from services.chassis.i18n import N_, language_of
from services.chassis.metrics import Metrics
from services.chassis.middleware import Around
from services.chassis.openapi import describe
from services.chassis.pages import Pages
from services.chassis.problems import Problem, not_found, unavailable
from services.chassis.rate_limits import RateLimits
from services.chassis.saving import AlreadyExists, Unstorable
from services.chassis.sessions import Sessions
from services.chassis.settings import Settings
from services.chassis.tokens import TokenVerifier
from services.chassis.validation import problem_of, unsupported

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
        self._bodies = BodyLimits(settings.largest_body)
        self.app = FastAPI(
            title=f"Affianca {name}",
            version="1.0.0",
            openapi_url=f"/api/{name}/openapi.json",
            redirect_slashes=False,  # It would send browsers to whatever host the request named.
            docs_url=None,
            redoc_url=None,
            # The chassis measures and logs by itself, and says nothing of persons.
            telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
        )
        self.app.add_middleware(
            Around,
            authenticator=Authenticator(principals, self.tokens, now),
            sessions=self.sessions,
            limits=RateLimits(settings),
            metrics=metrics,
            refuse=self.answer,
            bodies=self._bodies,
        )
        self.app.add_middleware(HeadAsGet)
        self.app.state.sessions = self.sessions
        mount_assets(self.app, settings)
        self._handle_errors()
        describe(self.app, name, settings)

    def include(self, router: APIRouter) -> None:
        """Adds a router's routes one by one: a tree of routers is searched anew, level by level, for each request."""
        self.app.router.routes.extend(_flat(router.routes))

    def takes_files(self, pattern: str, most: int, media_type: str = FORM_WITH_FILES) -> None:
        """Lets forms with files (or bodies of that type) at the addresses that match have so many bytes. Forms are
        spooled to disk, not kept in memory; the route must name its caller before it reads them.
        """
        self._bodies.add(pattern, most, media_type)

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
            return self.answer(request, unsupported(request) or problem_of(error))

        @app.exception_handler(HTTPException)
        async def refused(request: Request, error: HTTPException) -> Response:
            # The framework hides what was raised while it read the body, such as a limit.
            cause = error.__cause__
            return self.answer(request, cause if isinstance(cause, Problem) else _refusal(request, error))

        @app.exception_handler(TransientError)
        async def away(request: Request, error: TransientError) -> Response:
            log.warning("request_not_served", error=type(error).__name__, request_id=request.state.correlation)
            return self.answer(request, unavailable())

        @app.exception_handler(AlreadyExists)
        async def taken(request: Request, error: AlreadyExists) -> Response:
            return self.answer(request, Problem(409, N_("It exists already")))

        @app.exception_handler(Unstorable)
        async def unstorable(request: Request, error: Unstorable) -> Response:
            log.warning("document_refused", error=str(error), request_id=request.state.correlation)
            detail = N_("A value lies outside what can be stored, for instance a date before the year 1.")
            return self.answer(request, Problem(422, N_("Some fields are not valid"), detail))


def _flat(routes: Iterable[Any]) -> Iterator[Any]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from _flat(route.original_router.routes)
        else:
            yield route


def _is_page(request: Request) -> bool:
    """Whether a person in a browser will read the answer."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _refusal(request: Request, error: HTTPException) -> Problem:
    """A problem for what the framework itself refuses."""
    if error.status_code == 404:
        return not_found()
    headers = dict(error.headers or {})
    if error.status_code == 405:
        detail = N_("This address does not know that method; see Allow.")
        allow = ", ".join(sorted(_methods(request.app.routes, request))) or headers.get("Allow", "")
        return Problem(405, N_("Method not allowed"), detail, headers=headers | {"Allow": allow})
    return Problem(error.status_code, N_("The request cannot be used"), headers=headers)


def _methods(routes: Iterable[Any], request: Request) -> set[str]:
    """Every method of an address: the framework names those of the first route alone."""
    found: set[str] = set()
    for route in routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= set(route.methods or ())
    return found | {"HEAD"} if "GET" in found else found
