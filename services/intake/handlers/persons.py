"""Persons and what they may do. Whatever changes is written to this service's `access` together with the event."""

from collections.abc import Callable, Sequence
from typing import Any

from contracts.access import (
    AccessData,
    AccessEvent,
    AccessGranted,
    AccessRevoked,
    AccessState,
    Grant,
    PersonErased,
    Role,
)
from services.chassis import access
from services.chassis.access import ACCESS
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import not_found
from services.chassis.work import Keys, Work
from services.intake.handlers.grants import asked_grant, lasts
from services.intake.handlers.person_forms import PersonForm
from services.intake.store.persons import PERSONS, email_key


def person_keys(id: str) -> Keys:
    """The documents of a person."""
    return {PERSONS: [id], ACCESS: [id]}


def save_person(work: Work, id: str, form: PersonForm, credentials: Sequence[str], caller: Caller) -> Document:
    """Creates a person, or replaces everything that is known of one, and tells what they may do.

    That they are named a representative, for another period, or no more, is told by an event for each body.
    """
    grants = [asked_grant(work, number, grant) for number, grant in enumerate(form.grants)]
    person, held = described(work, id, form), _lasting(work, id)
    dismissed = _dismissed(work, held, grants)
    for ended in dismissed:
        tell(work, person, AccessRevoked, grants, credentials, caller, ended)
    for named in _named(work, held, grants) or (() if dismissed else (None,)):
        tell(work, person, AccessGranted, grants, credentials, caller, named)
    return person


def _lasting(work: Work, id: str) -> list[Grant]:
    """The rights of a representative that a person holds, or will hold."""
    stored = work.get(ACCESS, id)
    held = map(Grant.model_validate, stored["grants"] if stored else ())
    return [grant for grant in held if grant.role == "representative" and lasts(grant, work)]


def _dismissed(work: Work, held: Sequence[Grant], grants: Sequence[Grant]) -> list[Grant]:
    """What ends now, once for each body for which none of these grants lets the person act any more."""
    kept = {new.scope for new in grants if new.role == "representative" and lasts(new, work)}
    return [*{old.scope: old.model_copy(update={"end": work.now}) for old in held if old.scope not in kept}.values()]


def _named(work: Work, held: Sequence[Grant], grants: Sequence[Grant]) -> list[Grant]:
    """The rights of a representative among these that the person does not hold in just this way.

    When one began that has begun makes no difference: a form without `start` means now.
    """

    def way(grant: Grant) -> tuple[object, ...]:
        return grant.scope, grant.end, max(grant.start, work.now)

    ways = {way(old) for old in held}
    return [new for new in grants if new.role == "representative" and lasts(new, work) and way(new) not in ways]


def add_grant(work: Work, id: str, grant: Grant, form: PersonForm, caller: Caller, anywhere: bool = False) -> Document:
    """Gives a role that is not held yet; `anywhere`: nor in any other scope. Of a known person nothing else changes."""
    known, stored = work.get(PERSONS, id), work.get(ACCESS, id)
    held = [Grant.model_validate(grant) for grant in stored["grants"]] if stored else []
    if any(lasts(old, work) and old.role == grant.role and (anywhere or old.scope == grant.scope) for old in held):
        return known or {}
    person = known or described(work, id, form)
    tell(work, person, AccessGranted, [*held, grant], stored["credentials"] if stored else (), caller)
    return person


def revoke(work: Work, id: str, role: Role, scope: str | None, caller: Caller, told: bool = False) -> Document:
    """Ends a role of a person from now on. Raises 404 when they do not hold it.

    told: they hear that they no longer act for the body; a representative does in any case.
    """
    person = work.get(PERSONS, id)
    if person is None:
        raise not_found()
    told = told or role == "representative"
    if not end(work, person, caller, lambda grant: (grant.role, grant.scope) == (role, scope), told):
        raise not_found(N_("The person does not hold this role."))
    return person


def end(
    work: Work,
    person: Document,
    caller: Caller,
    which: Callable[[Grant], bool] = lambda _: True,
    told: bool = False,
) -> bool:
    """Ends all of these grants that last, from now on; whether there were any. told: the event names what has ended."""
    stored = work.get(ACCESS, person["_id"])
    grants = [Grant.model_validate(grant) for grant in stored["grants"]] if stored else []
    kept = [
        grant.model_copy(update={"end": work.now}) if which(grant) and lasts(grant, work) else grant for grant in grants
    ]
    if stored and kept != grants:
        ended = next(grant for grant in kept if grant not in grants) if told else None
        tell(work, person, AccessRevoked, kept, stored["credentials"], caller, ended)
    return kept != grants


def erase(work: Work, id: str, caller: Caller, addresses: Sequence[str] = ()) -> Document:
    """Removes name, address and every credential of a person; the id stays where it was used. Safe to repeat.

    addresses: those by which more of theirs can be found; kept until `forgotten`, for whoever has to repeat it.
    """
    person = work.get(PERSONS, id)
    if person is None:
        raise not_found()
    if not person.get("erased_at"):
        person |= dict.fromkeys(("email", "email_key", "pec", "pec_key", "undeliverable"))
        person |= {"name": "", "erased_at": work.now, "forgetting": list(addresses)}
        tell(work, person, PersonErased, [], [], caller)
    return person


def forgotten(work: Work, id: str) -> None:
    """Ends an erasure of which nothing is left to do."""
    person = work.get(PERSONS, id)
    if person and person.pop("forgetting", None) is not None:
        work.put(PERSONS, person)


def described(work: Work, id: str, form: PersonForm) -> Document:
    """The document of a person as the form describes them, whether they are known or not."""
    known = work.get(PERSONS, id) or {"_id": id, "schema_version": 1, "sequence": 0, "created_at": work.now}
    facts: dict[str, Any] = {"name": form.name, "language": form.language, "erased_at": None}
    addresses = {"email": form.email, "pec": form.pec}
    keys = {f"{kind}_key": email_key(address) if address else None for kind, address in addresses.items()}
    return {**known, **facts, **addresses, **keys}


def tell(
    work: Work,
    person: Document,
    model: type[AccessEvent],
    grants: Sequence[Grant],
    credentials: Sequence[str],
    caller: Caller,
    delegation: Grant | None = None,
) -> None:
    """Stores a person with everything they may do, and announces it."""
    person["sequence"] += 1
    state = AccessState(
        id=person["_id"], grants=tuple(grants), credentials=tuple(credentials), language=person["language"]
    )
    data = AccessData(state=state, delegation=delegation, by=caller.id)
    event = work.publish(model, person["_id"], person["sequence"], data)
    assert isinstance(event, AccessEvent)
    access.apply(work, event)
    work.put(PERSONS, person)
