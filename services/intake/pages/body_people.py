"""The form with which somebody is let in for a body, and its people as pages show them.

Days are days in Rome, the last one included; the rules are those of `handlers.delegates`.
"""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import Request
from pydantic import AfterValidator, BaseModel, Field
from starlette.datastructures import FormData

from contracts import vocabulary
from services.chassis.auth import Caller
from services.chassis.forms import fill
from services.chassis.i18n import N_, Translator
from services.chassis.problems import Problem
from services.chassis.work import Work
from services.intake.domain.tax_numbers import is_personal
from services.intake.handlers import delegates
from services.intake.handlers.days import begins, ends, last_day, today
from services.intake.handlers.delegates import Delegate, DelegateForm, Place, whom
from services.intake.handlers.fields import Line
from services.intake.handlers.parts import Parts
from services.intake.handlers.person_forms import ADDRESS, Identity
from services.intake.handlers.persons import person_keys
from services.intake.pages.body_labels import DELEGATES
from services.intake.pages.receipts import once


def _address(text: str) -> str:
    if not re.fullmatch(ADDRESS, text):
        raise ValueError(N_("An e-mail address such as anna.rossi@comune.example is needed."))
    return text


class EnableForm(BaseModel):
    """The fields of the page."""

    name: Annotated[Line, Field(max_length=200)]
    email: Annotated[Line, Field(max_length=254), AfterValidator(_address)]
    identity: Annotated[Line, Field(max_length=255)]
    start: date | None = None
    end: date | None = None

    def delegate(self, today: date) -> DelegateForm:
        """The same as the API takes it. A fiscal code is written in capitals, however it was typed."""
        subject = self.identity.upper() if is_personal(self.identity) else self.identity
        return DelegateForm(
            name=self.name,
            email=self.email,
            identities=[Identity(subject=subject)],
            start=begins(self.start) if self.start and self.start > today else None,
            end=ends(self.end) if self.end else None,
        )


class EndForm(BaseModel):
    """The last day; empty for none."""

    end: date | None = None


async def enable(
    parts: Parts, request: Request, caller: Caller, body: vocabulary.Body, form: FormData, role: Place
) -> dict[str, str]:
    """Lets the person of the form act for the body. Nothing, or what is wrong with the fields: field -> msgid."""
    filled, errors = fill(EnableForm, form)
    if filled is None:
        return errors
    wanted = filled.delegate(today(parts))
    try:
        id, credentials = await whom(parts, wanted, request.app.state.issuer)

        def decide(work: Work) -> dict[str, Any]:
            return {"id": delegates.enable(work, id, body.code, wanted, credentials, caller, role)["_id"]}

        await once(request, caller, parts.executor, person_keys(id), form, decide)
    except Problem as problem:
        if problem.kind in ("credential-taken", "identity-unknown", "person-ambiguous"):
            return {"identity": problem.detail}
        if problem.errors:
            return {fault["pointer"].lstrip("/"): fault["detail"] for fault in problem.errors}
        raise
    return {}


async def limit(
    parts: Parts, caller: Caller, body: vocabulary.Body, person: str, form: FormData, role: Place
) -> dict[str, str]:
    """Sets the last day of a person, or takes it back. Nothing, or what is wrong with the field."""
    filled, errors = fill(EndForm, form)
    if filled is None:
        return errors
    end = ends(filled.end) if filled.end else None
    try:
        await parts.executor.run(
            person_keys(person), lambda work: delegates.set_end(work, person, body.code, end, caller, role)
        )
    except Problem as problem:
        if not problem.errors:
            raise
        return {"end": problem.errors[0]["detail"]}
    return {}


async def remove(parts: Parts, caller: Caller, body: vocabulary.Body, person: str, role: Place) -> None:
    """Ends at once what a person may do for the body."""
    await parts.executor.run(person_keys(person), lambda work: delegates.remove(work, person, body.code, caller, role))


def shown(delegate: Delegate, words: Translator) -> dict[str, Any]:
    """One person as the page shows them."""
    text, tone = DELEGATES[delegate.state]
    last = last_day(delegate.end) if delegate.end else None
    return {
        "id": delegate.id,
        "name": delegate.name,
        "email": delegate.email or "",
        "state": words(text),
        "tone": tone,
        "since": words.date(delegate.start),
        "until": words.until(delegate.end) if delegate.end else "",
        "end": last.isoformat() if last else "",
        "lasts": delegate.state != "ended",
    }
