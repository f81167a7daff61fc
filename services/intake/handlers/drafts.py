"""Drafts: kept while somebody writes, gone when they are sent, deleted, or nobody touched them for two months."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts import vocabulary
from contracts.requests import Kind, Urgency
from services.chassis.auth import Caller
from services.chassis.execution import Contended
from services.chassis.i18n import N_
from services.chassis.mongo import Document
from services.chassis.problems import Problem, forbidden, not_found
from services.chassis.work import Work
from services.intake.handlers.fields import Code, Number, Text
from services.intake.handlers.parts import Parts
from services.intake.store.drafts import DRAFTS, KEPT, MOST_DRAFTS
from services.intake.store.visibility import OF_A_BODY

_GRAVE = timedelta(days=1)
_TRIES = 5


class DraftForm(BaseModel):
    """What was written so far: the fields of a request, none of which must be there or be right."""

    model_config = ConfigDict(extra="forbid")

    body: Code | None = None
    kind: Kind | None = None
    title: Annotated[Text, Field(max_length=200)] = ""
    description: Annotated[Text, Field(max_length=20_000)] = ""
    theme: Code | None = None
    procedure: Code | None = None
    urgency: Urgency | None = None
    further_themes: Annotated[list[Code], Field(max_length=50)] = []
    companies: Annotated[list[Annotated[Text, Field(max_length=400)]], Field(max_length=50)] = []
    follows: Number | None = None
    protocol_number: Annotated[Text, Field(max_length=50)] = ""
    protocol_date: Annotated[Text, Field(max_length=10)] = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was written that would be missed."""
        texts = (self.title, self.description, self.protocol_number)
        return not (self.further_themes or self.companies or any(text.strip() for text in texts))


async def keep(parts: Parts, caller: Caller, id: str, form: DraftForm) -> Document:
    """Creates the draft, or replaces what is in it.

    Raises 403 for a foreign body, 404 for somebody else's draft, 410 for one that is gone, 409 when there are too many.
    """
    body = _checked_body(caller, form.body)
    for _ in range(_TRIES):
        taken = {row["place"] for row in await parts.stores.drafts.of(caller.id or "")}
        free = [number for number in range(MOST_DRAFTS) if number not in taken]
        # Each try takes another place: another window of the same person may have taken the last one.
        random.shuffle(free)
        places = iter(free)
        try:
            return await parts.executor.run({DRAFTS: [id]}, lambda work: _kept(work, id, caller, form, body, places))  # noqa: B023
        except Contended:
            continue
    raise _too_many()


def _kept(work: Work, id: str, caller: Caller, form: DraftForm, body: str | None, places: Iterator[int]) -> Document:
    draft = work.get(DRAFTS, id)
    if draft is None:
        place = next(places, None)
        if place is None:
            raise _too_many()
        draft = {"_id": id, "schema_version": 1, "person": caller.id, "place": place, "created_at": work.now}
    elif draft["person"] != caller.id:
        raise not_found()
    elif draft["place"] is None:
        raise Problem(410, N_("This draft is gone"), N_("It was sent or deleted."), kind="draft-gone")
    draft |= {"fields": {**form.model_dump(), "body": body}, "updated_at": work.now, "expires_at": work.now + KEPT}
    work.put(DRAFTS, draft)
    return draft


async def read(parts: Parts, caller: Caller, id: str) -> Document:
    """The draft, if it is the caller's and they still act for its body. Raises 404."""
    draft = await parts.executor.run({DRAFTS: [id]}, lambda work: work.get(DRAFTS, id))
    if draft is None or draft["person"] != caller.id or draft["place"] is None or not _acts_for(caller, draft):
        raise not_found()
    return draft


async def listed(parts: Parts, caller: Caller) -> list[Document]:
    """The caller's drafts, the newest change first; those of a body for which they no longer act are not shown."""
    return [draft for draft in await parts.stores.drafts.of(caller.id or "") if _acts_for(caller, draft)]


async def delete(parts: Parts, caller: Caller, id: str) -> None:
    """Empties the draft. Raises 404 for one that is not there, or not theirs."""

    def decide(work: Work) -> None:
        if not end(work, caller, id):
            raise not_found()

    await parts.executor.run({DRAFTS: [id]}, decide)


def end(work: Work, caller: Caller, id: str) -> bool:
    """Empties a draft within another decision, such as the submission of what was in it; False if there is none."""
    draft = work.get(DRAFTS, id)
    if draft is None or draft["person"] != caller.id or draft["place"] is None:
        return False
    work.put(DRAFTS, draft | {"place": None, "fields": {}, "expires_at": work.now + _GRAVE})
    return True


async def forget(parts: Parts, person: str) -> None:
    """Empties everything that an erased person had begun."""
    caller = Caller(person)
    ids = await parts.stores.drafts.ids_of(person)
    if ids:
        await parts.executor.run({DRAFTS: ids}, lambda work: [end(work, caller, id) for id in ids])


def _checked_body(caller: Caller, code: str | None) -> str | None:
    """The body's own code; whoever does not act for it keeps no draft for it."""
    if code is None:
        return None
    body = vocabulary.body(code.strip())
    if body is None:
        return code.strip() if _any_body(caller) else None
    if not (_any_body(caller) or body.code in caller.scopes(*OF_A_BODY)):
        raise forbidden(N_("You do not act for this body."))
    return body.code


def _any_body(caller: Caller) -> bool:
    return caller.has("secretariat") or caller.everywhere("front_end")


def _acts_for(caller: Caller, draft: Document) -> bool:
    body = draft["fields"].get("body")
    return body is None or _any_body(caller) or body in caller.scopes(*OF_A_BODY)


def _too_many() -> Problem:
    detail = N_("You have {most} drafts. Send or delete one of them.")
    return Problem(409, N_("Too many drafts"), detail, kind="too-many-drafts", values={"most": MOST_DRAFTS})
