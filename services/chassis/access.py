"""Each service's copy of who may do what, fed by the compacted stream `access`; without names.

A revocation takes effect when its event has been applied and `Principals` has forgotten what it knew (2 s).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from async_lru import alru_cache

from contracts.access import AccessEvent, AccessGranted, AccessRevoked, Grant, PersonErased
from services.chassis.decoding import On
from services.chassis.mongo import Database, Document, Index
from services.chassis.settings import Settings
from services.chassis.work import Keys, Work

ACCESS = "access"
INDEXES = (Index(ACCESS, (("credentials", 1),)),)
_REMEMBERED_SECONDS = 2.0
_REMEMBERED = 10_000
_BUILT_IN_SINCE = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


def digest(secret: str) -> str:
    """How a credential is stored: SHA-256, enough for keys of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def identity(issuer: str, subject: str) -> str:
    """The credential of a person at an identity provider."""
    return digest(f"{issuer}|{subject}")


@dataclass(frozen=True)
class Principal:
    """A person, front-end or service, with every grant it ever had."""

    id: str
    grants: tuple[Grant, ...]
    language: Literal["it", "en"] = "it"


def needs(event: AccessEvent) -> Keys:
    """The one document that an access event concerns."""
    return {ACCESS: [event.subject]}


def apply(work: Work, event: AccessEvent) -> None:
    """Keeps the newest state of a principal."""
    known = work.get(ACCESS, event.subject)
    if known and tuple(known["order"]) >= event.order:
        return
    work.put(ACCESS, {**(known or {"_id": event.subject}), **document(event)})


def document(event: AccessEvent) -> Document:
    """What is stored of an access event."""
    state = event.data.state
    return {
        "order": list(event.order),
        "grants": [grant.model_dump() for grant in state.grants],
        "credentials": list(state.credentials),
        "language": state.language,
    }


EVENTS = tuple(On(model, apply, needs) for model in (AccessGranted, AccessRevoked, PersonErased))


class Principals:
    """Looks principals up by id or credential; remembers each for two seconds."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._built_in = dict(_built_in(settings))
        # Many calls at once for one caller share the look-up.
        self._find = alru_cache(maxsize=_REMEMBERED, ttl=_REMEMBERED_SECONDS)(self._look_up)

    async def by_credential(self, credential: str) -> Principal | None:
        """The principal with this digest, None for nobody."""
        return self._built_in.get(credential) or await self._find("credentials", credential)

    async def by_id(self, id: str) -> Principal | None:
        """The principal with this id, None if unknown."""
        return await self._find("_id", id)

    def forget(self) -> None:
        """Looks everybody up anew."""
        self._find.cache_clear()

    async def _look_up(self, field: str, value: str) -> Principal | None:
        row = await self._database[ACCESS].find_one({field: value})
        if row is None:
            return None
        grants = tuple(Grant.model_validate(grant) for grant in row["grants"])
        return Principal(row["_id"], grants, row["language"])


def _built_in(settings: Settings) -> list[tuple[str, Principal]]:
    """The accounts that exist before anybody has granted anything, by keys from the environment."""
    accounts = []
    for number, key, role in ((1, settings.admin_key, "secretariat"), (2, settings.service_key, "service")):
        if key.get_secret_value():
            grant = Grant.model_validate({"role": role, "scope_kind": "programme", "start": _BUILT_IN_SINCE})
            id = f"00000000-0000-7000-8000-{number:012d}"
            accounts.append((digest(key.get_secret_value()), Principal(id, (grant,))))
    return accounts
