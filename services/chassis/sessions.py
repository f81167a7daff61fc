"""Sessions of people in a browser: a signed cookie with the person's id, and the CSRF token bound to it.

Nothing is stored on the server, so every service behind the same address knows the session. Eight hours at
most; a revoked grant takes effect at once, because grants are looked up at each request.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from services.chassis.settings import Settings

COOKIE = "affianca_session"
LOGIN_COOKIE = "affianca_login"
_LONGEST_SECONDS = 8 * 3600
_LOGIN_SECONDS = 600


@dataclass(frozen=True)
class Session:
    """Who is logged in (None: nobody) and the token that this browser's forms must carry."""

    principal: str | None
    csrf_token: str


class Sessions:
    """Reads and writes the cookies."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.secret_key.get_secret_value() or secrets.token_urlsafe(32)
        self._secret = secret.encode()
        self._signer = URLSafeTimedSerializer(secret, salt="affianca-session")
        self._secure = settings.public_url.startswith("https:")

    def read(self, request: Request) -> Session:
        """The session of a request; an absent, forged or expired cookie is nobody's session."""
        content = self._load(request, COOKIE, _LONGEST_SECONDS)
        if content is None:
            return Session(None, "")
        return Session(content["principal"], self._csrf(content["id"]))

    def open(self, response: Response, principal: str) -> None:
        """Logs a person in, under a new session id."""
        self._store(response, COOKIE, {"principal": principal, "id": secrets.token_urlsafe(16)}, _LONGEST_SECONDS)

    def close(self, response: Response) -> None:
        """Logs out."""
        response.delete_cookie(COOKIE, path="/")

    def begin_login(self, response: Response, content: dict[str, Any]) -> None:
        """Keeps what the identity provider's answer will be compared with."""
        self._store(response, LOGIN_COOKIE, content, _LOGIN_SECONDS)

    def login_in_progress(self, request: Request) -> dict[str, Any] | None:
        """What `begin_login` kept in this browser, None after ten minutes."""
        return self._load(request, LOGIN_COOKIE, _LOGIN_SECONDS)

    def matches(self, session: Session, token: object) -> bool:
        """Whether a form's token belongs to this session."""
        return bool(session.csrf_token) and isinstance(token, str) and hmac.compare_digest(session.csrf_token, token)

    def _csrf(self, session_id: str) -> str:
        return hmac.new(self._secret, b"csrf" + session_id.encode(), hashlib.sha256).hexdigest()

    def _load(self, request: Request, cookie: str, seconds: int) -> dict[str, Any] | None:
        value = request.cookies.get(cookie)
        if not value:
            return None
        try:
            content = self._signer.loads(value, max_age=seconds, salt=cookie)
        except BadSignature:
            return None
        return content if isinstance(content, dict) else None

    def _store(self, response: Response, cookie: str, content: dict[str, Any], seconds: int) -> None:
        value = self._signer.dumps(content, salt=cookie)
        response.set_cookie(
            cookie, str(value), max_age=seconds, httponly=True, samesite="lax", secure=self._secure, path="/"
        )
