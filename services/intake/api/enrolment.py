"""`/api/intake/experts`: the persons of experts, by id, or e-mail and name; who is not known is created as an expert.

Routing asks this when experts are entered or imported: persons live here. This door gives no other role, so the key
of a service cannot make anybody a coordinator. A new person's id derives from address and name: asking again doubles
nobody.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from contracts.access import Grant
from contracts.envelope import Id
from services.chassis.access import ACCESS
from services.chassis.auth import Caller, allow
from services.chassis.mongo import Document
from services.chassis.work import Work
from services.intake.api.answers import parts_of
from services.intake.handlers import persons
from services.intake.handlers.fields import Line
from services.intake.handlers.known import meant, new_person
from services.intake.handlers.parts import Parts
from services.intake.handlers.person_forms import Address, PersonForm
from services.intake.store.persons import PERSONS

routes = APIRouter(prefix="/api/intake", tags=["persons"])
Here = Annotated[Parts, Depends(parts_of)]
Enroller = Annotated[Caller, Depends(allow("service", "secretariat"))]
Outcome = Literal["known", "created", "unknown", "ambiguous", "erased"]


class Somebody(BaseModel):
    """A person by id, or by e-mail; the name tells colleagues of one address apart, and is for one not known yet."""

    model_config = ConfigDict(extra="forbid")

    id: Id | None = None
    email: Address | None = None
    name: Annotated[Line, Field(max_length=200)] = ""


class Enrolment(BaseModel):
    """The persons who are to be experts; `dry_run`: only says what would become of them."""

    model_config = ConfigDict(extra="forbid")

    experts: Annotated[list[Somebody], Field(min_length=1, max_length=200)]
    dry_run: bool = False


class Enrolled(BaseModel):
    """Who it is. `ambiguous`: several persons could be meant; `unknown`: nobody, and no name to create one."""

    id: str | None
    name: str
    outcome: Outcome


class EnrolledList(BaseModel):
    """All of them, in the order they were sent."""

    items: list[Enrolled]
    next_cursor: None = None


@routes.post("/experts", summary="Find or create the persons of experts")
async def enrol(form: Enrolment, caller: Enroller, parts: Here) -> EnrolledList:
    """Finds each person by id or e-mail, or creates them, and gives them the role of expert on the programme."""
    found = [await _found(parts, one) for one in form.experts]
    if not form.dry_run:
        ids = [one.id for one in found if one.id and one.outcome in ("known", "created")]

        def decide(work: Work) -> None:
            for one, asked in zip(found, form.experts, strict=True):
                if one.id in ids:
                    known = PersonForm(name=asked.name or one.name or "–", email=asked.email)
                    grant = Grant(role="expert", scope_kind="programme", start=work.now)
                    persons.add_grant(work, str(one.id), grant, known, caller, anywhere=True)

        await parts.executor.run({PERSONS: ids, ACCESS: ids}, decide)
    return EnrolledList(items=found)


async def _found(parts: Parts, one: Somebody) -> Enrolled:
    store = parts.stores.persons
    if one.id is not None:
        known = await store.by_ids([one.id])
        return _known(known[0]) if known else Enrolled(id=None, name="", outcome="unknown")
    if not one.email:
        return Enrolled(id=None, name="", outcome="unknown")
    id = new_person(one.email, one.name)
    # In this order: whoever is stored meanwhile is found, and not taken for somebody erased.
    existed = await store.exists(id)
    known = await meant(parts, one.email, one.name)
    if len(known) > 1:
        return Enrolled(id=None, name="", outcome="ambiguous")
    if known:
        return _known(known[0])
    if not one.name:
        return Enrolled(id=None, name="", outcome="unknown")
    if existed:
        return Enrolled(id=None, name="", outcome="erased")
    return Enrolled(id=id, name=one.name, outcome="created")


def _known(person: Document) -> Enrolled:
    return Enrolled(id=person["_id"], name=person["name"], outcome="known")
