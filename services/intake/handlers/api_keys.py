"""Keys of front-ends: a principal of its own with the role `front_end`, on a body or the programme, and a quota.

The key itself is told once and kept by nobody: what is stored is its digest.
"""

import secrets
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.envelope import Instant
from services.chassis import access
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid, not_found
from services.chassis.work import Keys, Work
from services.intake.handlers import persons
from services.intake.handlers.fields import Line
from services.intake.handlers.person_forms import GrantForm, PersonForm
from services.intake.handlers.persons import person_keys
from services.intake.store.persons import PERSONS
from services.intake.store.quotas import API_KEYS

MOST_A_DAY, MOST_A_MINUTE = 1_000_000, 100_000


class KeyForm(BaseModel):
    """A new key. body: ISTAT or IPA code; without it, the key is for the whole programme."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, Field(min_length=1, max_length=200)]
    body: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    per_day: Annotated[int, Field(ge=1, le=MOST_A_DAY)] = 1_000
    per_minute: Annotated[int, Field(ge=1, le=MOST_A_MINUTE)] = 60
    expires_at: Instant | None = None


def new_secret() -> str:
    """A key of 256 random bits."""
    return f"aff_{secrets.token_urlsafe(32)}"


def keys_of(id: str) -> Keys:
    """The documents of a key."""
    return {**person_keys(id), API_KEYS: [id]}


def make(work: Work, id: str, form: KeyForm, secret: str, caller: Caller) -> Document:
    """Makes a key. Raises 422."""
    _check(form, work.now)
    grant = GrantForm(
        role="front_end", scope_kind="body" if form.body else "programme", scope=form.body, end=form.expires_at
    )
    try:
        persons.save_person(work, id, PersonForm(name=form.name, grants=[grant]), [access.digest(secret)], caller)
    except Problem as problem:
        detail = N_("No body has this ISTAT or IPA code.")
        raise invalid([{"pointer": "/body", "detail": detail}]) from problem
    stored = work.get(access.ACCESS, id)
    assert stored is not None
    row = {
        "_id": id,
        "schema_version": 1,
        "name": form.name,
        "body": stored["grants"][0]["scope"],
        **form.model_dump(include={"per_day", "per_minute", "expires_at"}),
        "created_at": work.now,
        "created_by": caller.id,
        "revoked_at": None,
        "last_used_at": None,
    }
    work.put(API_KEYS, row)
    return row


def revoke(work: Work, id: str, caller: Caller) -> Document:
    """Ends a key from now on, with whatever its principal may still do. Safe to repeat. Raises 404."""
    row, principal = work.get(API_KEYS, id), work.get(PERSONS, id)
    if row is None:
        raise not_found()
    if row["revoked_at"] is None:
        if principal:
            persons.end(work, principal, caller)
        row["revoked_at"] = work.now
        work.put(API_KEYS, row)
    return row


def state_of(row: Document, now: datetime) -> str:
    """valid, expired or revoked."""
    if row["revoked_at"]:
        return "revoked"
    return "expired" if row["expires_at"] and row["expires_at"] <= now else "valid"


def _check(form: KeyForm, now: datetime) -> None:
    if form.expires_at and form.expires_at <= now:
        raise invalid([{"pointer": "/expires_at", "detail": N_("The end must be after the start.")}])
