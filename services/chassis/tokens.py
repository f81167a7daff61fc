"""Bearer tokens: JWTs signed by the identity provider, checked against its published keys.

The keys are fetched when first needed, kept ten minutes, and fetched again (once in ten seconds at most) for a
key id that is not known yet. Only signatures with public keys are accepted: a forged `none` or HMAC never is.
"""

import asyncio
import time
from collections import OrderedDict
from typing import Any

import httpx
import jwt
import structlog

from services.chassis.access import identity
from services.chassis.problems import unauthenticated, unavailable
from services.chassis.settings import Settings

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
_KEEP = 600.0
_RETRY = 10.0
_LEEWAY = 30
_REMEMBERED = 5_000
log = structlog.get_logger()


class TokenVerifier:
    """Turns a token into the credential (`<issuer>|<subject>`, hashed) of its person."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.oidc_issuer
        self._audience = [settings.oidc_audience, settings.oidc_client_id]
        self._keys: dict[str, Any] = {}
        self._fetched = -_KEEP
        self._lock = asyncio.Lock()
        self._verified: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def identity(self, token: str) -> str:
        """The digest of issuer and subject. Raises 401 for a token that is not valid, 503 without the keys."""
        known = self._verified.get(token)
        if known and time.time() < known[0]:
            return known[1]
        claims = await self.claims(token)
        credential = identity(claims["iss"], claims["sub"])
        self._verified[token] = (min(claims["exp"], time.time() + 60), credential)
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)
        return credential

    async def claims(self, token: str, audience: str | None = None, nonce: str | None = None) -> dict[str, Any]:
        """The verified claims of a token."""
        if not self._issuer:
            raise unauthenticated()
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(header.get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=audience or self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY,
                options={"require": ["exp", "iss", "sub", "aud"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise unauthenticated() from error
        if nonce is not None and claims.get("nonce") != nonce:
            raise unauthenticated()
        return claims

    async def _key(self, kid: object) -> Any:
        """The key that a token names; the provider's only key for a token that names none."""
        if self._find(kid) is None and time.monotonic() - self._fetched > _RETRY:
            async with self._lock:
                # Whoever waited for the lock finds the keys that were fetched meanwhile.
                if self._find(kid) is None or time.monotonic() - self._fetched > _KEEP:
                    await self._fetch()
        key = self._find(kid)
        if key is None:
            raise unauthenticated()
        return key

    def _find(self, kid: object) -> Any | None:
        if time.monotonic() - self._fetched > _KEEP:
            return None
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(str(kid))

    async def _fetch(self) -> None:
        try:
            async with httpx.AsyncClient(timeout=5.0) as client:
                discovery = await client.get(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
                keys = await client.get(discovery.raise_for_status().json()["jwks_uri"])
                documents = keys.raise_for_status().json()["keys"]
        except (httpx.HTTPError, ValueError, KeyError) as error:
            log.warning("provider_keys_not_fetched", error=type(error).__name__)
            if not self._keys:
                raise unavailable() from error
            return
        usable = [key for key in documents if key.get("use", "sig") == "sig" and key.get("kty") != "oct"]
        self._keys = {str(key.get("kid", "")): jwt.PyJWK(key).key for key in usable}
        self._fetched = time.monotonic()
