"""Stream `access` (compacted): who may do what, owned by intake. Ids, roles and digests; no names.

Each service keeps its copy, so that it can authenticate and authorise by itself.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from contracts.envelope import Code, Data, Event, Id, Instant, nothing
from contracts.vocabulary import body, ended_into

Role = Literal["official", "representative", "expert", "coordinator", "secretariat", "monitor", "front_end", "service"]
ScopeKind = Literal["programme", "body", "task_force"]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal."""


class Grant(Data):
    """A role within a scope, for a period; `scope` is the code of the body or task force, None for the programme."""

    role: Role
    scope_kind: ScopeKind
    scope: Code | None = None
    start: Instant
    end: Instant | None = None


_ROME = ZoneInfo("Europe/Rome")


def in_force(grants: Iterable[Grant], now: datetime) -> tuple[Grant, ...]:
    """The grants that run at this moment. Whoever acts for a body acts also for those that have ended into it."""
    running = tuple(grant for grant in grants if grant.start <= now and (grant.end is None or now < grant.end))
    day = now.astimezone(_ROME).date()
    return running + tuple(inherited for grant in running for inherited in _inherited(grant, day))


def _inherited(grant: Grant, day: date) -> Iterable[Grant]:
    """The same role for the bodies of which this one is the successor: it succeeds them in all legal relations."""
    if grant.scope_kind == "body" and grant.scope:
        for ended in ended_into(grant.scope, day):
            yield grant.model_copy(update={"scope": ended.code})


def territories(grants: Iterable[Grant]) -> frozenset[str]:
    """The siglas of the provinces for whose own body, provincia or Città metropolitana, somebody may act."""
    acting = (grant for grant in grants if grant.role in ("official", "representative") and grant.scope_kind == "body")
    found = (body(grant.scope) for grant in acting if grant.scope)
    return frozenset(each.province for each in found if each and each.kind != "comune")


class AccessState(Data):
    """Everything a principal (a person, a front-end, a service) may do from now on.

    `credentials`: digest of an API key (256 random bits), or of "<issuer>|<subject>" of the
    identity provider.
    """

    id: Id
    grants: tuple[Grant, ...]
    credentials: tuple[Digest, ...] = ()
    language: Literal["it", "en"] = "it"


class AccessData(Data):
    """Payload of grants and revocations.

    `delegation`: the right to act for a body that was given, changed or ended just now: an official's by the body's
    representative, a representative's by the Segreteria Tecnica.
    `by`: the principal that did it, None where that is not known.
    """

    state: AccessState
    delegation: Grant | None = Field(default=None, exclude_if=nothing)
    by: Id | None = Field(default=None, exclude_if=nothing)


class AccessEvent(Event):
    """Base of the stream; `subject` is the principal's id."""

    STREAM: ClassVar[str] = "access"
    data: AccessData


class AccessGranted(AccessEvent):
    """A principal was given a role or a credential."""

    type: Literal["affianca.access.granted.v1"] = "affianca.access.granted.v1"


class AccessRevoked(AccessEvent):
    """A principal lost a role or a credential."""

    type: Literal["affianca.access.revoked.v1"] = "affianca.access.revoked.v1"


class PersonErased(AccessEvent):
    """A person's data were erased at the owner; every service erases what it holds and keeps the id."""

    type: Literal["affianca.access.person-erased.v1"] = "affianca.access.person-erased.v1"


EVENTS: tuple[type[AccessEvent], ...] = (AccessGranted, AccessRevoked, PersonErased)
