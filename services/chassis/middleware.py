"""What happens around every request: who calls, limits, protective headers, metrics, the access log's line.

Plain ASGI, because the framework's own middleware costs more than all of this together.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.envelope import new_id
from services.chassis import strict_json
from services.chassis.auth import NOBODY, Authenticator, Caller
from services.chassis.body_limits import BodyLimits, bounded_body, too_large
from services.chassis.errors import frames
from services.chassis.i18n import N_
from services.chassis.metrics import Metrics
from services.chassis.mongo import is_infrastructure
from services.chassis.problems import Problem, unavailable
from services.chassis.rate_limits import Allowance, RateLimits
from services.chassis.sessions import Session, Sessions

Refuse = Callable[[Request, Problem], Any]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UNCOUNTED = ("/assets/", "/live", "/ready")
_MEDIA_TYPES = ("application/json", "application/merge-patch+json", "multipart/form-data", "text/csv")
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_PROTECTION = {
    b"content-security-policy": b"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    b"frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cache-control": b"no-store",
}
log = structlog.get_logger()
access_log = structlog.get_logger("access")


class Around:
    """Wraps a service's routes. `refuse` answers with a Problem, `bodies` tells how many bytes one takes."""

    def __init__(
        self,
        app: ASGIApp,
        authenticator: Authenticator,
        sessions: Sessions,
        limits: RateLimits,
        metrics: Metrics,
        refuse: Refuse,
        bodies: BodyLimits,
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._sessions = sessions
        self._limits = limits
        self._metrics = metrics
        self._refuse = refuse
        self._limits_of_bodies = bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_UNCOUNTED):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.caller, request.state.csrf_token = NOBODY, ""
        request.state.correlation = new_id()
        headers: list[tuple[bytes, bytes]] = [(b"x-request-id", request.state.correlation.encode())]
        answer = _Answer(send, headers)
        began = time.monotonic()
        try:
            allowance = await self._recognise(request)
            headers.extend(allowance.headers())
            if not allowance.allowed:
                raise Problem(429, N_("Too many requests"), N_("Wait as long as Retry-After says, then go on."))
            largest = self._limits_of_bodies.largest(request.url.path, media_type(request))
            _check_body(request, largest)
            bounded = bounded_body(receive, largest)
            await self._app(scope, await strict_json.checked(bounded) if _is_json(request) else bounded, answer)
        except Problem as problem:
            if answer.status:
                raise
            await self._refuse(request, problem)(scope, receive, answer)
        except Exception as error:
            if is_infrastructure(error) and not answer.status:
                log.warning("request_not_served", error=type(error).__name__, request_id=request.state.correlation)
                await self._refuse(request, unavailable())(scope, receive, answer)
                return
            log.error(
                "request_failed", error=type(error).__name__, at=frames(error), request_id=request.state.correlation
            )
            if answer.status:
                raise
            await self._refuse(request, _unexpected())(scope, receive, answer)
        finally:
            self._observe(request, answer.status or 500, time.monotonic() - began)

    async def _recognise(self, request: Request) -> Allowance:
        session = self._sessions.read(request)
        request.state.session = session
        request.state.csrf_token = session.csrf_token
        address = request.client.host if request.client else "unknown"
        try:
            request.state.caller = await self._authenticator.caller(request, _usable(request, session))
        except Problem as problem:
            # Guessing credentials is limited too.
            allowance = self._limits.take(Caller(), address)
            if not allowance.allowed:
                return allowance
            problem.headers |= {name.decode(): value.decode() for name, value in allowance.headers()}
            raise
        return self._limits.take(request.state.caller, address)

    def _observe(self, request: Request, status: int, seconds: float) -> None:
        route = getattr(request.scope.get("route"), "path", "none")
        self._metrics.http_requests.labels(request.method, route, str(status)).inc()
        self._metrics.http_seconds.labels(route).observe(seconds)
        caller: Caller = request.state.caller
        access_log.debug(
            "http_request", method=request.method, route=route, status=status, principal=caller.id,
            request_id=request.state.correlation, milliseconds=round(seconds * 1000, 1),
        )  # fmt: skip


def _usable(request: Request, session: Session) -> str | None:
    """A cookie alone never lets another site's page change something through an API."""
    if request.url.path.startswith("/api/") and request.method not in _SAFE:
        return None
    return session.principal


def _check_body(request: Request, largest: int) -> None:
    if request.method in _SAFE:
        return
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > largest:
        raise too_large(largest)
    has_body = length not in ("", "0") or "transfer-encoding" in request.headers
    media = media_type(request)
    accepted = _MEDIA_TYPES if request.url.path.startswith("/api/") else _FORM_TYPES
    if has_body and media not in accepted:
        detail = N_("Send one of: {types}.")
        raise Problem(415, N_("This content type is not accepted"), detail, values={"types": ", ".join(accepted)})


def media_type(request: Request) -> str:
    """The media type of a request's body, without its parameters; empty when none is named."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_json(request: Request) -> bool:
    return request.method not in _SAFE and media_type(request).endswith("json")


def _unexpected() -> Problem:
    detail = N_("The fault is ours and has been recorded. Tell the Segreteria Tecnica if it happens again.")
    return Problem(500, N_("Something went wrong"), detail)


class _Answer:
    """Adds headers to the answer and remembers its status."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self.status = 0
        self._send = send
        self._headers = headers

    def __call__(self, message: MutableMapping[str, Any]) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = {name.lower() for name, _ in message.get("headers", ())}
            protection = [(name, value) for name, value in _PROTECTION.items() if name not in own]
            # A quota of the caller's key says more than the limit of the process.
            usual = [(name, value) for name, value in self._headers if name not in own]
            message["headers"] = [*message.get("headers", ()), *usual, *protection]
        return self._send(message)
