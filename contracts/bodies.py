"""Stream `bodies`: the register of local authorities, owned by intake."""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.envelope import Code, Data, Event, Id, Instant, derived_id, nothing


def body_id(code: str) -> str:
    """The id of the body with this ISTAT code."""
    return derived_id("body", code)


BodyStatus = Literal["known", "registered", "approved", "rejected"]


class BodyState(Data):
    """The whole state of a body that other services may know."""

    id: Id
    code: Code
    ipa_code: Code
    province: Code
    kind: Literal["comune", "provincia", "citta_metropolitana"]
    population: int | None = None
    status: BodyStatus
    phase: int | None = Field(default=None, ge=1)
    admitted_at: Instant | None = None


class BodyData(Data):
    """Payload of every event of the stream."""

    state: BodyState
    registered_by: Id | None = Field(default=None, exclude_if=nothing)
    """Who sent the newest registration."""


class BodyEvent(Event):
    """Base of the stream; `subject` is the body's id."""

    STREAM: ClassVar[str] = "bodies"
    data: BodyData


class BodyRegistered(BodyEvent):
    """The body's representative sent the registration with the signed protocol."""

    type: Literal["affianca.body.registered.v1"] = "affianca.body.registered.v1"


class BodyApproved(BodyEvent):
    """The Segreteria Tecnica approved the registration."""

    type: Literal["affianca.body.approved.v1"] = "affianca.body.approved.v1"


class BodyRejected(BodyEvent):
    """The Segreteria Tecnica refused the registration."""

    type: Literal["affianca.body.rejected.v1"] = "affianca.body.rejected.v1"


class BodyAdmitted(BodyEvent):
    """The body entered the running phase of the programme."""

    type: Literal["affianca.body.admitted.v1"] = "affianca.body.admitted.v1"


EVENTS: tuple[type[BodyEvent], ...] = (BodyRegistered, BodyApproved, BodyRejected, BodyAdmitted)
