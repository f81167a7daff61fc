"""Logging in through any OIDC provider: authorization code with PKCE, state and nonce.

Knows no person: it ends with the credential of whoever came back, which the caller looks up.
"""

import base64
import hashlib
import secrets
from urllib.parse import urlencode

import httpx
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.chassis.access import identity
from services.chassis.i18n import N_
from services.chassis.problems import Problem, unavailable
from services.chassis.sessions import Sessions
from services.chassis.settings import Settings
from services.chassis.tokens import TokenVerifier

log = structlog.get_logger()


class Login:
    """The two steps of a login: sending the browser to the provider, and receiving it back."""

    def __init__(self, settings: Settings, sessions: Sessions, tokens: TokenVerifier) -> None:
        self._settings = settings
        self._sessions = sessions
        self._tokens = tokens
        self._endpoints: dict[str, str] = {}

    async def begin(self, back_to: str) -> Response:
        """Sends the browser to the provider; it will come back to `/callback`, then to the local path `back_to`."""
        verifier, state, nonce = (secrets.token_urlsafe(48) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        question = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = (await self._discover())["authorization_endpoint"]
        response = RedirectResponse(f"{address}?{urlencode(question)}", status_code=303)
        kept = {"verifier": verifier, "state": state, "nonce": nonce, "back_to": local_path(back_to)}
        self._sessions.begin_login(response, kept)
        return response

    async def finish(self, request: Request) -> tuple[str, str]:
        """The credential of the person who came back, and where they wanted to go.

        Raises 400 for an answer that does not belong to this browser's question, 503 without the provider.
        """
        kept = self._sessions.login_in_progress(request)
        state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
        if not kept or not code or not secrets.compare_digest(kept["state"].encode(), state.encode()):
            raise _not_completed()
        token = await self._exchange(code, kept["verifier"])
        try:
            claims = await self._tokens.claims(token, self._settings.oidc_client_id, kept["nonce"])
        except Problem as refused:
            log.warning("login_refused", status=refused.status)
            if refused.status != 401:
                raise
            raise _not_completed() from refused
        return identity(claims["iss"], claims["sub"]), kept["back_to"]

    @property
    def _redirect_uri(self) -> str:
        return self._settings.public_url.rstrip("/") + "/callback"

    async def _discover(self) -> dict[str, str]:
        if not self._endpoints:
            address = self._settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration"
            try:
                async with httpx.AsyncClient(timeout=5.0) as client:
                    self._endpoints = (await client.get(address)).raise_for_status().json()
            except (httpx.HTTPError, ValueError) as error:
                log.warning("provider_not_reached", error=type(error).__name__)
                raise unavailable() from error
        return self._endpoints

    async def _exchange(self, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        secret = self._settings.oidc_client_secret.get_secret_value()
        try:
            async with httpx.AsyncClient(timeout=5.0) as client:
                address = (await self._discover())["token_endpoint"]
                answer = await client.post(address, data=form, auth=(self._settings.oidc_client_id, secret))
                return str(answer.raise_for_status().json()["id_token"])
        except (httpx.HTTPError, ValueError, KeyError) as error:
            log.warning("login_not_exchanged", error=type(error).__name__)
            raise unavailable() from error


def _not_completed() -> Problem:
    detail = N_("The login took too long or was begun in another window. Please log in again.")
    return Problem(400, N_("The login was not completed"), detail)


def local_path(wanted: str) -> str:
    """`wanted` if it is a path of this site, else `/`: a login link must not lead elsewhere."""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else "/"
