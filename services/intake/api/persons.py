"""`/api/persons`: persons, front-ends and service accounts, with what they may do."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from contracts.access import Role
from contracts.envelope import Id, new_id
from services.chassis.auth import Caller, allow
from services.chassis.i18n import N_
from services.chassis.idempotency import Repeatable, once
from services.chassis.mongo import Document
from services.chassis.problems import Problem, invalid, not_found
from services.intake.api.answers import Json, answer, instant, parts_of
from services.intake.handlers import drafts, persons, views
from services.intake.handlers.mails import Door, forget_mails
from services.intake.handlers.parts import Parts
from services.intake.handlers.person_forms import PersonForm, credentials_of
from services.intake.handlers.persons import person_keys
from services.intake.store.views import VIEWS

routes = APIRouter(prefix="/api/persons", tags=["persons"])
Here = Annotated[Parts, Depends(parts_of)]
Secretariat = Annotated[Caller, Depends(allow("secretariat"))]
NameReader = Annotated[Caller, Depends(allow("service", "secretariat"))]
MOST_IDS = 500


def door_of(request: Request) -> Door:
    """A dependency: how mail comes in here."""
    door: Door = request.app.state.mail_door
    return door


MailDoor = Annotated[Door, Depends(door_of)]


class Revocation(BaseModel):
    """The role to end, within a scope if it has one."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    scope: Annotated[str, Field(min_length=1, max_length=64)] | None = None


def id_of_installation(request: Request) -> str:
    """A dependency: the issuer of the identity provider, for identities that name none."""
    issuer: str = request.app.state.issuer
    return issuer


Issuer = Annotated[str, Depends(id_of_installation)]


@routes.get("")
async def list_persons(
    caller: NameReader, parts: Here, ids: Annotated[str, Query(min_length=1, max_length=40 * MOST_IDS)]
) -> Response:
    """Names, addresses and languages of these persons, and since when mail to the address comes back for good.

    Unknown and erased persons are left out.
    """
    wanted = split_ids("ids", ids)
    found = {row["_id"]: row for row in await parts.stores.persons.by_ids(wanted)}
    items = [
        {"id": id, **{name: found[id][name] for name in ("name", "email", "language")},
         "undeliverable_since": _undeliverable(found[id])}
        for id in wanted
        if id in found
    ]  # fmt: skip
    return answer({"items": items, "next_cursor": None})


@routes.get("/{id}")
async def read_person(id: str, caller: Secretariat, parts: Here) -> Response:
    """One person, with every grant ever given."""
    found = await parts.stores.persons.by_ids([id])
    if not found:
        raise not_found()
    access = await parts.stores.persons.access([id])
    return answer(_person_document(found[0], access.get(id)))


@routes.post("", status_code=201)
async def create_person(
    sent: Repeatable, form: PersonForm, caller: Secretariat, parts: Here, issuer: Issuer
) -> Response:
    """Creates a person with grants and credentials; a given id that exists is replaced."""
    id = form.id or new_id(parts.clock.now())
    credentials = await credentials_free(parts, id, form, issuer)
    document = await once(
        sent,
        caller,
        parts.executor,
        person_keys(id),
        lambda work: _person_document(persons.save_person(work, id, form, credentials, caller)),
    )
    return answer(document, 201, {"Location": f"/api/persons/{document['id']}"})


@routes.put("/{id}")
async def replace_person(id: Id, form: PersonForm, caller: Secretariat, parts: Here, issuer: Issuer) -> Response:
    """Replaces everything that is known of a person."""
    if form.id not in (None, id):
        raise invalid([{"pointer": "/id", "detail": N_("The id in the body is not the one in the address.")}])
    credentials = await credentials_free(parts, id, form, issuer)
    saved = await parts.executor.run(
        person_keys(id), lambda work: persons.save_person(work, id, form, credentials, caller)
    )
    return answer(_person_document(saved))


@routes.post("/{id}/revocation")
async def revoke(id: str, form: Revocation, caller: Secretariat, parts: Here) -> Response:
    """Ends a role of a person from now on."""
    person = await parts.executor.run(
        person_keys(id), lambda work: persons.revoke(work, id, form.role, form.scope, caller)
    )
    return answer(_person_document(person))


@routes.delete("/{id}", status_code=204)
async def erase(id: str, caller: Secretariat, parts: Here, door: MailDoor) -> Response:
    """Erases a person's data here and, by an event, everywhere; safe to repeat."""
    # While they are known it is known what is theirs; what came between is theirs, too.
    addresses = await parts.stores.persons.only_theirs(id)
    begun = await forget_mails(parts, door, id, addresses)
    await parts.executor.run(person_keys(id), lambda work: persons.erase(work, id, caller, addresses))
    await forget_mails(parts, door, id, addresses, begun)
    await parts.stores.attachments.forget(id)
    await drafts.forget(parts, id)
    await parts.executor.run({VIEWS: [id]}, lambda work: views.forget(work, id))
    await parts.executor.run(person_keys(id), lambda work: persons.forgotten(work, id))
    return Response(status_code=204)


async def credentials_free(parts: Parts, id: str, form: PersonForm, issuer: str) -> list[str]:
    """The digests of the form's credentials. Raises 409 when somebody else is recognised by one of them."""
    credentials = credentials_of(form, issuer)
    if credentials and await parts.stores.persons.owner_of(credentials, besides=id):
        detail = N_("Somebody else is recognised by one of these keys or identities.")
        raise Problem(409, N_("The credential is taken"), detail, kind="credential-taken")
    return credentials


def split_ids(name: str, text: str) -> list[str]:
    """The ids of a comma-separated list, each once. Raises 422 for too many."""
    ids = list(dict.fromkeys(id for id in text.split(",") if id))
    if len(ids) > MOST_IDS:
        raise invalid([{"pointer": f"/query/{name}", "detail": N_("At most 500 ids at once.")}])
    return ids


def _person_document(person: Document, access: Document | None = None) -> Json:
    document: Json = {
        "id": person["_id"],
        **{name: person[name] for name in ("name", "email", "language")},
        "pec": person.get("pec"),
        "undeliverable_since": _undeliverable(person),
    }
    if access:
        document["grants"] = [
            {
                **{name: grant[name] for name in ("role", "scope_kind", "scope")},
                "start": instant(grant["start"]),
                "end": instant(grant["end"]),
            }
            for grant in access["grants"]
        ]
        document["credentials"] = len(access["credentials"])
    return document


def _undeliverable(person: Document) -> str | None:
    """Since when mails to the person's present address come back for good."""
    told = person.get("undeliverable")
    return instant(told["at"]) if told and told["email"] == person.get("email_key") else None
