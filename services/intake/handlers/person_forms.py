"""What is said of a person, as every door takes it: who they are, what they may do, how they are recognised."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from contracts.access import Digest, Role, ScopeKind
from contracts.envelope import Id
from services.chassis import access
from services.chassis.i18n import N_
from services.intake.handlers.fields import Line, Moment


class GrantForm(BaseModel):
    """A role within a scope; it begins now unless it says otherwise."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    scope_kind: ScopeKind
    scope: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    start: Moment | None = None
    end: Moment | None = None


class Identity(BaseModel):
    """A person at an identity provider; without `issuer`, at the one of this installation."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[Line, Field(min_length=1, max_length=255)]
    issuer: Annotated[Line, Field(min_length=1, max_length=500)] | None = None


def _no_double(identities: list[Identity]) -> list[Identity]:
    if len({(identity.issuer, identity.subject) for identity in identities}) < len(identities):
        raise ValueError(N_("Each identity only once."))
    return identities


Identities = Annotated[list[Identity], Field(max_length=20), AfterValidator(_no_double)]
ADDRESS = r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$"
Address = Annotated[Line, Field(max_length=254, pattern=ADDRESS)]


class PersonForm(BaseModel):
    """A person, front-end or service account, whole."""

    model_config = ConfigDict(extra="forbid")

    id: Id | None = None
    name: Annotated[Line, Field(min_length=1, max_length=200)]
    email: Address | None = None
    pec: Address | None = None
    language: Literal["it", "en"] = "it"
    grants: Annotated[list[GrantForm], Field(max_length=200)] = []
    api_keys_sha256: Annotated[list[Digest], Field(max_length=20)] = []
    identities: Identities = []


def credentials_of(form: PersonForm, issuer: str) -> list[str]:
    """The digests by which the person will be recognised. issuer: of this installation's provider."""
    identities = [access.identity(identity.issuer or issuer, identity.subject) for identity in form.identities]
    return list(dict.fromkeys([*form.api_keys_sha256, *identities]))
