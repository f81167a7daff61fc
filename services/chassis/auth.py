"""Who is calling, and whether the route lets them: a route without a declaration fails the build.

Every route depends on exactly one of `allow(...)`, `person` and `public`. What a caller may *see* is decided by
the stores, from the scopes of the caller's grants.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from fastapi import Request

from contracts import access as contract
from contracts.access import Grant, Role
from services.chassis.access import Principal, Principals, digest
from services.chassis.problems import forbidden, unauthenticated, without_role
from services.chassis.tokens import TokenVerifier

PEOPLE: tuple[Role, ...] = ("official", "representative", "expert", "coordinator", "secretariat", "monitor")


@dataclass(frozen=True)
class Caller:
    """Who asks, with the grants in force now. The anonymous caller has no id and no grants.

    door: how they were recognised; pages accept sessions only, APIs everything but sessions.
    """

    id: str | None = None
    grants: tuple[Grant, ...] = ()
    language: Literal["it", "en"] | None = None
    door: Literal["none", "session", "token", "key"] = "none"
    roles: frozenset[Role] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", frozenset(grant.role for grant in self.grants))

    def has(self, *roles: Role) -> bool:
        """Whether the caller holds one of the roles, in any scope."""
        return not self.roles.isdisjoint(roles)

    def scopes(self, *roles: Role) -> frozenset[str]:
        """The codes of the bodies or task forces for which the caller holds one of the roles."""
        return frozenset(grant.scope for grant in self.grants if grant.role in roles and grant.scope)

    def everywhere(self, *roles: Role) -> bool:
        """Whether the caller holds one of the roles on the whole programme."""
        return any(grant.role in roles and grant.scope_kind == "programme" for grant in self.grants)

    @property
    def territories(self) -> frozenset[str]:
        """The siglas of the provinces for whose own body the caller acts: not those of a comune's people."""
        return contract.territories(self.grants)


NOBODY = Caller()


def in_force(principal: Principal, now: datetime, door: Literal["session", "token", "key"]) -> Caller:
    """The caller that a principal is at this moment."""
    return Caller(principal.id, contract.in_force(principal.grants, now), principal.language, door)


class Authenticator:
    """Recognises callers of one service."""

    def __init__(self, principals: Principals, tokens: TokenVerifier, now: Callable[[], datetime]) -> None:
        self._principals = principals
        self._tokens = tokens
        self._now = now

    async def caller(self, request: Request, session: str | None) -> Caller:
        """The caller of a request; `session` is the principal named by a valid session cookie.

        Raises 401 for credentials that are sent but not valid: they are never ignored.
        """
        key, authorization = request.headers.get("x-api-key"), request.headers.get("authorization")
        if key and authorization:
            raise unauthenticated()  # Two callers at once: guessing which is meant would ignore the other.
        if key:
            return self._known(await self._principals.by_credential(digest(key)), "key")
        if authorization:
            return self._known(await self._by_token(authorization), "token")
        principal = await self._principals.by_id(session) if session else None
        return in_force(principal, self._now(), "session") if principal else NOBODY

    async def _by_token(self, authorization: str) -> Principal | None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated()
        return await self._principals.by_credential(await self._tokens.identity(token.strip()))

    def _known(self, principal: Principal | None, door: Literal["token", "key"]) -> Caller:
        if principal is None:
            raise unauthenticated()
        return in_force(principal, self._now(), door)


Permission = Callable[[Request], Awaitable[Caller]]


def allow(*roles: Role) -> Permission:
    """A dependency that lets these roles in and gives the Caller; others get 401 or 403."""

    async def check(request: Request) -> Caller:
        caller: Caller = request.state.caller
        if caller.id is None:
            raise unauthenticated()
        if not caller.has(*roles):
            raise forbidden() if caller.roles else without_role()
        return caller

    check.permitted = roles  # type: ignore[attr-defined]
    return check


async def public(request: Request) -> Caller:
    """A dependency that lets everybody in and gives the Caller, who may be anonymous."""
    caller: Caller = getattr(request.state, "caller", NOBODY)  # Probes are answered before anybody is recognised.
    return caller


public.permitted = ("public",)  # type: ignore[attr-defined]

person = allow(*PEOPLE)
"""A dependency for what every person may do for themselves."""


def permission_of(route: Any) -> tuple[str, ...] | None:
    """The roles that a route declares (`public` for everybody), None if it declares none or more than one thing."""
    declared = [
        tuple(dependency.call.permitted)
        for dependency in getattr(getattr(route, "dependant", None), "dependencies", ())
        if hasattr(dependency.call, "permitted")
    ]
    return declared[0] if len(declared) == 1 else None
