"""The people of a body: officials whom its representative alone lets in and out, for a period, as many as it wants.

The representatives themselves are named by the Segreteria Tecnica, in the same way. Everybody already known is found
again, by identity or e-mail, and name: then only what they may do changes, never name, addresses or credentials.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts import vocabulary
from contracts.access import AccessGranted, Grant
from services.chassis.access import ACCESS
from services.chassis.auth import Caller
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, forbidden, invalid, not_found
from services.chassis.work import Work
from services.intake.handlers.fields import Line, Moment
from services.intake.handlers.grants import lasts
from services.intake.handlers.known import meant, new_person, same_name
from services.intake.handlers.parts import Parts
from services.intake.handlers.person_forms import Address, Identities, PersonForm, credentials_of
from services.intake.handlers.persons import described, revoke, tell
from services.intake.store.persons import PERSONS

Place = Literal["official", "representative"]
State = Literal["planned", "active", "ended"]


class DelegateForm(BaseModel):
    """An official: whoever is known already keeps their own name and addresses. Without `start` it begins now."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, Field(min_length=1, max_length=200)]
    email: Address
    pec: Address | None = None
    language: Literal["it", "en"] = "it"
    identities: Identities = []
    start: Moment | None = None
    end: Moment | None = None

    def person(self) -> PersonForm:
        """The same as somebody who is not known yet."""
        return PersonForm(**self.model_dump(exclude={"start", "end"}))


@dataclass(frozen=True)
class Delegate:
    """An official of a body as they stand now."""

    id: str
    name: str
    email: str | None
    start: datetime
    end: datetime | None
    state: State


def check_alone(caller: Caller, body: vocabulary.Body) -> None:
    """Raises 403 for everybody but the body's own representative."""
    if body.code not in caller.scopes("representative"):
        raise forbidden(N_("Only the mayor or the president of the body lets its officials in and out."))


async def whom(parts: Parts, form: DelegateForm, issuer: str) -> tuple[str, list[str]]:
    """The id of the person meant, a new one for somebody unknown, and the digests of the credentials given.

    By identity, else by e-mail and name: colleagues may share an address. Raises 409 when several could be meant.
    """
    digests, number = credentials_of(form.person(), issuer), 0
    # In this order: whoever is stored meanwhile is found by what follows, or has the id that this one would get.
    while await parts.stores.persons.exists(new := new_person(form.email, form.name, digests, number)):
        number += 1  # Also of somebody erased: their id is not used again.
    owner = await parts.stores.persons.owner_of(digests, besides="") if digests else None
    known = [owner] if owner else [person["_id"] for person in await meant(parts, form.email, form.name)]
    if len(known) > 1:
        detail = N_("Several persons of this name use this address. Give the identity of the one that is meant.")
        raise Problem(409, N_("Several persons could be meant"), detail, kind="person-ambiguous")
    return (known[0] if known else new), digests


def enable(
    work: Work,
    id: str,
    body: str,
    form: DelegateForm,
    credentials: Sequence[str],
    caller: Caller,
    role: Place = "official",
) -> Document:
    """Lets a person act for a body from `start` to `end`; of one who may already, the period changes.

    Raises 422, and 409 for somebody known by another name or without the identity given.
    """
    known, stored = work.get(PERSONS, id), work.get(ACCESS, id)
    _check_same(known, stored, form, credentials)
    held = [Grant.model_validate(grant) for grant in stored["grants"]] if stored else []
    lasting = [grant for grant in held if _of(grant, role, body) and lasts(grant, work)]
    begun = [grant.start for grant in lasting if grant.start <= work.now]
    start = min(begun) if begun else form.start or work.now
    _check_end(start, form.end, work.now)
    grant = Grant(role=role, scope_kind="body", scope=body, start=start, end=form.end)
    if known and lasting == [grant]:
        return known
    person = known or described(work, id, form.person())
    others = [other for other in held if other not in lasting]
    held_already = stored["credentials"] if stored else credentials
    tell(work, person, AccessGranted, [*others, grant], held_already, caller, grant)
    return person


def set_end(work: Work, id: str, body: str, end: datetime | None, caller: Caller, role: Place = "official") -> Document:
    """Sets when an official stops acting for a body; None: not before somebody says so. Raises 404, 422."""
    person, stored = work.get(PERSONS, id), work.get(ACCESS, id)
    held = [Grant.model_validate(grant) for grant in stored["grants"]] if stored else []
    lasting = [grant for grant in held if _of(grant, role, body) and lasts(grant, work)]
    if person is None or stored is None or not lasting:
        raise not_found(N_("The person does not hold this role."))
    _check_end(max(grant.start for grant in lasting), end, work.now)
    changed = [grant.model_copy(update={"end": end}) if grant in lasting else grant for grant in held]
    if changed != held:
        current = next(grant for grant in changed if grant not in held)
        tell(work, person, AccessGranted, changed, stored["credentials"], caller, current)
    return person


def remove(work: Work, id: str, body: str, caller: Caller, role: Place = "official") -> Document:
    """Ends at once what somebody may do for a body. Raises 404 when they may do nothing."""
    return revoke(work, id, role, body, caller, told=True)


async def delegates_of(
    parts: Parts, body: str, limit: int, after: str | None = None, ended: bool = False, role: Place = "official"
) -> tuple[list[Delegate], str | None]:
    """A page of the officials of a body, in the order of their ids, and the id behind which to go on."""
    now = parts.clock.now()
    rows = await parts.stores.persons.holders(role, body, now, limit, after, ended)
    persons = {row["_id"]: row for row in await parts.stores.persons.by_ids(row["_id"] for row in rows)}
    shown = [_delegate(persons[row["_id"]], row, (role, body), now) for row in rows[:limit] if row["_id"] in persons]
    return shown, rows[limit - 1]["_id"] if len(rows) > limit else None


def _delegate(person: Document, access: Document, place: tuple[Place, str], now: datetime) -> Delegate:
    held = [grant for grant in map(Grant.model_validate, access["grants"]) if _of(grant, *place)]
    # What holds now comes first, then what was planned, then what ended last.
    grant = max(held, key=lambda grant: (_state(grant, now) != "ended", grant.start <= now, grant.end or now))
    return Delegate(person["_id"], person["name"], person["email"], grant.start, grant.end, _state(grant, now))


def _state(grant: Grant, now: datetime) -> State:
    if grant.end is not None and grant.end <= now:
        return "ended"
    return "planned" if grant.start > now else "active"


def _of(grant: Grant, role: Place, body: str) -> bool:
    return (grant.role, grant.scope_kind, grant.scope) == (role, "body", body)


def _check_same(known: Document | None, stored: Document | None, form: DelegateForm, given: Sequence[str]) -> None:
    """Raises 409 for another name, and for an identity that the person does not hold.

    It is not added: whoever lets an official in could so sign in as a colleague of that name, with all that one may do.
    """
    if known is None:
        return
    if not same_name(known["name"], form.name):
        detail = N_("Somebody else is recognised by one of these keys or identities.")
        raise Problem(409, N_("The credential is taken"), detail, kind="credential-taken")
    if not set(given) <= set(stored["credentials"] if stored else ()):
        detail = N_("This person is known here without this identity. The Segreteria Tecnica can add it.")
        raise Problem(409, N_("The identity is not known"), detail, kind="identity-unknown")


def _check_end(start: datetime, end: datetime | None, now: datetime) -> None:
    if end is None:
        return
    if end <= now:
        raise invalid([{"pointer": "/end", "detail": N_("The end must lie ahead; to end it now, remove the person.")}])
    if end <= start:
        raise invalid([{"pointer": "/end", "detail": N_("The end must be after the start.")}])
